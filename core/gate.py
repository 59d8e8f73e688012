"""The gate of the database: whoever works on it passes together with others; a restore waits until all are out and closes it.

It is held in the database server (PostgreSQL: an advisory lock of the session) or by the kernel (SQLite: a lock on a file beside
the database), so that whoever dies, by whatever means, lets go of it: nothing is left closed behind a restore that was killed.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

_KEY = 0x6D6C6F70735F6774  # of the advisory lock: any number that nobody else uses in this database
PATIENCE = 60.0  # seconds that a restore waits for those who are inside


class Closed(Exception):
    """The data is being restored: nobody may work on it now."""


class StillInUse(Exception):
    """Those inside did not come out in time."""


@contextmanager
def passing(alias: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Be inside together with others for the length of the block. Closed."""
    database = connections[alias]
    if database.vendor == "postgresql":
        with _passing_postgresql(database):
            yield
    else:
        with _file(database) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Closed from error
            yield


@contextmanager
def _passing_postgresql(database: BaseDatabaseWrapper) -> Iterator[None]:
    # A server that is away is told by whoever needs it; asked below Django, so that this counts as nobody's query.
    try:
        database.ensure_connection()
        inside = _ask(database, "SELECT pg_try_advisory_lock_shared(%s)")
    except (OperationalError, InterfaceError):
        yield
        return
    if not inside:
        raise Closed
    try:
        yield
    finally:
        if database.connection is not None:
            with suppress(DatabaseError, InterfaceError):  # lost meanwhile: the server let go of it
                _ask(database, "SELECT pg_advisory_unlock_shared(%s)")


def _ask(database: BaseDatabaseWrapper, statement: str) -> bool:
    with database.wrap_database_errors, database.connection.cursor() as cursor:
        cursor.execute(statement, [_KEY])
        return bool(cursor.fetchone()[0])


@contextmanager
def closed(database: BaseDatabaseWrapper) -> Iterator[None]:
    """Be alone inside, with `database` as the connection that holds the lock, outside any transaction. StillInUse."""
    with _alone(database):
        _forget_progress()  # of one that was killed
        try:
            yield
        finally:
            _forget_progress()


@contextmanager
def _alone(database: BaseDatabaseWrapper) -> Iterator[None]:
    if database.vendor == "postgresql":
        with database.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {int(PATIENCE * 1000)}")
            try:
                cursor.execute("SELECT pg_advisory_lock(%s)", [_KEY])
            except OperationalError as error:
                raise StillInUse from error
        try:
            yield
        finally:
            with suppress(DatabaseError, InterfaceError):  # it goes with the connection otherwise
                _ask(database, "SELECT pg_advisory_unlock(%s)")
        return
    with _file(database) as file:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise StillInUse from error
                time.sleep(0.02)
        yield


def note_progress(done: int, total: int) -> None:
    """How far the restore is, for those who wait in front: beside the archives, since web and worker share that folder."""
    note = _note()
    with suppress(OSError):  # a restore does not fail because nobody can be told how far it is
        beside = note.with_name(f"{note.name}.new")
        beside.write_text(str(100 * done // total if total else 100))
        beside.replace(note)


def progress() -> int | None:
    """The percentage of the rows that are there again; None if it is not known. Of use only while the gate is closed."""
    with suppress(OSError, ValueError):
        return int(_note().read_text())
    return None


def _forget_progress() -> None:
    with suppress(OSError):
        _note().unlink()


def _note() -> Path:
    return Path(settings.ARCHIVES) / ".restoring"


def is_closed(alias: str = DEFAULT_DB_ALIAS) -> bool:
    try:
        with passing(alias):
            return False
    except Closed:
        return True


@contextmanager
def _file(database: BaseDatabaseWrapper) -> Iterator[int]:
    name = str(database.settings_dict["NAME"])
    path = Path(settings.VAR) / "gate" if "memory" in name and not os.path.exists(name) else Path(f"{name}.gate")
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield file
    finally:
        os.close(file)
