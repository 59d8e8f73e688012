"""Rows that people wrote are never overwritten or lost: one base class that refuses update and delete.

The one way out is `lifted(reason)`, which only the removal of sample data and of a person may call (a test holds that).
Tables of models with `guarded_in_database = True` are also guarded by row triggers, on both databases.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, NoReturn

from django.apps import AppConfig, apps
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import pre_delete

_lifted: ContextVar[bool] = ContextVar("lifted", default=False)


class AppendOnlyError(Exception):
    """Something tried to change or delete a row that is kept for ever."""


@contextmanager
def lifted(reason: str) -> Iterator[None]:
    """Allow update and delete of append-only rows inside the block. `reason` says why, for the reader."""
    token = _lifted.set(True)
    try:
        yield
    finally:
        _lifted.reset(token)


def _refuse(model: type[models.Model]) -> NoReturn:
    raise AppendOnlyError(f"{model.__name__} rows are never changed or deleted.")


class AppendOnlyQuerySet(models.QuerySet[Any]):
    def update(self, **kwargs: Any) -> int:
        if not _lifted.get():
            _refuse(self.model)
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        if not _lifted.get():
            _refuse(self.model)
        return super().delete()

    def _raw_delete(self, using: str | None) -> int:
        """What Django calls for rows that go together with another, and what a removal of whole teams calls."""
        if not _lifted.get():
            _refuse(self.model)
        return super()._raw_delete(using)  # type: ignore[misc, no-any-return]

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if kwargs.get("update_conflicts") and not _lifted.get():
            _refuse(self.model)
        return super().bulk_create(objs, *args, **kwargs)

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        if not _lifted.get():
            _refuse(self.model)
        return super().bulk_update(*args, **kwargs)


class AppendOnly(models.Model):
    """A row that can be written once. Subclasses that need their own QuerySet derive it from AppendOnlyQuerySet."""

    guarded_in_database: ClassVar[bool] = False

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding and not _lifted.get():
            _refuse(type(self))
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        if not _lifted.get():
            _refuse(type(self))
        return super().delete(*args, **kwargs)


def _refuse_cascade(sender: type[models.Model], **_: Any) -> None:
    if not _lifted.get():
        _refuse(sender)


def watch_cascades() -> None:
    """Refuse deletes that come along a foreign key too: they ask neither `delete()` of the row nor of its QuerySet."""
    for model in apps.get_models():
        if issubclass(model, AppendOnly):
            pre_delete.connect(_refuse_cascade, sender=model, dispatch_uid="core.append_only")


# The one place with raw SQL: the same guard in both dialects.
_POSTGRESQL = """
CREATE OR REPLACE FUNCTION portal_append_only() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'append-only: rows of % are never changed or deleted', TG_TABLE_NAME; END $$ LANGUAGE plpgsql;
DROP TRIGGER IF EXISTS "{table}_append_only" ON "{table}";
CREATE TRIGGER "{table}_append_only" BEFORE UPDATE OR DELETE ON "{table}"
  FOR EACH ROW EXECUTE FUNCTION portal_append_only();
"""
_SQLITE = """
CREATE TRIGGER IF NOT EXISTS "{table}_append_only_{verb}" BEFORE {verb} ON "{table}"
BEGIN SELECT RAISE(ABORT, 'append-only: rows of {table} are never changed or deleted'); END
"""


def _guarded_models() -> Iterator[type[AppendOnly]]:
    for model in apps.get_models():
        if issubclass(model, AppendOnly) and model.guarded_in_database:
            yield model


def guard_tables(using: str = "default", sender: AppConfig | None = None, **_: Any) -> None:
    """Put the triggers on every guarded table that exists. Called after every migrate; safe to call again."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    for model in _guarded_models():
        if model._meta.db_table in tables:
            for statement in _statements(connection, model._meta.db_table):
                with connection.cursor() as cursor:
                    cursor.execute(statement)


def unguard_tables(using: str = "default") -> None:
    """Take the triggers off again: for the teardown of tests and for a restore, nothing else."""
    connection = connections[using]
    for model in _guarded_models():
        table = model._meta.db_table
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f'DROP TRIGGER IF EXISTS "{table}_append_only" ON "{table}"')
            else:
                for verb in ("UPDATE", "DELETE"):
                    cursor.execute(f'DROP TRIGGER IF EXISTS "{table}_append_only_{verb}"')


def _statements(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    if connection.vendor == "postgresql":
        return [_POSTGRESQL.replace("{table}", table)]
    return [_SQLITE.format(table=table, verb=verb) for verb in ("UPDATE", "DELETE")]
