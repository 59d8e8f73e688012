"""Placeholder while this room is being built."""

from django.http import HttpRequest, HttpResponse


def delivery(request: HttpRequest, team_id: int) -> HttpResponse:
    return HttpResponse("")
