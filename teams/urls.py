from django.urls import path

from teams import views

urlpatterns = [
    path("setup/", views.setup, name="setup"),
    path("language/", views.language, name="language"),
    path("teams/", views.teams, name="teams"),
    path("teams/<int:team_id>/members/", views.members, name="members"),
    path("people/", views.people, name="people"),
    path("organisation/", views.organisation, name="organisation"),
    path("account/", views.account, name="account"),
]
