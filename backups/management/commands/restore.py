"""Replace everything with what an archive holds, or change nothing."""

import os
import shutil
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from backups import archive, restoring, shelf
from core.refusals import Refused


class Command(BaseCommand):
    help = "Replace everything that is in the database with what an archive holds. Everyone is signed out."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", metavar="FILE", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["file"]:
            raise CommandError("Name the archive: make restore FILE=portal.zip. Nothing was changed.")
        _keep_to_oneself()
        with _named(options["file"]) as path:
            self._restore(path, "What came in" if options["file"] == "-" else str(path))

    def _restore(self, path: Path, name: str) -> None:
        try:
            with archive.opened(path) as found:
                manifest = found.manifest
            self.stdout.write(
                f"{name}: “{manifest.organisation}” of {manifest.made_at[:19]} UTC, version {manifest.version}, "
                f"{manifest.rows} rows."
            )
            if (
                sys.stdin.isatty()
                and input("It replaces everything that is there now. Type restore to go on: ") != "restore"
            ):
                raise CommandError("Nothing was changed.")
            restoring.restore(path)
        except Refused as error:
            raise CommandError(error.message) from error
        except OSError as error:
            raise CommandError(f"{error.filename or path}: {error.strerror}. Nothing was changed.") from error
        self.stdout.write("Restored. Everyone signs in again.")


@contextmanager
def _named(file: str) -> Iterator[Path]:
    """The archive; "-" is what comes in, kept for as long as it is read: a container may not read its owner's files."""
    if file != "-":
        yield Path(file)
        return
    with tempfile.NamedTemporaryFile(suffix=".zip", dir=shelf.folder()) as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept)
        kept.flush()
        yield Path(kept.name)


def _keep_to_oneself() -> None:
    """Before the first start nobody has made the folder and the SQLite file: they are for nobody else to read."""
    os.umask(0o077)
    kept = [(Path(settings.VAR), 0o700)]
    if connection.vendor == "sqlite":
        live = Path(connection.settings_dict["NAME"])
        kept += [(file, 0o600) for file in live.parent.glob(f"{live.name}*")]
    for path, mode in kept:
        with suppress(OSError):  # somebody else's
            path.chmod(mode)
