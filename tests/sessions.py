"""Signing in without the form."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.test import Client

from core import clock
from teams.models import Person


def sign_in(client: Client, person: Person) -> None:
    """Sign in, and note it as the first request would, so that it costs no more than those after it."""
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    key, now = client.session.session_key, clock.now()
    UserSession.objects.create(user=person, session_key=key, ip="127.0.0.1", created_at=now, last_seen_at=now)
