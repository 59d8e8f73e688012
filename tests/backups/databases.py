"""Databases beside the one of the running tests: what was kept here is unpacked into them."""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from core.databases import another
from ops.journey import own_database

HERE = Path(__file__).parent
KEY = (HERE / "key").read_text().strip()
Rows = dict[str, list[dict[str, Any]]]

# What migrate and people's visits write, not what the portal keeps.
NOT_KEPT = {"django_migrations", "django_content_type", "auth_permission", "django_session", "portal_cache"}


@contextmanager
def new_database(folder: Path, vendor: str = "") -> Iterator[str]:
    """The address of an empty database, of the vendor that the tests run on unless another one is named."""
    if (vendor or connection.vendor) == "sqlite":
        yield f"sqlite:///{folder / 'portal.sqlite3'}"
    else:
        of = connection.settings_dict
        server = f"postgres://{of['USER']}:{of['PASSWORD']}@{of['HOST']}:{of['PORT']}/postgres"
        with own_database(server) as address:
            yield address


@contextmanager
def opened(address: str) -> Iterator[BaseDatabaseWrapper]:
    """A connection to the database at the address."""
    from mlops_portal.servers import database_at
    from mlops_portal.settings import env

    with another(**database_at(address, env)) as made:
        yield made


def unpack(name: str, address: str) -> None:
    """Put the database of that name that is kept here into the empty one at the address."""
    if address.startswith("sqlite"):
        Path(address.removeprefix("sqlite:///")).write_bytes(
            lzma.decompress((HERE / f"{name}.sqlite3.xz").read_bytes())
        )
        return
    with opened(address) as database, database.cursor() as cursor:
        cursor.execute(lzma.decompress((HERE / f"{name}.sql.xz").read_bytes()).decode())


def rows_of(database: BaseDatabaseWrapper) -> Rows:
    """Every row of every table as the database itself gives it: no model, no decryption."""
    found: Rows = {}
    with database.cursor() as cursor:
        for table in sorted(set(database.introspection.table_names(cursor)) - NOT_KEPT):
            cursor.execute(f'SELECT * FROM "{table}"')
            columns = [column[0] for column in cursor.description]
            found[table] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return found


def environment(address: str, folder: Path) -> dict[str, str]:
    """For a process of the portal on that database."""
    import os

    return {
        **os.environ,
        "DATABASE_URL": address,
        "REDIS_URL": settings.REDIS_URL,
        "ENCRYPTION_KEYS": KEY,
        "PORTAL_ENV": "test",
        "PORTAL_VAR": str(folder),
        "DJANGO_SETTINGS_MODULE": "mlops_portal.settings",
    }
