"""“Password asked again”: what could take an account or everything over is done only by whoever showed just now who they are.

    @ask_again
    def view(request): ...

leads to the page that asks, and back, where the last sign-in or confirmation of this session is older than FRESH.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from teams.way_back import led_to, page_to_go_on_at

FRESH = timedelta(minutes=5)
_KEY = "confirmed_at"  # seconds since 1970; of the session's own person, since a session ends when another signs in

View = Callable[..., HttpResponse]


def note_confirmed(request: HttpRequest) -> None:
    """Whoever sent this request has just shown who they are."""
    request.session[_KEY] = clock.now().timestamp()


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, **_kwargs: Any) -> None:
    note_confirmed(request)


def confirmed_recently(request: HttpRequest) -> bool:
    at = request.session.get(_KEY)
    return at is not None and timedelta(0) <= clock.now() - datetime.fromtimestamp(at, UTC) < FRESH


def ask_again(view: View) -> View:
    """Ask first, for a second factor where there is one. A form that was sent too late changes nothing and says so."""

    @wraps(view)
    def respond(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if confirmed_recently(request):
            return view(request, *args, **kwargs)
        if request.method not in ("GET", "HEAD"):
            messages.warning(request, _("Nothing was changed yet. Please send the form once more."))
        page = page_to_go_on_at(request)
        return led_to(request, f"{reverse('account_reauthenticate')}?{urlencode({'next': page})}")

    return respond
