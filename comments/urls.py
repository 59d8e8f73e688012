"""Addresses of a team's comments, of the organisation's, and of single ones."""

from __future__ import annotations

from django.urls import path

from comments import views

urlpatterns = [
    path("comments/<int:comment_id>/blank/", views.blank, name="comment-blank"),
    path("comments/<slug:kind>/<str:key>/", views.comments, name="organisation-comments"),
    path("comments/<slug:kind>/<str:key>/people/", views.people, name="organisation-comment-people"),
    path("teams/<int:team_id>/comments/<slug:kind>/<str:key>/", views.comments, name="comments"),
    path("teams/<int:team_id>/comments/<slug:kind>/<str:key>/people/", views.people, name="comment-people"),
]
