"""Where hosts post to. Nobody is signed in there; the signature says who speaks."""

from django.urls import path

from connections import views_webhook

urlpatterns = [path("<int:connection_id>/", views_webhook.heard, name="hook")]
