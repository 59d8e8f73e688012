"""The archive: a sealed ZIP file with `manifest.json` and one file of JSON lines per table. docs/backup-format.md describes it.

It is written from one snapshot of the database while people work, and written and read row by row, whatever its size.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

from backups import contents, sequences, signing, values
from backups.signing import Unusable
from core import clock
from core.databases import another

MANIFEST = "manifest.json"
LARGEST_MANIFEST = 1 << 20  # bytes
LARGEST_LINE = 1 << 26  # bytes; no row of the portal comes near
_NAME = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
ROWS_AT_ONCE = 500
# What zipfile and json raise at bytes that are no archive; NotImplementedError is zipfile's word for a method it does not know.
UNREADABLE = (zipfile.BadZipFile, NotImplementedError, KeyError, ValueError, TypeError)

Told = Callable[[int, int], None]  # rows done, rows in all


def nobody(done: int, total: int) -> None:
    """Tells nobody how far it is."""


@dataclass
class Table:
    """One model's rows: `columns` names what each line's values are, `last_number` the highest number a row ever had."""

    model: str
    columns: list[str]
    rows: int = 0
    size: int = 0  # bytes, unpacked
    last_number: int = 0

    @property
    def file(self) -> str:
        return f"tables/{self.model}.jsonl"


@dataclass
class Manifest:
    format: int
    made_at: str
    made_by: str  # a name, "" for whoever has a shell on the server
    organisation: str
    version: str
    migrations: list[contents.Migration]
    tables: list[Table] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def instant(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


# -- Writing ------------------------------------------------------------------------------------------------------


@contextmanager
def snapshot(alias: str) -> Iterator[BaseDatabaseWrapper]:
    """A connection that sees the database as it is now until the block ends, and keeps nobody from writing."""
    changed = {}
    with another(alias) as plain:
        if plain.vendor == "sqlite":  # where transactions usually take the one write lock at once
            changed = {"OPTIONS": plain.settings_dict["OPTIONS"] | {"transaction_mode": "DEFERRED"}}
    with another(alias, **changed) as database, transaction.atomic(using=database.alias):
        with database.cursor() as cursor:
            if database.vendor == "postgresql":
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT COUNT(*) FROM django_migrations")  # the first look is what the snapshot shows
        yield database


def write(path: Path, *, by: str = "", told: Told = nobody, alias: str = DEFAULT_DB_ALIAS) -> Manifest:
    """Write the archive of the database; `path` is there when it is whole. Refused, OSError."""
    part = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as file:
            with snapshot(alias) as database:
                manifest = _write(file, database, by, told)
            signing.seal(file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _write(file: IO[bytes], database: BaseDatabaseWrapper, by: str, told: Told) -> Manifest:
    migrations = contents.applied(database)
    kept = list(contents.kept(contents.models_at(database)))
    total, done = sum(_rows(model, database).count() for model in kept), 0
    manifest = Manifest(
        format=signing.FORMAT,
        made_at=clock.now().isoformat(),
        made_by=by,
        organisation=_organisation(kept, database),
        version=settings.VERSION,
        migrations=migrations,
        left_out=contents.LEFT_OUT,
    )
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for model in kept:
            table = Table(model._meta.label_lower, [field.attname for field in model._meta.local_concrete_fields])
            with archive.open(_entry(table.file, manifest.instant), "w", force_zip64=True) as member:
                for line in _lines(model, database):
                    table.rows += 1
                    table.size += member.write(line)
                    done += 1
                    if done % ROWS_AT_ONCE == 0:
                        told(done, total)
            # Numbers are given outside transactions: asked last, none of a row above is missed.
            table.last_number = sequences.last_number(database, model)
            manifest.tables.append(table)
        archive.writestr(_entry(MANIFEST, manifest.instant), json.dumps(asdict(manifest), ensure_ascii=False, indent=1))
        archive.comment = signing.open_seal()
    told(done, total)
    return manifest


def _entry(name: str, instant: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, instant.timetuple()[:6])
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    return entry


def _rows(model: type[models.Model], database: BaseDatabaseWrapper) -> models.QuerySet[Any]:
    return model._base_manager.using(database.alias).order_by("pk")


def _lines(model: type[models.Model], database: BaseDatabaseWrapper) -> Iterator[bytes]:
    """Each row as a JSON array in UTF-8, in the order of the numbers."""
    fields = model._meta.local_concrete_fields
    cleared = contents.CLEARED.get(model._meta.label_lower, {})
    asked: list[Any] = [values.asked(field) for field in fields]
    empty = {place: cleared[field.attname] for place, field in enumerate(fields) if field.attname in cleared}
    for row in _rows(model, database).values_list(*asked).iterator(ROWS_AT_ONCE):
        columns = list(row)
        for place, value in empty.items():
            columns[place] = value
        yield json.dumps(columns, ensure_ascii=False, default=values.to_json).encode() + b"\n"


def _organisation(kept: list[type[models.Model]], database: BaseDatabaseWrapper) -> str:
    model = next(model for model in kept if model._meta.label_lower == "teams.organisation")
    return _rows(model, database).values_list("name", flat=True).first() or ""


# -- Reading ------------------------------------------------------------------------------------------------------


@dataclass
class Archive:
    """An open one, known to be whole and this portal's own."""

    manifest: Manifest
    _zip: zipfile.ZipFile

    def lines(self, table: Table) -> Iterator[list[Any]]:
        """The rows of a table. Unusable if they are not what the manifest says."""
        rows = size = 0
        with self._zip.open(table.file) as member:
            while line := member.readline(LARGEST_LINE):
                rows, size = rows + 1, size + len(line)
                if size > table.size or not line.endswith(b"\n"):
                    break
                yield json.loads(line)
        if (rows, size) != (table.rows, table.size):
            raise Unusable(_("This archive does not hold what it says about itself."))


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive at the path, checked before anything of it is believed. Unusable, OSError."""
    with path.open("rb") as file:
        signing.check(file)  # from here on nothing in it was written by anybody else
        try:
            unpacked = zipfile.ZipFile(file)
            manifest = _checked(unpacked)
        except UNREADABLE as error:
            raise Unusable(_("This archive does not hold what it says about itself.")) from error
        with unpacked:
            yield Archive(manifest, unpacked)


def glance(path: Path) -> Manifest | None:
    """What an archive says about itself, for a list; not checked, and None if nothing can be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _manifest(archive)
    except (*UNREADABLE, OSError):
        return None


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    with archive.open(MANIFEST) as member:
        text = member.read(LARGEST_MANIFEST + 1)
    if len(text) > LARGEST_MANIFEST:
        raise ValueError
    found = json.loads(text)
    found["tables"] = [Table(**table) for table in found["tables"]]
    found["migrations"] = [(app, name) for app, name in found["migrations"]]
    return Manifest(**found)


def _checked(archive: zipfile.ZipFile) -> Manifest:
    manifest = _manifest(archive)
    files = {table.file: table for table in manifest.tables if _NAME.fullmatch(table.model)}
    if sorted(archive.namelist()) != sorted([MANIFEST, *files]):
        raise ValueError
    if any(archive.getinfo(name).file_size != table.size for name, table in files.items()):
        raise ValueError
    if not contents.known(manifest.migrations):
        raise Unusable(
            _("This archive was made by version %(version)s of the portal, which is newer. Update this portal first.")
            % {"version": manifest.version}
        )
    return manifest
