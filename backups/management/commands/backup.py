"""Write everything into one archive, while people work."""

import shutil
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from backups import services, shelf
from core import clock, rotation
from core.refusals import Refused
from mlops_portal import secrets


class Command(BaseCommand):
    help = "Write everything the portal keeps into one archive: FILE, - for standard output, or among those that the page lists."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", metavar="FILE", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            _check_database()
        except CommandError:
            secrets.withdraw_made()
            raise
        if options["file"] == "-":
            self._hand_out()
            return
        path = Path(options["file"]) if options["file"] else shelf.new("archive")
        if options["file"] and path.exists():
            raise CommandError(f"{path} is there already: name another file.")
        self.stdout.write(_made(path))

    def _hand_out(self) -> None:
        """To standard output, once it is whole; nothing of it stays here."""
        if sys.stdout.isatty():
            raise CommandError("An archive is nothing to read: send it into a file, backup - > portal.zip.")
        with tempfile.TemporaryDirectory(prefix=".handed-out-", dir=shelf.folder()) as folder:
            path = Path(folder) / f"portal-{clock.now():%Y%m%dT%H%M%S}.zip"
            told = _made(path)
            with path.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.flush()
        print(told.removeprefix(f"{folder}/"), file=sys.stderr)


def _made(path: Path) -> str:
    """Make it; what is said of it."""
    try:
        manifest = services.make(path, by=None)
    except Refused as error:
        raise CommandError(error.message) from error
    return f"{path}: {manifest.rows} rows, {path.stat().st_size} bytes, of {_database()}"


def _database() -> str:
    """Which one was read: cron knows no DATABASE_URL but what it is told."""
    at = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"the SQLite database {at['NAME']}"
    return f"the PostgreSQL database {at['NAME']} at {at['HOST'] or 'this machine'}"


def _check_database() -> None:
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        raise CommandError(
            f"There is no {_database().removeprefix('the ')}: name the portal's with DATABASE_URL. Nothing was written."
        )
    try:
        tables = connection.introspection.table_names()
        if "teams_organisation" not in tables:
            raise CommandError(f"{_database()} holds no portal. Nothing was written.".replace("the ", "The ", 1))
        if (settings.VAR / "encryption_key") in secrets.made_here and rotation.unreadable():
            raise CommandError(
                f"The key of {_database()} is missing: give it in ENCRYPTION_KEYS, or put it into "
                f"{settings.VAR / 'encryption_key'}. Nothing was written."
            )
    except DatabaseError as error:
        reason = str(error).strip().partition("\n")[0]
        raise CommandError(f"{_database()} cannot be read ({reason}). Nothing was written.") from error
