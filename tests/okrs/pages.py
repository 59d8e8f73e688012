"""What the tests of the OKR pages send and read."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from okrs.models import KeyResult
from teams.models import Person, Team

HTMX = {"HX-Request": "true"}
SignIn = Callable[[Person], Client]


def text(response: object) -> str:
    return " ".join(response.content.decode().split())


def page_of(team: Team) -> str:
    return reverse("okrs", args=[team.pk])


def send(client: Client, row: KeyResult, headers: dict[str, str] | None = None, **sent: object) -> object:
    url = reverse("key-result-check-in", args=[row.pk])
    return client.post(url, {"page": "check-ins", "confidence": "5", **sent}, headers=headers or {})
