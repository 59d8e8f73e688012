"""What every request needs to know about the person behind it."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import resolve, reverse
from django.utils import timezone, translation

from core import edits, live, unsent
from teams import second_factors
from teams.models import Organisation
from teams.services import sessions
from teams.way_back import led_to, page_to_go_on_at

Respond = Callable[[HttpRequest], HttpResponse]


def language_of(request: HttpRequest) -> str:
    """The language to speak: the person's own, else what this browser chose before, else what it asks for."""
    if request.user.is_authenticated:
        return request.user.language
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen in dict(settings.LANGUAGES):
        return chosen
    return translation.get_language_from_request(request)


class PreferencesMiddleware:
    """Speak the reader's language and time zone."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_of(request)
        zone = request.user.time_zone if request.user.is_authenticated else "UTC"
        with translation.override(language), timezone.override(ZoneInfo(zone)):
            request.LANGUAGE_CODE = language
            token = edits.reader.set(request.user.pk)
            try:
                response = self.respond(request)
            finally:
                edits.reader.reset(token)
            response.headers.setdefault("Content-Language", language)
            return response


class SetupMiddleware:
    """Puts the organisation on the request; before set-up there is none and every page leads to the set-up page."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.organisation = Organisation.current()  # type: ignore[attr-defined]
        if request.organisation is None and not _is_open(request, BEFORE_SETUP):  # type: ignore[attr-defined]
            return redirect("setup")
        return self.respond(request)


BEFORE_SETUP = {"livez", "readyz", "setup", "language"}
# Names of the pages that nobody needs to be signed in for. API routes answer 401 themselves.
OPEN_PAGES = BEFORE_SETUP | {
    "invitation", "account_login", "account_logout", "account_inactive",
    "account_reset_password", "account_reset_password_done", "account_reset_password_from_key",
    "account_reset_password_from_key_done", "mfa_authenticate", "passkey-sign-in", "unsubscribe",
    "calendar-feed", "calendar-team-feed", "hook",
}  # fmt: skip

# What somebody needs who is to set up a second factor.
WITHOUT_SECOND_FACTOR = OPEN_PAGES | {
    "account_reauthenticate", "security", "security-app", "security-passkey", "security-codes",
}  # fmt: skip


def _is_open(request: HttpRequest, pages: set[str]) -> bool:
    served_otherwise = (settings.STATIC_URL, "/api/v1/", "/api/schema/")
    return request.path_info.startswith(served_otherwise) or resolve(request.path_info).url_name in pages


class SignInMiddleware:
    """Every page needs sign-in, except those listed: a new page is closed unless somebody opens it here."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.respond(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        if request.user.is_authenticated or _is_open(request, OPEN_PAGES):
            return None
        address = redirect_to_login(page_to_go_on_at(request)).url
        return unsent.answer(request, address, to_sign_in=True) or led_to(request, address)


class SecondFactorMiddleware:
    """Who must have a second factor and has none is led to set it up before anything else. The API says so itself."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.respond(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        if not request.user.is_authenticated or _is_open(request, WITHOUT_SECOND_FACTOR):
            return None
        if second_factors.is_owed_by(request.user, request.organisation):  # type: ignore[attr-defined]
            address = reverse("security")
            return unsent.answer(request, address, to_sign_in=False) or led_to(request, address)
        return None


class SessionMiddleware:
    """Notes when and from where a session is used, for the list on the security page."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.respond(request)
        # An open page that asks whether it is still fresh is nobody who uses the session.
        if request.user.is_authenticated and not request.path_info.startswith(live.ADDRESS):
            sessions.note_seen(request)
        return response
