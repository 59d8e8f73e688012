"""Many people at the same time, with real threads, connections and transactions on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connections

from core import clock
from okrs import feed, services
from okrs.models import CheckIn, ChecklistEntry, KeyResult, Objective
from teams.models import Person
from tests.okrs.factories import TODAY, key_result_of
from tests.teams.at_once import both, on_postgresql

pytestmark = [on_postgresql, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_unguarded")]

PEOPLE, EACH = 10, 5  # so many connections at once, so many check-ins from each: 50


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Results or exceptions, in order."""
    results: list[object] = [None] * len(calls)

    def one(number: int) -> None:
        try:
            with clock.at(TODAY):
                results[number] = calls[number]()
        except Exception as error:
            results[number] = error
        finally:
            connections.close_all()

    both(*(partial(one, number) for number in range(len(calls))))
    return results


def test_fifty_check_ins_at_once_and_none_is_lost(key_result: KeyResult, editor: Person, team_admin: Person) -> None:
    def save(number: int) -> int:
        by = (editor, team_admin)[number % 2]
        row = KeyResult.objects.get(pk=key_result.pk)
        return services.check_in(
            key_result=row, value=number, by=Person.objects.get(pk=by.pk), comment=f"c{number}"
        ).number

    def some(person: int) -> list[int]:
        return [save(person * EACH + number) for number in range(EACH)]

    results = at_once(*(partial(some, person) for person in range(PEOPLE)))
    assert sorted(number for each in results for number in each) == list(range(1, PEOPLE * EACH + 1))
    kept = CheckIn.objects.filter(key_result=key_result)
    assert sorted(kept.values_list("value", flat=True)) == list(range(PEOPLE * EACH))
    assert sorted(kept.values_list("remark__comment", flat=True)) == sorted(f"c{n}" for n in range(PEOPLE * EACH))


def test_everybodys_tick_of_one_checklist_stays(objective: Objective, editor: Person) -> None:
    row = key_result_of(objective, editor, kind="checklist", entries=[f"Entry {number}" for number in range(8)])
    entries = list(ChecklistEntry.objects.filter(key_result=row).values_list("pk", flat=True))

    def tick(entry: int) -> object:
        found = KeyResult.objects.get(pk=row.pk)
        return services.check_in(key_result=found, done=[entry], seen_done=[], by=editor)

    at_once(*(partial(tick, entry) for entry in entries))
    assert set(row.check_ins.last().done) == set(entries)


def test_two_beats_feed_once(key_result: KeyResult, editor: Person) -> None:
    KeyResult.objects.filter(pk=key_result.pk).update(figure="okr_progress")
    results = at_once(feed.feed_all, feed.feed_all, feed.feed_all)
    assert sorted(results) == [0, 0, 1]


def test_two_who_add_get_two_places(objective: Objective, editor: Person) -> None:
    def add() -> int:
        fields = {"title": "x", "kind": "increase", "start": 0, "target": 1}
        return services.create_key_result(
            objective=Objective.objects.get(pk=objective.pk), by=editor, **fields
        ).position

    assert sorted(at_once(add, add, add)) == [1, 2, 3]


def test_a_check_in_waits_for_the_closing_and_is_refused_when_it_froze(key_result: KeyResult, editor: Person) -> None:
    """Whichever comes first: there is never a check-in recorded after the freezing."""
    key_result.cycle.grace_days = 0
    key_result.cycle.save()
    closing = threading.Event()

    def close() -> object:
        made = services.close_cycle(cycle=key_result.cycle, by=editor)
        closing.set()
        return made

    def late() -> object:
        assert closing.wait(10)
        with clock.at(TODAY.replace(day=24)):
            return services.check_in(key_result=KeyResult.objects.get(pk=key_result.pk), value=1, by=editor)

    _closed, refused = at_once(close, late)
    assert isinstance(refused, services.Frozen)
    assert not key_result.check_ins.exists()
