"""Write everything into one archive, while people work."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backups import services, shelf
from core.refusals import Refused


class Command(BaseCommand):
    help = "Write everything the portal keeps into one archive; without FILE among those that the page lists."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", metavar="FILE", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"]) if options["file"] else shelf.new("archive")
        if options["file"] and path.exists():
            raise CommandError(f"{path} is there already: name another file.")
        try:
            manifest = services.make(path, by=None)
        except Refused as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{path}: {manifest.rows} rows, {path.stat().st_size} bytes")
