"""What the services of assessments share."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from assessments import library
from assessments.models import COMMENT_LENGTH, LINK_LENGTH
from core import clock
from core.refusals import Refused
from teams.models import Team


class MaturityError(Refused):
    """A change that cannot be made."""


class AlreadyStarted(MaturityError):
    """The team has a round that is not submitted yet."""

    conflicts = True


FURTHEST_BACK = timedelta(days=5 * 366)  # every day since is written again; so far back, too, a roadmap may begin


def lock(team: Team) -> Team:
    """The team as it is now, locked until the transaction ends: whoever changes something of its maturity waits here.

    Not for a key share: rows that only point to the team do not wait.
    """
    return Team.objects.select_for_update(no_key=True).get(pk=team.pk)


def criterion_of(model_id: str, criterion: str) -> library.Criterion:
    found = library.load(model_id).criterion(criterion)
    if found is None:
        raise MaturityError(_("The model has no such criterion."), "criterion")
    return found


def day_of_event(team: Team, on: date | None) -> date:
    """The team's day on which it takes effect; today if not given."""
    today = clock.today(team.zone)
    if on is not None and on > today:
        raise MaturityError(_("This day lies in the future. Choose today or an earlier day."), "on")
    if on is not None and on < today - FURTHEST_BACK:
        raise MaturityError(_("This day lies too far back. Choose one of the last five years."), "on")
    return on or today


def checked_comment(text: str, field: str = "comment") -> str:
    text = text.replace("\r\n", "\n").strip()
    if len(text) > COMMENT_LENGTH:
        message = _("A comment may have at most %(length)s characters; this one has %(number)s.")
        raise MaturityError(message % {"length": COMMENT_LENGTH, "number": len(text)}, field)
    return text


def checked_link(link: str) -> str:
    link = link.strip()
    if not link:
        return ""
    parts = _parts(link)
    if len(link) > LINK_LENGTH:
        raise MaturityError(_("A link may have at most %(length)s characters.") % {"length": LINK_LENGTH}, "link")
    if parts is None or parts[0] not in ("http", "https") or not parts[1] or any(each.isspace() for each in link):
        raise MaturityError(_("A link starts with http:// or https:// and has no spaces."), "link")
    return link


def _parts(link: str) -> tuple[str, str] | None:
    """Scheme and host; None for what is no address at all."""
    try:
        return urlsplit(link).scheme, urlsplit(link).netloc
    except ValueError:
        return None
