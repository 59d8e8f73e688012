"""Reminders of what falls due (core/due.py): docs/definitions.md, "Reminders". Safe to run twice and to kill at any line.

Each is given out once for each person, thing and occasion, because its key says all three.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock, due
from core.due import Due
from notices import kinds
from notices.kinds import Kind
from notices.models import Notice
from notices.services import notify
from teams.models import Membership, Organisation, Person, Team
from teams.zones import zones_of

log = logging.getLogger(__name__)

MORNING = 8  # o'clock, of the team
CATCH_UP = timedelta(days=3)  # a portal that was off over a weekend still reminds; what is older is not told any more
SOON, TODAY, OVERDUE = "soon", "today", "overdue"


@dataclass(frozen=True)
class Reminder:
    """When people are reminded of a kind of thing: occasions and their days counted from the due day, in that order."""

    kind: Kind
    occasions: tuple[tuple[str, int], ...]


def _item(params: Mapping[str, Any]) -> str:
    late = params["occasion"] == OVERDUE
    return (_("“%(title)s” was due on %(day)s.") if late else _("“%(title)s” is due on %(day)s.")) % params


_CHECK_INS = gettext_lazy("Check-ins are due on %(day)s.")
_ANSWERS = gettext_lazy("Answers count until %(day)s only: %(title)s.")
_ASSESSMENT = gettext_lazy("The assessment “%(title)s” was due on %(day)s.")
REMINDERS = {
    "check_in": Reminder(
        Kind("check_ins_due", gettext_lazy("Check-ins that are due"), _CHECK_INS, _CHECK_INS, reminder=True),
        ((TODAY, 0),),
    ),
    "item": Reminder(
        Kind("item_due", gettext_lazy("Roadmap items that are due or overdue"), _item, _item, reminder=True),
        ((SOON, -1), (TODAY, 0), (OVERDUE, 1)),
    ),
    "answers": Reminder(
        Kind("answers_expire", gettext_lazy("Answers that expire"), _ANSWERS, _ANSWERS, reminder=True),
        ((SOON, -14), (TODAY, 0)),
    ),
    "assessment": Reminder(
        Kind("assessment_overdue", gettext_lazy("Overdue assessments"), _ASSESSMENT, _ASSESSMENT, reminder=True),
        ((OVERDUE, 1),),
    ),
}
_FIRST = -CATCH_UP - timedelta(days=2)  # from here on something due may have an occasion now, in some time zone
_LAST = timedelta(days=15)


def register_kinds() -> None:
    for each in REMINDERS.values():
        kinds.register(each.kind)


def remind() -> int:
    """Give out what the hour asks for; how many things somebody may not have been told of yet."""
    now = clock.now()
    teams = list(Team.objects.active().order_by("pk"))
    zones = _zones(teams)
    found = due.between([*teams, None], now.date() + _FIRST, now.date() + _LAST, REMINDERS)
    asked = [(each, at) for each in found if (at := _occasion(each, now.astimezone(zones[_pk(each.team)])))]
    recipients = _Recipients([each for each, _at in asked])
    told = _told(now)
    given = 0
    for each, at in asked:
        to, key = recipients.of(each), _key(each, at)
        if any((person.pk, REMINDERS[each.kind].kind.id, key) not in told for person in to):
            given += _give_out(each, at, to, key)
    return given


def _occasion(each: Due, local: datetime) -> str:
    """The newest occasion that has come, "" before the first and where all are long past."""
    come = ""
    for name, offset in REMINDERS[each.kind].occasions:
        day = each.day + timedelta(days=offset)
        if day <= local.date() <= day + CATCH_UP and (local.date() > day or local.hour >= MORNING):
            come = name
    return come


def _key(each: Due, occasion: str) -> str:
    """All check-ins of a team and day are one notice: one page has them all."""
    thing = f"check-ins:{_pk(each.team)}" if each.kind == "check_in" else each.key
    return f"{thing}:{each.day}:{occasion}"


def _give_out(each: Due, occasion: str, to: Sequence[Person], key: str) -> bool:
    params = {"title": each.title, "day": each.day, "occasion": occasion}
    url = reverse("check-ins") if each.kind == "check_in" and each.people else each.url
    try:
        notify(REMINDERS[each.kind].kind.id, to, key, each.team, params, url)
    except Exception as error:
        # One thing that cannot be told must not keep everybody from being told of theirs; it is tried again.
        log.error("no reminder of %s", key, exc_info=error)
        return False
    return True


def _pk(team: Any) -> int | None:
    return team.pk if team else None


def _zones(teams: Iterable[Team]) -> dict[int | None, ZoneInfo]:
    organisation = Organisation.current()
    default = ZoneInfo(organisation.time_zone if organisation else "UTC")
    known = zones_of(teams)
    return {None: default, **{team.pk: known[team.pk] for team in teams}}


def _told(now: datetime) -> set[tuple[int, str, str]]:
    """What people were told already of all that can be an occasion now."""
    own = [each.kind.id for each in REMINDERS.values()]
    rows = Notice.objects.filter(kind__in=own, created_at__gte=now - CATCH_UP - timedelta(days=3))
    return set(rows.values_list("person", "kind", "key"))


class _Recipients:
    """Who is reminded: whom it is due from, else every member of the team; in two queries."""

    def __init__(self, found: Sequence[Due]) -> None:
        real = Person.objects.active().filter(is_sample=False)
        self._people = real.in_bulk({pk for each in found for pk in each.people})
        self._members: dict[int, list[Person]] = {}
        whole = {_pk(each.team) for each in found if not each.people} - {None}
        for row in Membership.objects.filter(team__in=whole, person__in=real).select_related("person"):
            self._members.setdefault(row.team_id, []).append(row.person)

    def of(self, each: Due) -> list[Person]:
        if each.people:
            return [self._people[pk] for pk in each.people if pk in self._people]
        return self._members.get(each.team.pk, []) if each.team else []
