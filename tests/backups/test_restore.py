"""From one database to the other and back with every row equal; killed anywhere, nothing has changed."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from backups import archive, contents, restoring, sequences
from backups.models import State, Work
from connections.models import Credential, Source
from core import gate
from core.crypto import Ciphertext
from core.refusals import Refused
from teams.models import AuditEvent, Person, SetupCode, TeamGroup
from tests.backups.conftest import FIRST
from tests.backups.databases import NOT_KEPT, Rows, opened, rows_of

pytestmark = pytest.mark.django_db
OTHER = "sqlite" if connection.vendor == "postgresql" else ""  # on SQLite alone there is no other


def moved(source: str, target: str, path: Path) -> None:
    with opened(source) as database:
        archive.write(path, alias=database.alias)
    with opened(target) as database:
        restoring.restore(path, alias=database.alias)


def rows_at(address: str) -> Rows:
    with opened(address) as database:
        return rows_of(database)


def plain(value: Any) -> Any:
    """A value as both databases' drivers can be brought to give it."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "microseconds") if value.tzinfo is None else plain_utc(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def plain_utc(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def left_out_tables() -> set[str]:
    from django.apps import apps

    models = apps.get_models(include_auto_created=True)
    return {each._meta.db_table for each in models if each._meta.label_lower in contents.LEFT_OUT}


def assert_equal(there: Rows, here: Rows, *, restores: int) -> None:
    """All tables, all columns, all rows; `restores` entries more in the log, and no worker has anything any more."""
    assert there.keys() == here.keys()
    for table in there.keys() - left_out_tables() - NOT_KEPT:
        old = {row["id"]: row for row in there[table]}
        new = {row["id"]: row for row in here[table]}
        more = restores if table == "teams_auditevent" else 0
        assert len(new) == len(old) + more, table
        for key, row in old.items():
            for column, value in row.items():
                expected = contents.CLEARED.get(table.replace("_", ".", 1), {}).get(column, plain(value))
                assert plain(new[key][column]) == expected, (table, key, column)


def test_there_and_back_every_row_is_equal(portal: str, empty: Callable[..., str], tmp_path: Path) -> None:
    """On PostgreSQL: to SQLite and back to another PostgreSQL. Numbers go on where they were."""
    with opened(portal) as database:
        group = TeamGroup._base_manager.using(database.alias).create(name="made, and gone again")
        highest = group.pk
        group.delete(using=database.alias)
        event = AuditEvent._base_manager.using(database.alias).create(
            action="x.x",
            recorded_at=datetime(1, 1, 1, 0, 0, 0, 1, UTC),
            data={'ü\\"\n\t\u2028': [0.1, -2.5e-7, 12345678901234567890, None, True, {"a": "🚀"}], "b": "{not json"},
        )
    there, back = empty(OTHER), empty()
    moved(portal, there, tmp_path / "1.zip")
    moved(there, back, tmp_path / "2.zip")
    original = rows_at(portal)
    assert sum(map(len, original.values())) > 500
    assert_equal(original, rows_at(there), restores=1)
    assert_equal(original, rows_at(back), restores=2)
    for address in (there, back):
        with opened(address) as database:
            assert AuditEvent._base_manager.using(database.alias).get(pk=event.pk).data == event.data
            assert TeamGroup._base_manager.using(database.alias).create(name="next").pk == highest + 1
            for model in contents.kept(contents.models_at(database)):
                assert sequences.last_number(database, model) >= (
                    model._base_manager.using(database.alias).order_by("-pk").values_list("pk", flat=True).first() or 0
                ), model


def test_a_restored_portal_is_as_it_should_be(portal: str, tmp_path: Path) -> None:
    """Everyone is signed out, the log tells it and is guarded, tokens are read with the key, nobody has a lease.

    Also where a newer version has been meanwhile: the way back after an update that went wrong.
    """
    with opened(portal) as database:
        alias = database.alias
        ada = Person._base_manager.using(alias).get(email="ada@example.com")
        Session.objects.using(alias).create(
            session_key="x", session_data="x", expire_date=datetime(2099, 1, 1, tzinfo=UTC)
        )
        SetupCode.objects.using(alias).create(digest="x")
        Source._base_manager.using(alias).update(lease_owner="somebody", lease_until=datetime(2099, 1, 1, tzinfo=UTC))
        archive.write(tmp_path / "made.zip", alias=alias, by=str(ada))
        TeamGroup._base_manager.using(alias).create(name="later")
        Work.objects.using(alias).update_or_create(pk=1, defaults={"state": State.RESTORING})
        with database.cursor() as cursor:
            cursor.execute("CREATE TABLE next_year (id integer)")
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('teams', '0999_x', '2027-01-01')"
            )
        with pytest.raises(Refused, match="newer version"):
            archive.write(tmp_path / "x.zip", alias=alias)
        restoring.restore(tmp_path / "made.zip", by=ada, alias=alias)

        assert "next_year" not in database.introspection.table_names()
        assert ("teams", "0999_x") not in contents.applied(database)
        assert not TeamGroup._base_manager.using(alias).filter(name="later").exists()
        assert not Session.objects.using(alias).exists()
        assert not SetupCode.objects.using(alias).exists()
        assert not Work.objects.using(alias).exists()
        assert set(Source._base_manager.using(alias).values_list("lease_owner", "lease_until")) == {("", None)}
        last = AuditEvent._base_manager.using(alias).latest("pk")
        assert (last.action, last.actor_id) == ("backup.restored", ada.pk)
        assert "Restored everything from the archive of 20" in last.sentence({})
        assert set(Credential._base_manager.using(alias).values_list("token", flat=True)) == {"ghp_kept_for_years"}
        assert "portal_cache" in database.introspection.table_names()
        for verb in ("DELETE FROM teams_auditevent", "UPDATE teams_auditevent SET action = 'x'"):
            with (
                pytest.raises(DatabaseError, match="append-only"),
                transaction.atomic(alias),
                database.cursor() as cursor,
            ):
                cursor.execute(verb)


