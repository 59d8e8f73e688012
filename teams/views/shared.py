"""What the pages of this room share."""

from __future__ import annotations

from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from teams.models import Organisation, Person, Team

PER_PAGE = 50
SPEAK = "speak"  # the language switch, pressed within a form that has not been sent yet


def me(request: HttpRequest) -> Person:
    """The person behind the request. Only behind sign-in, which every page is that teams/middleware.py does not open."""
    return cast(Person, request.user)


def organisation_of(request: HttpRequest) -> Organisation:
    return cast(Organisation, request.organisation)  # type: ignore[attr-defined]


def visible_team(request: HttpRequest, team_id: int) -> Team:
    return get_object_or_404(Team.objects.visible_to(request.user).select_related("group"), pk=team_id)


def sent(request: HttpRequest) -> Any:
    """The data of a form that was sent, even empty; None for a look at the page, also in another language."""
    return request.POST if request.method == "POST" and SPEAK not in request.POST else None


def typed(request: HttpRequest) -> dict[str, Any]:
    """What stood in the form when the reader asked for another language; {} otherwise."""
    return request.POST.dict() if SPEAK in request.POST else {}


def own_page(request: HttpRequest, address: str) -> str:
    """The address, if it is one of the portal's own to lead back to; home else."""
    hosts = {request.get_host()}
    safe = url_has_allowed_host_and_scheme(address, allowed_hosts=hosts, require_https=request.is_secure())
    return address if safe else reverse("home")


def page_of(request: HttpRequest, rows: QuerySet[Any]) -> Page[Any]:
    """The page of `rows` that ?page= asks for; the nearest one for nonsense."""
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
