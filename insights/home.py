"""What home shows a person, by role: what they owe this week, what is new since they last looked, their teams.

Constant numbers of queries, however many teams.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

import okrs.summary
import roadmaps.summary
from assessments import waiting
from core import clock
from insights import portfolio
from insights.asked import Asked
from insights.attention import Need
from insights.portfolio import Row
from roadmaps.overview import is_late
from teams.models import OrganisationRole, Person, Team
from teams.zones import zones_of

NEEDY_SHOWN = 6
OVERSEERS = (OrganisationRole.MANAGER, OrganisationRole.ADMINISTRATOR)


@dataclass(frozen=True)
class Owed:
    """Something that the person is to do. `due` None: it waits for them already, with no day of its own."""

    icon: str
    title: str
    where: str
    url: str
    due: date | None = None
    late: bool = False
    asked: bool = False  # the portal asks for it already, although its day may be in the next week


@dataclass(frozen=True)
class Home:
    """`rows`: the teams that the person sees here as the portfolio shows them: all for who oversees them, else their own."""

    person: Person
    mine: frozenset[int]
    rows: Sequence[Row]
    due: Sequence[Owed]

    @property
    def oversees(self) -> bool:
        return self.person.organisation_role in OVERSEERS

    @cached_property
    def my_rows(self) -> list[Row]:
        return [row for row in self.rows if row.team.pk in self.mine]

    @cached_property
    def needy(self) -> list[Row]:
        """The teams that need somebody who oversees them, the worst first."""
        return [row for row in self.rows if row.need is Need.NEEDS] if self.oversees else []

    @property
    def first_needy(self) -> list[Row]:
        return self.needy[:NEEDY_SHOWN]

    @cached_property
    def owed(self) -> list[Owed]:
        """What is overdue, due this week or asked for already, the earliest first."""
        return [each for each in self.due if self._is_owed(each)]

    @property
    def late(self) -> int:
        return sum(each.late for each in self.owed)

    @property
    def next(self) -> Owed | None:
        return next((each for each in self.due if not self._is_owed(each)), None)

    def _is_owed(self, each: Owed) -> bool:
        return each.asked or each.due is None or each.due <= _sunday(self.person)


def read(person: Person) -> Home:
    mine = list(Team.objects.active().of(person).with_product_owners().listed())
    oversees = person.organisation_role in OVERSEERS
    found = portfolio.read(person, Asked()) if oversees else portfolio.of_teams(mine, Asked())
    own = frozenset(team.pk for team in mine)
    due = [*_reviews(person, oversees), *_assessments(found.everyone, own), *_check_ins(person), *_items(person)]
    return Home(person, own, found.rows, sorted(due, key=lambda each: each.due or date.min))


def _sunday(person: Person) -> date:
    today = clock.today(person.zone)
    return today + timedelta(days=6 - today.weekday())


def _reviews(person: Person, oversees: bool) -> Iterator[Owed]:
    for each in waiting.for_reviewer(person) if oversees else ():
        yield Owed("eye", each.title, each.team.name, each.url)


def _assessments(rows: Sequence[Row], mine: frozenset[int]) -> Iterator[Owed]:
    """What the person's teams have not handed in, and answers that do not count any more."""
    for maturity in (row.maturity for row in rows if row.team.pk in mine):
        if maturity.round and maturity.round.is_draft:
            url = maturity.round.get_absolute_url()
            yield Owed("pencil", _("Hand in the assessment"), maturity.team.name, url)
        if maturity.stale:
            title = ngettext("%(count)s answer has expired", "%(count)s answers have expired", maturity.stale)
            yield Owed("clock", title % {"count": maturity.stale}, maturity.team.name, maturity.url)


def _check_ins(person: Person) -> Iterator[Owed]:
    for each in okrs.summary.due_of(person):
        where = each.team.name if each.team else _("Organisation")
        if each.on:
            yield Owed("flag", each.title, where, each.url, each.on, each.days_late > 0, asked=True)


def _items(person: Person) -> Iterator[Owed]:
    items = roadmaps.summary.open_items_of(person)
    zones = zones_of(item.roadmap.team for item in items)
    for item in items:
        if item.due_date:
            team = item.roadmap.team
            late = is_late(item, clock.today(zones[team.pk]))
            yield Owed("list-check", item.shown_title, team.name, item.get_absolute_url(), item.due_date, late)
