from django.urls import path

from connections import views, views_webhook

urlpatterns = [
    path("", views.connections, name="connections"),
    path("<int:source_id>/", views.connection, name="connection"),
    path("<int:source_id>/sync/", views.sync_now, name="connection-sync"),
    path("<int:source_id>/set-aside/<int:object_id>/retry/", views.retry, name="connection-retry"),
    path("<int:source_id>/pause/", views.pause, name="connection-pause"),
    path("<int:source_id>/resume/", views.resume, name="connection-resume"),
    path("<int:source_id>/access/", views.access, name="connection-access"),
    path("<int:source_id>/webhook/", views_webhook.webhook, name="connection-webhook"),
    path("<int:source_id>/disconnect/", views.disconnect, name="connection-disconnect"),
]
