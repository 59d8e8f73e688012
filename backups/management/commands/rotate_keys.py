"""Encrypt every stored secret again, under the first of ENCRYPTION_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import rotation
from teams import audit


class Command(BaseCommand):
    help = "Encrypt every stored secret again, under the first of ENCRYPTION_KEYS. The other keys can be removed afterwards."

    def handle(self, *args: Any, **options: Any) -> None:
        told = rotation.rotate()
        if told.changed:
            audit.record("backup.keys_rotated", actor=None, count=told.changed)
        if told.unreadable:
            raise CommandError(
                f"{told.changed} secrets were encrypted again; {told.unreadable} cannot be read with any of ENCRYPTION_KEYS. "
                "Add the key that they were made with, or have them entered again."
            )
        self.stdout.write(f"{told.changed} secrets were encrypted again. The first of ENCRYPTION_KEYS is enough now.")
