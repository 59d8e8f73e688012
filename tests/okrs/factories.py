"""The quarter of the specification, seen on Monday 23 November 2026, and its key results, as the tests of this room need them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from core import clock
from okrs import services
from okrs.facts import facts_of
from okrs.models import CheckIn, Cycle, KeyResult, Objective
from okrs.standing import Standing
from teams.models import Person, Team
from teams.services.people import add_sample_person

FIRST, LAST = date(2026, 10, 1), date(2026, 12, 31)
MORNING = datetime(2026, 10, 1, 12, tzinfo=UTC)
TODAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
MONDAY = TODAY.date()


def sample_person() -> Person:
    email = f"sample{Person.objects.count()}@example.com"
    return add_sample_person(name="Sample", email=email, language="en", time_zone="UTC", role="reader")


def noon(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def quarter(by: Person, team: Team | None = None, first: date = FIRST, last: date = LAST, **more: Any) -> Cycle:
    """October to December 2026, opened on its first morning."""
    with clock.at(datetime(first.year, first.month, first.day, 8, tzinfo=UTC)):
        return services.create_cycle(first_day=first, last_day=last, team=team, by=by, **more)


def objective_in(
    cycle: Cycle, by: Person, team: Team | None, title: str = "Halve the lead time", **more: Any
) -> Objective:
    first = cycle.first_day
    with clock.at(datetime(first.year, first.month, first.day, 8, tzinfo=UTC)):
        return services.create_objective(
            cycle=cycle, team=team, title=title, business_metric="Churn: 2.4 % a month", by=by, **more
        )


def key_result_of(objective: Objective, by: Person, at: datetime = MORNING, **more: Any) -> KeyResult:
    """An increase from 0 to 100 from the first day, owned by whoever makes it, unless told otherwise."""
    fields: dict[str, Any] = {"title": "Test coverage", "kind": "increase", "owner": by}
    if more.get("kind", "increase") == "increase":
        fields |= {"start": 0, "target": 100, "unit": "%"}
    with clock.at(at):
        return services.create_key_result(objective=objective, by=by, **(fields | more))


def checked_in(key_result: KeyResult, by: Person, at: datetime, value: float | None = None, **more: Any) -> CheckIn:
    with clock.at(at):
        return services.check_in(key_result=key_result, by=by, value=value, **more)


def standing_of(key_result: KeyResult, day: date = MONDAY) -> Standing:
    row = KeyResult.objects.select_related("objective__cycle").get(pk=key_result.pk)
    (facts,) = facts_of([row])
    return facts.on(day)
