"""The numbers that rows get: a number that was given once is not given again after a restore, also where its row has gone.

The one place of this room with raw SQL for rows, in both dialects.
"""

from __future__ import annotations

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


def last_number(database: BaseDatabaseWrapper, model: type[models.Model]) -> int:
    """The highest number that a row of the model ever had; 0 if there was none."""
    table, column = model._meta.db_table, model._meta.pk.column
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{table}"', column])
            sequence = cursor.fetchone()[0]
            if sequence is None:
                return 0
            cursor.execute(f"SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {sequence}")  # noqa: S608  the server's own name
        else:
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
    return int(found[0]) if found else 0


def go_on_after(database: BaseDatabaseWrapper, model: type[models.Model], number: int) -> None:
    """Let the next row of the model get a number above `number`."""
    table, column = model._meta.db_table, model._meta.pk.column
    if number < 1:
        return
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [f'"{table}"', column, number])
        else:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, number])
