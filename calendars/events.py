"""What stands in a calendar: docs/definitions.md, "Calendars". A constant number of queries for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock, due
from core.content import text
from core.due import Due, Title
from teams.models import Person, Team

KINDS = ("item", "check_in", "training")
BACK, AHEAD = timedelta(days=31), timedelta(days=396)
MOST = 2000  # events in one calendar; the later ones come when their day is nearer
NAMED = 20  # check-ins of one day that are named


@dataclass(frozen=True)
class Event:
    """A whole day. `uid` and `edition` as iCalendar's UID and SEQUENCE; `url` is a path."""

    uid: str
    day: date
    title: str
    about: str
    url: str
    changed_at: datetime
    edition: int


def of_person(person: Person) -> list[Event]:
    """What is due from the person, and from the whole of their teams."""
    teams = list(Team.objects.active().of(person).listed())
    return _events((each for each in _due([*teams, None]) if is_of(each, person)), own=True)


def is_of(each: Due, person: Person) -> bool:
    """Whether it is due from the person, or from the whole of one of the teams that were asked for."""
    return person.pk in each.people or bool(each.team and not each.people)


def of_team(team: Team) -> list[Event]:
    """What is due from anybody in the team; nothing of one that is archived."""
    return _events(_due([team] if team.archived_at is None else []), own=False)


def _due(teams: Sequence[Team | None]) -> list[Due]:
    today = clock.now().date()
    return due.between(teams, today - BACK, today + AHEAD, KINDS)


def _events(found: Iterable[Due], *, own: bool) -> list[Event]:
    grouped = groupby(sorted(found, key=_together), key=_together)
    return [_event(uid, list(group), own) for (_day, uid), group in grouped][:MOST]


def _together(each: Due) -> tuple[date, str]:
    """Day and UID: all check-ins of a team and day are one event, since on a Monday there may be a dozen."""
    if each.kind == "check_in":
        return each.day, f"check-ins:{each.team.pk if each.team else 'organisation'}:{each.day}"
    return each.day, each.key


def _event(uid: str, group: Sequence[Due], own: bool) -> Event:
    first = group[0]
    team = first.team.name if first.team else _("Organisation")
    return Event(
        uid=uid,
        day=first.day,
        title=f"{_title(group)} · {team}" if own else _title(group),
        about=_about(group),
        url=first.url if len(group) == 1 else _page_of(first, own),
        changed_at=max(each.changed_at for each in group),
        edition=max(each.edition for each in group),
    )


def _title(group: Sequence[Due]) -> str:
    title = said(group[0].title)
    if group[0].kind == "item":
        return _("Due: %(title)s") % {"title": title}
    if group[0].kind == "check_in":
        if len(group) == 1:
            return _("Check-in: %(title)s") % {"title": title}
        return ngettext("%(count)s check-in", "%(count)s check-ins", len(group)) % {"count": len(group)}
    return title


def _about(group: Sequence[Due]) -> str:
    if len(group) == 1:
        return said(group[0].about)
    named = [said(each.title) for each in group]
    return "\n".join(named[:NAMED] + ["…"] * (len(named) > NAMED))


def said(title: Title) -> str:
    """The title in the reader's language."""
    return title if isinstance(title, str) else text(dict(title))


def _page_of(check_in: Due, own: bool) -> str:
    """Where all check-ins of a day stand: the reader's own, or the team's."""
    return reverse("check-ins") if own else reverse("okrs", args=[check_in.team.pk])  # type: ignore[union-attr]
