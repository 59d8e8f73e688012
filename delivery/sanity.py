"""What cannot have been so, whoever tells it: a program, a person or a file. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors.records import Outcome
from core.refusals import Refused

AHEAD = timedelta(minutes=2)  # the sender's clock may go before ours
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
NO_PAGE = gettext_lazy("The address must begin with https:// or http:// and the name of a host.")
# How an address of a page begins; the API's description says it too, so it is in the words of JSON Schema.
PAGE = r"[Hh][Tt][Tt][Pp][Ss]?://[^\s\u001c-\u001f\u0085/?#]"


def check_instant(field: str, at: datetime | None, now: datetime) -> None:
    """Refused for what lies in the future, or so far back that it is none."""
    if at is not None and at > now + AHEAD:
        raise Refused(_("This lies in the future."), field)
    if at is not None and at < EARLIEST:
        raise Refused(_("This lies before the year 2000."), field)


def check_deployment(outcome: Outcome, began: datetime, finished: datetime | None) -> None:
    if finished is not None and finished < began:
        raise Refused(_("It finished before it began."), "finished_at")
    if outcome is Outcome.RUNNING and finished is not None:
        raise Refused(_("What is running has not finished."), "finished_at")


def check_ended(outcome: Outcome, finished: datetime | None) -> None:
    """What succeeded or failed has a finish time: without it nothing could be counted. Files may leave it out."""
    if outcome in (Outcome.SUCCEEDED, Outcome.FAILED) and finished is None:
        raise Refused(_("Say when it finished."), "finished_at")


def check_incident(began: datetime, resolved: datetime | None) -> None:
    if resolved is not None and resolved < began:
        raise Refused(_("It was resolved before it began."), "resolved_at")


def is_page(url: str) -> bool:
    """Whether it is the address of a page: nothing else becomes a link."""
    try:
        return fits_page(url) and bool(urlsplit(url).netloc)
    except ValueError:  # "https://["
        return False


def fits_page(url: str) -> bool:
    return re.match(PAGE, url) is not None


def check_url(url: str) -> None:
    if url and not is_page(url):
        raise Refused(str(NO_PAGE), "url")
