"""Replace everything with what an archive holds, or change nothing."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backups import archive, restoring
from core.refusals import Refused


class Command(BaseCommand):
    help = "Replace everything that is in the database with what an archive holds. Everyone is signed out."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        try:
            with archive.opened(path) as found:
                manifest = found.manifest
            self.stdout.write(
                f"{path}: “{manifest.organisation}” of {manifest.made_at[:19]} UTC, version {manifest.version}, "
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
