"""Something the portal stands on is away for a moment: told from the error, and said without asking it for anything.

A page that says so needs neither database nor broker: no session, no person, no organisation. The status is 503 with
Retry-After, so that programs wait as well; for the API it is JSON, for htmx a sentence at the top of the page.
"""

from __future__ import annotations

from typing import Literal

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from core import gate

RETRY_AFTER = 10  # seconds

Missing = Literal["database", "busy", "restoring", "keys"]

# PostgreSQL: connection exceptions (08), operator intervention (57P..: shut down, starting up), too many connections.
_AWAY_CODES = ("08", "57P", "53300")
_BUSY_CODES = ("40001", "40P01", "55P03")  # serialization, deadlock, lock not available: all of it was rolled back
_SQLITE_BUSY = ("database is locked", "database table is locked", "database is busy")
_SQLITE_AWAY = ("unable to open database file", "disk i/o error", "readonly database", "disk is full")


def missing(error: BaseException | None) -> Missing | None:
    """What is away, if that is what the error says; None for a fault of the portal's own."""
    if isinstance(error, InterfaceError):
        return "database"  # the driver's word for a connection that is closed
    if not isinstance(error, OperationalError):
        return None
    cause, said = error.__cause__, str(error).lower()
    if type(cause).__module__.startswith("sqlite3"):
        busy, away = any(word in said for word in _SQLITE_BUSY), any(word in said for word in _SQLITE_AWAY)
        return "busy" if busy else "database" if away else None
    code = getattr(cause, "pgcode", None) or ""
    if code.startswith(_BUSY_CODES):
        return "busy"
    # Without a code no server has answered: refused, dropped, timed out.
    return "database" if not code or code.startswith(_AWAY_CODES) else None


def answer(request: HttpRequest, what: Missing) -> HttpResponse:
    with translation.override(_language_of(request)):
        response = _answer(request, *_words(what))
        response.headers["Content-Language"] = translation.get_language()
    response.headers["Retry-After"] = str(RETRY_AFTER)
    response.headers["Cache-Control"] = "no-store"
    return response


def _answer(request: HttpRequest, title: str, sentence: str) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return JsonResponse({"detail": f"{title}. {sentence}"}, status=503)
    if request.headers.get("HX-Request"):
        fragment = render_to_string("_away.html", {"title": title, "sentence": sentence})
        headers = {"HX-Retarget": "#away", "HX-Reswap": "innerHTML", "HX-Push-Url": "false"}
        return HttpResponse(fragment, status=503, headers=headers)
    looks = request.method in ("GET", "HEAD")
    again = request.get_full_path() if looks else "/"
    theme = {"light": "light", "dark": "dark"}.get(request.COOKIES.get("theme", ""), "auto")
    words = {"title": title, "sentence": sentence, "again": again, "theme": theme}
    response = HttpResponse(render_to_string("503.html", words), status=503)
    if looks:  # what was sent is not sent again
        response.headers["Refresh"] = str(RETRY_AFTER)
    return response


def _language_of(request: HttpRequest) -> str:
    """The person's, if it was known before the database went away, else what the browser chose or asks for."""
    return getattr(request, "LANGUAGE_CODE", None) or translation.get_language_from_request(request)


def _words(what: Missing) -> tuple[str, str]:
    if what == "busy":
        return _("The portal is busy"), _(
            "The database was busy with other work, so nothing of what you just sent was saved. Try again in a moment."
        )
    if what == "keys":
        return _("A key is missing"), _(
            "What is stored encrypted, as second factors are, fits no key of ENCRYPTION_KEYS. Whoever runs the portal"
            " must put the key back that it was stored with."
        )
    if what == "restoring":
        sentence = _(
            "For a moment nobody can work here, because everything is being put back from an archive."
            " Then everyone signs in again."
        )
        percent = gate.progress()
        if percent is not None:
            sentence += " " + _("%(percent)s %% of the rows are there again.") % {"percent": percent}
        return _("The portal is being restored"), sentence
    return _("The database is away"), _(
        "Nothing that was saved is lost. If you just sent something, look whether it is there before you send it again."
        " The portal goes on by itself as soon as the database is back."
    )
