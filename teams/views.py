"""Placeholder while this room is being built."""

from django.http import HttpRequest, HttpResponse


def setup(request: HttpRequest, **_: object) -> HttpResponse:
    return HttpResponse("")


language = teams = members = people = organisation = account = setup
