"""Puts what an archive holds in the place of everything that is there, or changes nothing at all.

The tables are made anew as the archive's migrations describe them, filled, and then migrated to what this code wants. On
PostgreSQL that is one transaction. SQLite gets a new file beside the database, which its own backup copies over it in one
transaction. So whoever looks sees the old data or the new, and a process that is killed at any point leaves the old.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import DEFAULT_DB_ALIAS, DatabaseError, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from backups import archive, contents, sequences, values
from backups.archive import Archive, Manifest, Table, Told, nobody
from backups.signing import Unusable
from core import gate
from core.databases import another
from core.refusals import Refused
from teams.audit import AuditEvent
from teams.models import Person

log = logging.getLogger(__name__)


class NotRestored(Refused):
    """Nothing was changed. The message says why."""


def restore(path: Path, *, by: Person | None = None, told: Told = nobody, alias: str = DEFAULT_DB_ALIAS) -> Manifest:
    """Replace everything with what the archive holds. Unusable, NotRestored: then nothing was changed."""
    with archive.opened(path) as found, another(alias) as database:
        put = _into_postgresql if database.vendor == "postgresql" else _into_sqlite
        try:
            with gate.closed(database):
                put(database, found, by, _telling(told))
        except gate.StillInUse as error:
            raise NotRestored(_("Others are still at work, and did not end in time. Try again in a moment.")) from error
        except (DatabaseError, sqlite3.Error) as error:
            log.exception("restore: nothing was changed")
            reason = str(error).strip().partition("\n")[0]
            raise NotRestored(
                _("The database did not take it, and nothing was changed: %(reason)s") % {"reason": reason}
            ) from error
        return found.manifest


def _telling(told: Told) -> Told:
    """Also whoever waits in front of the gate, once a second: there is no database that could tell them."""
    last = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= 1 or done == total:
            last = time.monotonic()
            gate.note_progress(done, total)
        told(done, total)

    return tell


# -- Where it is put ----------------------------------------------------------------------------------------------


def _into_postgresql(database: BaseDatabaseWrapper, found: Archive, by: Person | None, told: Told) -> None:
    with transaction.atomic(using=database.alias):
        # The database is the portal's own, also tables that a newer version left there.
        tables = ", ".join(map(database.ops.quote_name, sorted(database.introspection.table_names())))
        if tables:
            with database.cursor() as cursor:
                cursor.execute(f"DROP TABLE {tables} CASCADE")
        fill(database, found, by, told)


def _into_sqlite(database: BaseDatabaseWrapper, found: Archive, by: Person | None, told: Told) -> None:
    live = Path(database.settings_dict["NAME"])
    new = live.with_name(f".{live.name}.restoring")
    # A new file needs no care for what a power cut leaves of it: it is copied or thrown away.
    options = database.settings_dict["OPTIONS"] | {
        "init_command": "PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY;"
    }
    try:
        _remove(new)
        with another(database.alias, NAME=str(new), OPTIONS=options) as beside:
            fill(beside, found, by, told)
        with closing(sqlite3.connect(new)) as source, closing(sqlite3.connect(live, timeout=gate.PATIENCE)) as target:
            source.backup(target)
    finally:
        _remove(new)


def _remove(file: Path) -> None:
    for each in (file, file.with_name(f"{file.name}-journal"), file.with_name(f"{file.name}-wal")):
        each.unlink(missing_ok=True)


# -- What is put there --------------------------------------------------------------------------------------------


def fill(database: BaseDatabaseWrapper, found: Archive, by: Person | None, told: Told = nobody) -> None:
    """Make the archive's tables in an empty database, fill them, and migrate them to what this code wants."""
    manifest = found.manifest
    _migrate(database, _newest(manifest.migrations))
    _load(database, found, told)
    _migrate(database, MigrationExecutor(database).loader.graph.leaf_nodes())
    emit_post_migrate_signal(verbosity=0, interactive=False, db=database.alias)
    for model in contents.kept(contents.models_at(database)):
        table = next((each for each in manifest.tables if each.model == model._meta.label_lower), None)
        if table is not None:
            sequences.go_on_after(database, model, max(table.last_number, sequences.last_number(database, model)))
    call_command("createcachetable", verbosity=0, database=database.alias)
    _record(database, manifest, by)


def _newest(migrations: list[contents.Migration]) -> list[contents.Migration]:
    """The last ones of each app: asked for an earlier one beside it, Django would go back to that."""
    graph = MigrationLoader(None).graph
    known = set(migrations) & set(graph.nodes)
    return sorted(
        each
        for each in known
        if not any(child.key[0] == each[0] and child.key in known for child in graph.node_map[each].children)
    )


def _migrate(database: BaseDatabaseWrapper, targets: list[contents.Migration]) -> None:
    def settle(action: str, *_: Any) -> None:
        # PostgreSQL alters no table whose rows still wait to be checked; usually each migration's transaction sees to that.
        if action == "apply_success" and database.vendor == "postgresql":
            database.check_constraints()

    MigrationExecutor(database, settle).migrate(targets)


def _load(database: BaseDatabaseWrapper, found: Archive, told: Told) -> None:
    known = {model._meta.label_lower: model for model in contents.kept(contents.models_at(database))}
    total, done = found.manifest.rows, 0
    with database.constraint_checks_disabled(), transaction.atomic(using=database.alias):
        for table in found.manifest.tables:
            model = known.get(table.model)
            if model is None or table.columns != [field.attname for field in model._meta.local_concrete_fields]:
                raise Unusable(_("This archive does not hold what it says about itself."))
            model._base_manager.using(database.alias)._raw_delete(database.alias)  # what migrations write by themselves
            for rows in _in_batches(found.lines(table)):
                _insert(database, model, table, rows)
                done += len(rows)
                told(done, total)
        database.check_constraints()


def _in_batches(rows: Iterator[list[Any]]) -> Iterator[list[list[Any]]]:
    while batch := list(islice(rows, archive.ROWS_AT_ONCE)):
        yield batch


def _insert(database: BaseDatabaseWrapper, model: type[models.Model], table: Table, rows: list[list[Any]]) -> None:
    """As they are: no default, no `auto_now`, no encryption."""
    fields = model._meta.local_concrete_fields
    made = [model(*map(values.from_json, fields, row)) for row in rows]
    manager: Any = model._base_manager
    size = max(1, database.ops.bulk_batch_size(fields, made))
    try:
        for start in range(0, len(made), size):
            manager._insert(made[start : start + size], fields=fields, using=database.alias, raw=True)
    except DatabaseError as error:
        first, last = rows[0][0], rows[-1][0]
        reason = str(error).strip().partition("\n")[0]
        raise NotRestored(
            _(
                "Nothing was changed: a row of %(table)s, of those numbered %(first)s to %(last)s, was refused: %(reason)s"
            )
            % {"table": table.model, "first": first, "last": last, "reason": reason}
        ) from error


def _record(database: BaseDatabaseWrapper, manifest: Manifest, by: Person | None) -> None:
    """The one entry that the archive did not hold. Whoever asked is named if the restored data knows the same person."""
    people = Person._base_manager.using(database.alias)
    actor = people.filter(pk=by.pk, email=by.email).first() if by else None
    AuditEvent._base_manager.using(database.alias).create(
        action="backup.restored", actor=actor, data={"made_at": manifest.made_at[:19], "version": manifest.version}
    )
