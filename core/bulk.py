"""Many rows at once, as the database takes them fastest: on PostgreSQL COPY, and UPDATE from arrays; Django's own ways elsewhere.

docs/performance.md, Delivery, says what that saves; everything that is written here is written the same by the other way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from io import StringIO
from typing import Any

from django.db import connections, models, router, transaction

FEW = 50  # rows; for fewer nothing is gained
CHUNK = 2000  # rows in one statement, or in memory as text

_ESCAPED = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})
_SPOILS = re.compile(r"[\\\n\r\t]")
_NULL = r"\N"


def insert(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model, none of which is there yet; IntegrityError where one is. They learn their pk."""
    if not rows:
        return
    model = type(rows[0])
    if not _pays(model, rows):
        model._default_manager.bulk_create(rows)
        return
    database = router.db_for_write(model)
    columns = list(model._meta.concrete_fields)
    with transaction.atomic(using=database), connections[database].cursor() as cursor:
        quote = connections[database].ops.quote_name
        names = ", ".join(quote(str(field.column)) for field in columns)
        statement = f"COPY {quote(model._meta.db_table)} ({names}) FROM STDIN"
        _number(rows, cursor)
        for text in _texts(rows, columns):
            with connections[database].wrap_database_errors:
                cursor.cursor.copy_expert(statement, text)
    for row in rows:
        row._state.adding, row._state.db = False, database


def _number(rows: Sequence[models.Model], cursor: Any) -> None:
    """Keys from the table's own sequence, taken before: asking for them afterwards costs as much as COPY itself."""
    meta = rows[0]._meta
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
        [f'"{meta.db_table}"', meta.pk.column, len(rows)],
    )
    for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
        row.pk = key


def update(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write these fields of rows of one model that are there."""
    if not rows:
        return
    model = type(rows[0])
    if not _pays(model, rows):
        model._default_manager.bulk_update(rows, fields, batch_size=FEW)
        return
    database = router.db_for_write(model)
    connection, columns = connections[database], [model._meta.pk, *(model._meta.get_field(name) for name in fields)]
    quote = connection.ops.quote_name
    with transaction.atomic(using=database), connection.cursor() as cursor:
        names = [quote(str(field.column)) for field in columns]  # type: ignore[union-attr]
        arrays = ", ".join(f"%s::{_cast(field, connection)}[]" for field in columns)
        pairs = ", ".join(f"{name} = new.{name}" for name in names[1:])
        # Nothing but names of the model's own table and columns is put into the statement.
        statement = (
            f"UPDATE {quote(model._meta.db_table)} AS old SET {pairs} FROM unnest({arrays}) AS new({', '.join(names)})"  # noqa: S608
            f" WHERE old.{names[0]} = new.{names[0]}"
        )
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            cursor.execute(statement, [[_prepared(field, row, connection) for row in part] for field in columns])


def _pays(model: type[models.Model], rows: Sequence[models.Model]) -> bool:
    return len(rows) >= FEW and connections[router.db_for_write(model)].vendor == "postgresql"


def _cast(field: Any, connection: Any) -> str:
    return str(field.cast_db_type(connection) or field.db_type(connection))


def _prepared(field: Any, row: models.Model, connection: Any) -> Any:
    return field.get_db_prep_save(getattr(row, field.attname), connection)


# -- COPY's text ----------------------------------------------------------------------------------------------------


def _texts(rows: Sequence[models.Model], columns: Sequence[models.Field[Any, Any]]) -> Iterator[StringIO]:
    read = [(str(field.attname), _writer(field)) for field in columns]
    for start in range(0, len(rows), CHUNK):
        lines = ("\t".join(write(getattr(row, name)) for name, write in read) for row in rows[start : start + CHUNK])
        yield StringIO("\n".join(lines) + "\n")


def _writer(field: models.Field[Any, Any]) -> Callable[[Any], str]:
    """What turns a value of this column into text."""
    if isinstance(field, models.JSONField):
        return lambda value: _NULL if value is None else json.dumps(value, cls=field.encoder).translate(_ESCAPED)
    if isinstance(field, models.CharField | models.TextField):
        return _text
    return _value


def _text(value: str | None) -> str:
    if value is None:
        return _NULL
    return value.translate(_ESCAPED) if _SPOILS.search(value) else value


def _value(value: Any) -> str:
    if value is None:
        return _NULL
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int | float):
        return str(value)
    raise TypeError(type(value))
