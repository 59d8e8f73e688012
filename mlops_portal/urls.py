"""Every address of the portal; each room brings its own."""

from django.urls import include, path

from imports import urls as imports

urlpatterns = [
    path("", include("insights.urls")),
    path("", include("teams.urls")),
    path("", include("notices.urls")),
    path("organisation/sample/", include("sample.urls")),
    path("organisation/backup/", include("backups.urls")),
    path("organisation/connections/", include("connections.urls_organisation")),
    path("teams/<int:team_id>/roadmap/", include("roadmaps.urls")),
    path("teams/<int:team_id>/maturity/", include("assessments.urls")),
    path("teams/<int:team_id>/okrs/", include("okrs.urls")),
    path("", include("okrs.urls_organisation")),
    path("teams/<int:team_id>/connections/", include("connections.urls")),
    path("hooks/", include("connections.urls_hooks")),
    path("", include("calendars.urls")),
    path("teams/<int:team_id>/delivery/", include("delivery.urls")),
    path("delivery/", include("delivery.urls_organisation")),
    path("", include("comments.urls")),
    path("teams/<int:team_id>/imports/", include("imports.urls")),
    path("okrs/imports/", include(imports.routes("organisation-"))),  # all that it imports is its OKRs
    path("", include("core.urls")),
    path("api/", include("mlops_portal.api")),
]
handler400 = "core.views.bad_request"
handler404 = "core.views.not_found"
handler500 = "core.views.failed"