# -- Killed -------------------------------------------------------------------------------------------------------


def _dies(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class _SlowCopy(sqlite3.Connection):
    """Copies in small steps and dies in the middle of them."""

    def backup(self, target: sqlite3.Connection, **_: Any) -> None:
        super().backup(target, pages=40, progress=lambda _status, left, total: left < total / 2 and _dies())


def _in_mid_copy(patch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect
    patch.setattr(restoring.sqlite3, "connect", lambda *args, **more: connect(*args, factory=_SlowCopy, **more))


def _in_mid_load(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(restoring, "nobody", lambda done, _total: done > 250 and _dies())


POINTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "before the tables": lambda patch: patch.setattr(restoring, "_migrate", _dies),
    "in mid load": _in_mid_load,
    "before the commit": lambda patch: patch.setattr(restoring, "_record", _dies),
} | ({"in mid copy": _in_mid_copy} if connection.vendor == "sqlite" else {})


def until_open(database: BaseDatabaseWrapper) -> None:
    """A server takes a moment to notice that a client was killed."""
    for _ in range(600):
        if not gate.is_closed(database.alias):
            return
        time.sleep(0.05)
    pytest.fail("the gate stayed closed")


def died(work: Callable[[], None]) -> bool:
    """Whether a process of its own that does the work was killed by it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_killed_at_any_point_nothing_has_changed_and_the_next_one_works(portal: str, tmp_path: Path) -> None:
    with opened(portal) as database:
        archive.write(tmp_path / "made.zip", alias=database.alias)
        TeamGroup._base_manager.using(database.alias).create(name="later")
    before = rows_at(portal)
    for prepare in POINTS.values():

        def restore(prepare: Callable[[pytest.MonkeyPatch], None] = prepare) -> None:
            prepare(pytest.MonkeyPatch())
            with opened(portal) as database:
                restoring.restore(tmp_path / "made.zip", alias=database.alias, told=restoring.nobody)

        assert died(restore)
        with opened(portal) as database:
            until_open(database)
            assert rows_of(database) == before
            if database.vendor == "sqlite":
                with database.cursor() as cursor:
                    assert cursor.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with opened(portal) as database:
        restoring.restore(FIRST, by=Person(pk=1, email="somebody.else@example.com"), alias=database.alias)
        told = AuditEvent._base_manager.using(database.alias).get(action="backup.restored")
        assert told.actor is None, "whoever is not in the archive is not taken for somebody who is"
    assert not list(tmp_path.glob(".*restoring*"))


def test_it_is_told_how_far_it_is(portal: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(gate, "note_progress", lambda done, total: told.append((done, total)))
    with opened(portal) as database:
        rows = restoring.restore(FIRST, alias=database.alias).rows
    assert told[-1] == (rows, rows)


# -- What a database refuses --------------------------------------------------------------------------------------


def test_what_the_database_does_not_take_changes_nothing_and_is_named(
    portal: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(portal) as database:
        archive.write(tmp_path / "made.zip", alias=database.alias)
        before = rows_of(database)
        insert = restoring._insert

        def twice(to: BaseDatabaseWrapper, model: Any, table: Any, rows: Any) -> None:
            insert(to, model, table, [*rows, rows[0]] if table.model == "teams.team" else rows)

        monkeypatch.setattr(restoring, "_insert", twice)
        with pytest.raises(restoring.NotRestored, match=r"teams\.team, of those numbered 1 to 1, was refused"):
            restoring.restore(tmp_path / "made.zip", alias=database.alias)
        assert rows_of(database) == before
        assert not gate.is_closed(database.alias)


def test_a_row_that_points_nowhere_changes_nothing(
    portal: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(portal) as database:
        archive.write(tmp_path / "made.zip", alias=database.alias)
        before = rows_of(database)
        insert = restoring._insert
        monkeypatch.setattr(
            restoring,
            "_insert",
            lambda to, model, table, rows: table.model == "teams.person" or insert(to, model, table, rows),
        )
        with pytest.raises(restoring.NotRestored, match="nothing was changed"):
            restoring.restore(tmp_path / "made.zip", alias=database.alias)
        assert rows_of(database) == before


def test_stored_secrets_are_written_as_they_stand() -> None:
    assert Credential._meta.get_field("token").get_prep_value(Ciphertext("gAAAA")) == "gAAAA"
