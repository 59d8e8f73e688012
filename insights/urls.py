from django.urls import path

from insights import views

urlpatterns = [
    path("", views.home, name="home"),
    path("teams/<int:team_id>/", views.team, name="team"),
]
