"""OKRs: the cycles, a team's or the organisation's objectives, and a check-in every Monday."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from core import clock
from core.content import text
from okrs import services
from okrs.feed import feed_now
from okrs.kinds import Kind
from okrs.models import Cycle, KeyResult, Objective
from sample.story import Cast, Part

WEEKS = 13  # of a cycle
AGE = (6, 11)  # weeks
MIDDLE = range(8, 19)  # of a month
FEW = 5  # values; more are one for each Monday
FIELDS = ("start", "target", "low", "high", "figure")


def write(cast: Cast, team: str) -> None:
    """The team's objectives, from the oldest cycle on; "" stands for the organisation."""
    told = cast.told["teams"][team] if team else cast.told["organisation"]
    for objective in sorted(told["okrs"], key=lambda each: -each["cycle"]):
        _write_objective(cast, team, objective)


def close(cast: Cast) -> None:
    """Close every cycle but the running one, on the day after its last."""
    for number in range(_oldest(cast), 0, -1):
        with clock.at(cast.calendar.at(_begins(cast, number) - WEEKS, hour=15)):
            services.close_cycle(cycle=_cycle(cast, number), by=cast.founder)


def _oldest(cast: Cast) -> int:
    told = [cast.told["organisation"], *cast.told["teams"].values()]
    return max(objective["cycle"] for part in told for objective in part.get("okrs", ()))


def _begins(cast: Cast, number: int) -> int:
    """The week in which a cycle begins: the running one six to ten weeks ago, in the middle of a month.

    Trends are read at the ends of months, which then lie well inside, where key results have a status.
    """
    running = next(week for week in range(*AGE) if cast.calendar.monday(week).day in MIDDLE)
    return running + WEEKS * number


def _cycle(cast: Cast, number: int) -> Cycle:
    """The cycle, made when it is first needed. Its name says that it is a sample: the organisation's page lists it too."""
    first = cast.calendar.monday(_begins(cast, number))
    last = first + timedelta(weeks=WEEKS, days=-1)
    found = Cycle.objects.of_days(first, last).filter(team=None, created_by=cast.founder).first()
    if found:
        return found
    title = _("%(quarter)s (sample)") % {"quarter": f"{first.year} Q{(first.month + 2) // 3}"}
    with clock.at(cast.calendar.at(_begins(cast, number), hour=8)):
        return services.create_cycle(first_day=first, last_day=last, title=title, by=cast.founder)


def _write_objective(cast: Cast, team: str, told: Part) -> None:
    cycle = _cycle(cast, told["cycle"])
    with clock.at(cast.calendar.at(_begins(cast, told["cycle"]), hour=9)):
        objective = services.create_objective(
            cycle=cycle,
            team=cast.team(team) if team else None,
            title=text(told["title"]),
            business_metric=text(told["metric"]),
            owner=cast.person(told["owner"]),
            supports=_supported(cycle) if team else None,
            by=cast.person(told["owner"]),
        )
        made = [(_key_result(cast, objective, each), each) for each in told["key_results"]]
    for at, week in enumerate(_mondays(cast, told["cycle"])):
        with clock.at(cast.calendar.at(week, hour=10)):
            for key_result, of in made:
                _check_in(cast, key_result, of, at)


def _supported(cycle: Cycle) -> Objective | None:
    """What the sample's organisation wants in the same cycle."""
    return Objective.objects.of(None).filter(cycle=cycle).first()


def _key_result(cast: Cast, objective: Objective, told: Part) -> KeyResult:
    unit = told.get("unit", "")
    due = cast.calendar.today + timedelta(weeks=told["due_in"]) if "due_in" in told else None
    return services.create_key_result(
        objective=objective,
        title=text(told["title"]),
        kind=told["kind"],
        unit=unit if isinstance(unit, str) else text(unit),
        owner=cast.person(told["owner"]),
        due_day=due,
        entries=[text(each) for each in told.get("entries", ())],
        by=cast.person(told["owner"]),
        **{name: told[name] for name in FIELDS if name in told},
    )


def _mondays(cast: Cast, number: int) -> Sequence[int]:
    """The weeks in whose Monday a check-in was due: from the second one on, up to this one."""
    begins = _begins(cast, number)
    return range(begins - 1, max(begins - WEEKS, -1), -1)


def _check_in(cast: Cast, key_result: KeyResult, told: Part, at: int) -> None:
    if "figure" in told:
        feed_now(key_result)
        return
    value = spread(told["values"], at)
    if value is None:
        return
    said = [each["text"] for each in told.get("comments", ()) if each["at"] == at]
    confidence = told.get("confidence")
    services.check_in(
        key_result=key_result,
        by=cast.person(told["owner"]),
        confidence=round(spread(confidence, at) or 0) if confidence else None,
        comment=text(said[0]) if said else "",
        status=told.get("says", ""),
        reason=text(told["reason"]) if "reason" in told else "",
        **_value(key_result, value),
    )


def _value(key_result: KeyResult, value: float) -> dict[str, Any]:
    """Of a checklist, the first so many entries; else the number itself."""
    if key_result.kind == Kind.CHECKLIST:
        return {"done": list(key_result.entries.values_list("pk", flat=True)[: int(value)])}
    return {"value": value}


def spread(values: Sequence[float | None], at: int) -> float | None:
    """The value of one Monday: few values are spread over a whole cycle's, with those between on the straight line."""
    if len(values) == 1 or len(values) > FEW:
        return values[0 if len(values) == 1 else at]
    position = at * (len(values) - 1) / (WEEKS - 2)  # no check-in is due in the first week
    before = int(position)
    here, there = values[before], values[min(before + 1, len(values) - 1)]
    if here is None or there is None:
        return here
    return round(here + (there - here) * (position - before), 1)
