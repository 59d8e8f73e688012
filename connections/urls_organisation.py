"""Addresses of organisation/connections/: what administrators make for all teams."""

from django.urls import path

from connections import views_organisation as views
from connections import views_webhook

urlpatterns = [
    path("", views.connections, name="organisation-connections"),
    path("new/", views.connection_new, name="organisation-connection-new"),
    path("<int:connection_id>/", views.connection, name="organisation-connection"),
    path("<int:connection_id>/access/", views.access, name="organisation-connection-access"),
    path("<int:connection_id>/webhook/", views_webhook.organisation_webhook, name="organisation-connection-webhook"),
    path("<int:connection_id>/give/", views.give, name="organisation-connection-give"),
    path("<int:connection_id>/given/<int:grant_id>/end/", views.grant_end, name="organisation-grant-end"),
    path("<int:connection_id>/disconnect/", views.end, name="organisation-connection-end"),
]
