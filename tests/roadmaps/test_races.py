"""Two people at the same time, with real threads, connections and transactions: on PostgreSQL, and on SQLite in a file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, transaction

from core import clock
from core.edits import StaleEdit
from roadmaps import services
from roadmaps.models import Item, Roadmap, State, Tick
from roadmaps.services import AlreadyStarted
from teams.models import Person, Team
from tests.roadmaps.factories import TODAY

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_unguarded")]

ROUNDS = 8
DONE, TO_DO, IN_PROGRESS = State.DONE, State.TO_DO, State.IN_PROGRESS


@pytest.fixture
def at_once(tmp_path: Path) -> Iterator[Callable[..., list[Any]]]:
    """Run calls in threads that start together, each with a connection of its own; their results or exceptions, in order.

    SQLite's test database is in memory, where threads share one connection's locks; the threads get a copy in a file, as the
    portal itself has. What they did there is read by one more call.
    """
    settings = connections.settings["default"]
    before, copied = settings["NAME"], False

    def run(*calls: Callable[[], Any]) -> list[Any]:
        nonlocal copied
        if connection.vendor == "sqlite" and not copied:
            connection.ensure_connection()
            with sqlite3.connect(tmp_path / "copy.sqlite3") as file:
                connection.connection.backup(file)
                # As migrating leaves the portal's own file; two that switch a fresh file at once do not wait for each other.
                file.execute("PRAGMA journal_mode=WAL")
            settings["NAME"] = str(tmp_path / "copy.sqlite3")
            copied = True
        gate = threading.Barrier(len(calls))
        results: list[Any] = [None] * len(calls)

        def one(number: int) -> None:
            try:
                gate.wait(10)
                with clock.at(TODAY):
                    results[number] = calls[number]()
            except Exception as error:
                results[number] = error
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one, args=[number]) for number in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads), "they wait for each other"
        return results

    yield run
    settings["NAME"] = before


def tick(item: Item, wanted: str, by: Person) -> Callable[[], Item]:
    return lambda: services.tick(item=Item.objects.get(pk=item.pk), wanted=wanted, seen_version=0, by=by)


def kept(item: Item) -> Callable[[], tuple[str, int, list[int]]]:
    """The item's state and version, and the versions of its ticks."""

    def read() -> tuple[str, int, list[int]]:
        found = Item.objects.get(pk=item.pk)
        return found.state, found.version, list(found.ticks.values_list("version", flat=True))

    return read


def test_two_people_tick_the_same_box_and_both_find_it_ticked(
    roadmap: Roadmap, editor: Person, team_admin: Person, at_once: Callable[..., list[Any]]
) -> None:
    for item in roadmap.items.all()[:ROUNDS]:
        results = at_once(tick(item, DONE, editor), tick(item, DONE, team_admin), tick(item, DONE, editor))
        assert [result.state for result in results] == [DONE] * 3
        assert at_once(kept(item)) == [(DONE, 1, [1])]


def test_of_two_who_want_different_things_one_is_told(
    roadmap: Roadmap, editor: Person, team_admin: Person, at_once: Callable[..., list[Any]]
) -> None:
    for item in roadmap.items.all()[:ROUNDS]:
        results = at_once(tick(item, DONE, editor), tick(item, IN_PROGRESS, team_admin))
        (winner,) = [result for result in results if isinstance(result, Item)]
        (loser,) = [result for result in results if not isinstance(result, Item)]
        assert isinstance(loser, StaleEdit)
        assert loser.theirs == {"state": winner.state, "version": 1}
        assert at_once(kept(item)) == [(winner.state, 1, [1])]


def test_two_who_undo_the_same_tick_undo_it_once(
    roadmap: Roadmap, editor: Person, team_admin: Person, at_once: Callable[..., list[Any]]
) -> None:
    def undo(item: Item, by: Person) -> Callable[[], Item]:
        return lambda: services.undo(item=Item.objects.get(pk=item.pk), seen_version=1, by=by)

    for item in roadmap.items.all()[:ROUNDS]:
        at_once(tick(item, DONE, editor))
        results = at_once(undo(item, editor), undo(item, team_admin))
        assert [result.state for result in results] == [TO_DO] * 2
        assert at_once(kept(item)) == [(TO_DO, 2, [1, 2])]


def test_two_who_start_the_roadmap_start_one(
    team: Team, editor: Person, team_admin: Person, at_once: Callable[..., list[Any]]
) -> None:
    def start(by: Person) -> Callable[[], Roadmap]:
        return lambda: services.start_roadmap(team=Team.objects.get(pk=team.pk), start_date=date(2026, 5, 1), by=by)

    results = at_once(start(editor), start(team_admin))
    assert sorted(type(result).__name__ for result in results) == ["AlreadyStarted", "Roadmap"]
    assert isinstance(next(result for result in results if isinstance(result, Exception)), AlreadyStarted)
    assert at_once(Item.objects.count) == [21]


def test_two_who_add_get_two_positions(
    roadmap: Roadmap, editor: Person, team_admin: Person, at_once: Callable[..., list[Any]]
) -> None:
    def add(by: Person) -> Callable[[], Item]:
        found = Roadmap.objects.get(pk=roadmap.pk)
        return lambda: services.add_item(roadmap=found, title="New", phase=1, by=by)

    for number in range(ROUNDS):
        results = at_once(add(editor), add(team_admin))
        assert sorted(result.position for result in results) == [4 + 2 * number, 5 + 2 * number]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer in at a time")
def test_a_tick_waits_for_the_one_before_it_and_then_sees_its_work(
    item: Item, editor: Person, team_admin: Person, at_once: Callable[..., list[Any]]
) -> None:
    """The second one certainly comes while the first one is not committed: it is seen waiting for the row."""
    holds_the_row = threading.Event()
    seen_waiting = threading.Event()

    def first() -> Item:
        with transaction.atomic():
            made = tick(item, DONE, editor)()
            holds_the_row.set()
            for _look in range(20_000):
                if somebody_waits_for_a_lock():
                    seen_waiting.set()
                    break
            return made

    def second() -> Item:
        assert holds_the_row.wait(10)
        return tick(item, DONE, team_admin)()

    results = at_once(first, second)
    assert seen_waiting.is_set(), "the second one did not wait for the row"
    assert [result.version for result in results] == [1, 1]
    assert Tick.objects.get(item=item).person == editor


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        # pg_locks, because pg_stat_activity stands still within a transaction. Other databases of the server are none of ours.
        cursor.execute(
            "SELECT count(*) FROM pg_locks waiting WHERE NOT granted AND EXISTS (SELECT 1 FROM pg_locks held JOIN pg_database"
            " ON oid = held.database WHERE held.pid = waiting.pid AND datname = current_database())"
        )
        return bool(cursor.fetchone()[0])
