"""Addresses of this room that are of no one team."""

from django.urls import path

from delivery.views import teams

urlpatterns = [path("", teams.page, name="delivery-teams")]
