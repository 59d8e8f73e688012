"""The check-ins that fall due, for core/due.py. A due day that a check-in covers already is none. Three queries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from core import due
from core.due import Due
from okrs.days import todays_of
from okrs.facts import facts_of
from okrs.models import KeyResult


def register_all() -> None:
    due.register("check_in", check_ins)


def check_ins(teams: Sequence[Any], first: date, last: date) -> Iterator[Due]:
    """Of the key result's owner, else of its objective's; of the whole team where neither is there."""
    key_results = [each for each in KeyResult.objects.reporting_for(teams) if _days(each, first, last)]
    today = todays_of(each.objective.team for each in key_results)
    for facts in facts_of(key_results):
        each: Any = facts.key_result  # Any: with what the query adds
        objective = each.objective
        upcoming = facts.on(today(objective.team_id)).due.on
        owner = each.owner or objective.owner
        for day in _days(each, first, last):
            if upcoming and day >= upcoming:
                yield Due(
                    kind="check_in",
                    key=f"check-in:{each.pk}:{day}",
                    team=objective.team,
                    people=(owner.pk,) if owner and owner.is_active else (),
                    day=day,
                    title=each.title,
                    url=each.get_absolute_url(),
                    changed_at=max(filter(None, (each.created_at, each.changed_at, each.checked_in_at))),
                )


def _days(key_result: KeyResult, first: date, last: date) -> list[date]:
    return [day for day in key_result.cadence.due_days() if first <= day <= last]
