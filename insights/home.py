"""What home shows a person, by role: what they owe this week, what is new since they last looked, their teams.

Constant numbers of queries, however many teams.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import roadmaps.summary
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
    """Something that the person is to do, overdue or due until Sunday; `next` on the page is the first one after that."""

    icon: str
    title: str
    where: str
    url: str
    due: date
    late: bool = False


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
        """What is overdue or due this week, the earliest first."""
        return [each for each in self.due if each.due <= _sunday(self.person)]

    @property
    def late(self) -> int:
        return sum(each.late for each in self.owed)

    @property
    def next(self) -> Owed | None:
        return next((each for each in self.due if each.due > _sunday(self.person)), None)


def read(person: Person) -> Home:
    mine = list(Team.objects.active().of(person).with_product_owners().listed())
    oversees = person.organisation_role in OVERSEERS
    found = portfolio.read(person, Asked()) if oversees else portfolio.of_teams(mine, Asked())
    due = sorted(_due(person), key=lambda each: each.due)
    return Home(person, frozenset(team.pk for team in mine), found.rows, due)


def _sunday(person: Person) -> date:
    today = clock.today(person.zone)
    return today + timedelta(days=6 - today.weekday())


def _due(person: Person) -> Iterator[Owed]:
    items = roadmaps.summary.open_items_of(person)
    zones = zones_of(item.roadmap.team for item in items)
    for item in items:
        if item.due_date:
            team = item.roadmap.team
            late = is_late(item, clock.today(zones[team.pk]))
            yield Owed("list-check", item.shown_title, team.name, item.get_absolute_url(), item.due_date, late)
