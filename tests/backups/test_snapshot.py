"""An archive is of one instant, whoever writes meanwhile."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from backups import archive
from tests.backups.databases import opened

pytestmark = pytest.mark.django_db


class Writer(threading.Thread):
    """Writes pairs, each in one transaction: an address (in the first table that is read) and a group (in one of the last)."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.pairs, self.over, self.wrote = address, 0, threading.Event(), threading.Condition()

    def run(self) -> None:
        with opened(self.address) as database:
            while not self.over.is_set():
                with transaction.atomic(database.alias), database.cursor() as cursor:
                    cursor.execute(
                        "INSERT INTO teams_teamgroup (name, is_sample) VALUES (%s, %s)", [f"pair {self.pairs}", False]
                    )
                    cursor.execute(
                        'INSERT INTO account_emailaddress (email, verified, "primary", user_id) VALUES (%s, %s, %s, 1)',
                        [f"pair{self.pairs}@example.com", False, False],
                    )
                with self.wrote:
                    self.pairs += 1
                    self.wrote.notify_all()

    def wait_for_another(self) -> None:
        with self.wrote:
            now = self.pairs
            assert self.wrote.wait_for(lambda: self.pairs > now, 60), "the writer was kept from writing"


def test_no_pair_is_cut_in_two_while_others_write(portal: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer(portal)
    number = archive.sequences.last_number

    def after_each_table(*arguments: Any) -> int:
        writer.wait_for_another()
        return number(*arguments)

    monkeypatch.setattr(archive.sequences, "last_number", after_each_table)
    writer.start()
    try:
        writer.wait_for_another()
        with opened(portal) as database:
            manifest = archive.write(tmp_path / "made.zip", alias=database.alias)
    finally:
        writer.over.set()
        writer.join()
    with archive.opened(tmp_path / "made.zip") as found:
        lines = {table.model: list(found.lines(table)) for table in found.manifest.tables}
    addresses = sum("pair" in str(row) for row in lines["account.emailaddress"])
    groups = sum("pair" in str(row) for row in lines["teams.teamgroup"])
    assert addresses == groups > 0
    assert writer.pairs >= groups + len(manifest.tables)
