"""A portal of its own for each test: databases beside the running tests' one, and a folder of archives."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from calendars.models import Address
from core.crypto import Ciphertext, digest
from notices.models import Channel
from ops.services import execute
from teams.models import Person, Team
from tests.backups.databases import HERE, KEY, new_database, opened, unpack
from tests.backups.rich import CALENDAR

FIRST = HERE / "first.zip"  # an archive of format 1, from before second factors


@pytest.fixture(autouse=True)
def archives(settings: Any, tmp_path: Path) -> Path:
    settings.ENCRYPTION_KEYS = [KEY]
    settings.ARCHIVES = tmp_path / "archives"
    return settings.ARCHIVES


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A database with a row of everything, which no test changes."""
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        address = stack.enter_context(new_database(tmp_path_factory.mktemp("origin")))
        unpack("before-safe", address)
        with opened(address) as database:
            executor = MigrationExecutor(database)
            executor.migrate(executor.loader.graph.leaf_nodes())
            emit_post_migrate_signal(verbosity=0, interactive=False, db=database.alias)
            _second_factor(database)
            _calendar_address(database)
            _channel(database)
        yield address


SECRET = "JBSWY3DPEHPK3PXP"  # of an authenticator app


def _second_factor(database: BaseDatabaseWrapper) -> None:
    """What was kept is from before there were any."""
    person = Person._base_manager.using(database.alias).order_by("pk").values_list("pk", flat=True)[0]
    secret = Fernet(KEY).encrypt(SECRET.encode()).decode()
    Authenticator._base_manager.using(database.alias).create(
        user_id=person, type=Authenticator.Type.TOTP, data={"secret": secret}
    )


def _calendar_address(database: BaseDatabaseWrapper) -> None:
    """As above."""
    person = Person._base_manager.using(database.alias).order_by("pk").values_list("pk", flat=True)[0]
    secret = Ciphertext(Fernet(KEY).encrypt(CALENDAR.encode()).decode())
    Address._base_manager.using(database.alias).create(person_id=person, secret=secret, digest=digest(CALENDAR))


HOOK, SIGNS = "https://hooks.example.com/of-the-team", "whsec_kept_for_years"


def _channel(database: BaseDatabaseWrapper) -> None:
    """As above."""
    team = Team._base_manager.using(database.alias).order_by("pk").values_list("pk", flat=True)[0]
    secrets = {
        name: Ciphertext(Fernet(KEY).encrypt(text.encode()).decode())
        for name, text in (("address", HOOK), ("secret", SIGNS))
    }
    Channel._base_manager.using(database.alias).create(team_id=team, kind="webhook", name="#ml", host="x", **secrets)


@pytest.fixture
def portal(origin: str, tmp_path: Path, db: None) -> Iterator[str]:
    """The address of a copy of it."""
    if connection.vendor == "sqlite":
        shutil.copy(origin.removeprefix("sqlite:///"), tmp_path / "portal.sqlite3")
        yield f"sqlite:///{tmp_path / 'portal.sqlite3'}"
        return
    name = f"copy_{tmp_path.name.replace('-', '_')[:40]}_{id(tmp_path)}".lower()
    server = urlsplit(origin)._replace(path="/postgres").geturl()
    execute(server, f'CREATE DATABASE "{name}" TEMPLATE "{urlsplit(origin).path[1:]}"')
    try:
        yield urlsplit(origin)._replace(path=f"/{name}").geturl()
    finally:
        execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def empty(tmp_path: Path, db: None) -> Iterator[Callable[[str], str]]:
    """`empty("sqlite")`: the address of a database without a table."""
    with ExitStack() as stack:

        def make(vendor: str = "") -> str:
            folder = tmp_path / f"empty{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            return stack.enter_context(new_database(folder, vendor))

        yield make
