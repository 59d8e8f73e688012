"""Placeholder."""

from django.http import HttpRequest, HttpResponse


def connections(request: HttpRequest, team_id: int) -> HttpResponse:
    return HttpResponse("")
