from django.urls import path

from imports import views

urlpatterns = [
    path("", views.uploads, name="imports"),
    path("new/<slug:kind>/", views.new, name="import-new"),
    path("new/<slug:kind>/template/", views.template, name="import-template"),
    path("new/<slug:kind>/rows/", views.rows, name="import-rows"),
    path("<int:upload_id>/", views.upload, name="import"),
    path("<int:upload_id>/apply/", views.apply, name="import-apply"),
    path("<int:upload_id>/check/", views.check, name="import-check"),
    path("<int:upload_id>/throw-away/", views.throw_away, name="import-throw-away"),
]
