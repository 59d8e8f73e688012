"""The API router: every room registers its viewsets here; the schema and its page are served offline."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from assessments import api as assessments
from comments import api as comments
from core import api_docs
from delivery import api_figures as delivery
from imports import api as imports
from okrs import api as okrs
from okrs import api_cycles
from teams import api as teams

router = SimpleRouter(use_regex_path=False)
router.register("teams", teams.TeamViewSet, basename="api-team")

urlpatterns = [
    path("", api_docs.page, name="api-docs"),
    path("v1/me/", teams.MeView.as_view(), name="api-me"),
    path("v1/teams/<int:team_id>/", teams.OneTeamView.as_view(), name="api-team-detail"),
    path("v1/models/", assessments.ModelsView.as_view(), name="api-models"),
    path("v1/models/<str:model_id>/", assessments.ModelView.as_view(), name="api-model"),
    path("v1/teams/<int:team_id>/", include("assessments.api")),
    path("v1/teams/<int:team_id>/roadmap/", include("roadmaps.api")),
    path("v1/teams/<int:team_id>/okrs/", include([*okrs.routes("api-okr"), *api_cycles.routes("api-okr")])),
    path(
        "v1/okrs/",
        include([*okrs.routes("api-organisation-okr"), *api_cycles.routes("api-organisation-okr")]),
    ),
    path("v1/teams/<int:team_id>/", include("delivery.api")),
    path("v1/teams/<int:team_id>/connections/", include("connections.api_set_aside")),
    path("v1/teams/<int:team_id>/", include("delivery.api_repositories")),
    path("v1/connections/", include("connections.api_organisation")),
    path("v1/teams/<int:team_id>/delivery/", include("delivery.api_figures")),
    path("v1/", include(delivery.organisation_urlpatterns)),
    path("v1/", include("notices.api")),
    path("v1/teams/<int:team_id>/comments/", include(comments.routes("api-comment"))),
    path("v1/comments/", include(comments.routes("api-organisation-comment"))),
    path("v1/teams/<int:team_id>/", include("connections.api")),
    path("v1/teams/<int:team_id>/", include("delivery.api_rules")),
    path("v1/", include("calendars.api")),
    path("v1/teams/<int:team_id>/imports/", include(imports.routes("api"))),
    path("v1/imports/", include(imports.routes("api-organisation"))),
    path("v1/", include("insights.api")),
    path("v1/", include(router.urls)),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
]
