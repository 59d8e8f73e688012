"""Databases and archives of earlier states are kept here, and what this version makes of them is checked row by row."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction

from tests.backups.databases import Rows, environment, new_database, opened, rows_of, unpack

pytestmark = pytest.mark.django_db
BEFORE = "before-safe"  # 2026-11, before second factors, archives and removal of people


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with new_database(tmp_path) as made:
        yield made


def kept(before: Rows, after: Rows) -> None:
    """Each row of before is there, equal in each of its columns, and none was added."""
    for table, rows in before.items():
        assert table in after, f"{table} is gone"
        of_key = {row["id"]: row for row in after[table]}
        assert len(of_key) == len(rows), table
        for row in rows:
            assert {name: of_key[row["id"]][name] for name in row} == row, table


def test_the_database_of_the_state_before_is_migrated_with_every_row(address: str, tmp_path: Path) -> None:
    unpack(BEFORE, address)
    with opened(address) as database:
        before = rows_of(database)
    assert sum(map(len, before.values())) > 500
    assert [table for table, rows in before.items() if not rows] == [
        "account_emailconfirmation", "auth_group", "auth_group_permissions", "teams_setupcode",
    ]  # fmt: skip
    command = [sys.executable, "-m", "tests.backups.look", "migrate"]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment(address, tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "/portfolio/" in done.stdout
    with opened(address) as database:
        # A visit to home is a row of its own: the pages were opened.
        before.pop("teams_visit")
        for person in before["teams_person"]:
            person.pop("last_login")
        kept(before, rows_of(database))
        for verb in ("DELETE FROM teams_auditevent", "UPDATE teams_auditevent SET action = 'x'"):
            with (
                pytest.raises(DatabaseError, match="append-only"),
                transaction.atomic(database.alias),
                database.cursor() as cursor,
            ):
                cursor.execute(verb)
