"""Addresses of imports: a team's, and the organisation's under other names."""

from django.urls import URLPattern, path

from imports import views


def routes(prefix: str = "") -> list[URLPattern]:
    return [
        path("", views.uploads, name=f"{prefix}imports"),
        path("throw-away/", views.throw_away_all, name=f"{prefix}imports-throw-away"),
        path("new/<slug:kind>/", views.new, name=f"{prefix}import-new"),
        path("new/<slug:kind>/template/", views.template, name=f"{prefix}import-template"),
        path("new/<slug:kind>/rows/", views.rows, name=f"{prefix}import-rows"),
        path("<int:upload_id>/", views.upload, name=f"{prefix}import"),
        path("<int:upload_id>/apply/", views.apply, name=f"{prefix}import-apply"),
        path("<int:upload_id>/check/", views.check, name=f"{prefix}import-check"),
        path("<int:upload_id>/throw-away/", views.throw_away, name=f"{prefix}import-throw-away"),
    ]


urlpatterns = routes()
