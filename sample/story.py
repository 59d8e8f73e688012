"""The stories of content/sample/organisation.yaml, and the cast that plays them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from core import clock, content
from core.content import text
from teams.models import Organisation, Person, Team, TeamGroup

Part = Mapping[str, Any]  # of the story, as the file has it


def story() -> Part:
    return content.load("sample/organisation")


@dataclass(frozen=True)
class Calendar:
    """Turns the stories' weeks into days and instants before `now`."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return clock.day_of(self.now, self.zone)

    def monday(self, week: int) -> date:
        """Of the week that lies so many whole weeks before this one."""
        return self.today - timedelta(days=self.today.weekday(), weeks=week)

    def day(self, week: int, day: int = 0) -> date:
        """`day` days after that Monday; never later than today."""
        return min(self.monday(week) + timedelta(days=day), self.today)

    def at(self, week: int, day: int = 0, hour: float = 9.0) -> datetime:
        """An instant of that day in the organisation's zone; never later than now."""
        wanted = datetime.combine(self.day(week, day), time(int(hour), int(hour % 1 * 60)), self.zone)
        return min(wanted.astimezone(self.now.tzinfo), self.now)


@dataclass
class Cast:
    """Who plays one load of the sample: finds people and teams by their names in the story."""

    calendar: Calendar
    _people: dict[str, Person] = field(default_factory=dict)

    @classmethod
    def on(cls, now: datetime) -> Cast:
        organisation = Organisation.objects.get()
        return cls(Calendar(now, ZoneInfo(organisation.time_zone)))

    @cached_property
    def told(self) -> Part:
        return story()

    def person(self, key: str) -> Person:
        if key not in self._people:
            self._people[key] = Person.objects.sample().get(email=address_of(key))
        return self._people[key]

    @property
    def founder(self) -> Person:
        """Who acts where nobody is named: the first person of the story."""
        return self.person(next(iter(self.told["people"])))

    def team(self, key: str) -> Team:
        return Team.objects.sample().get(name=text(self.told["teams"][key]["name"]))

    def group(self, key: str) -> TeamGroup:
        return TeamGroup.objects.sample().get(name=text(self.told["groups"][key]))

    def member(self, team: str, key: str | None = None) -> Person:
        """The person of that key, or the team's first member."""
        return self.person(key or next(iter(self.told["teams"][team]["members"])))

    @contextmanager
    def then(self, event: Part, hour: float = 10.0) -> Iterator[datetime]:
        """Act at the instant that an event of the story names."""
        instant = self.calendar.at(event["week"], event.get("day", 0), hour)
        with clock.at(instant):
            yield instant


def address_of(person: str) -> str:
    """An address of a domain that never exists (RFC 6761)."""
    return f"{person}@sample.invalid"


def chance(*names: str) -> random.Random:
    """Chance that falls alike each time: the same for the same names."""
    return random.Random("/".join(names))  # noqa: S311  nothing secret
