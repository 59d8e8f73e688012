from django.urls import path

from calendars import views

urlpatterns = [
    path("account/calendar/", views.calendar, name="calendar"),
    path("account/calendar/renew/", views.renew, name="calendar-renew"),
    path("account/calendar/off/", views.turn_off, name="calendar-off"),
    # Nobody is signed in there; the secret says who reads.
    path("ics/<str:secret>/mine.ics", views.feed, name="calendar-feed"),
    path("ics/<str:secret>/teams/<int:team_id>.ics", views.team_feed, name="calendar-team-feed"),
]
