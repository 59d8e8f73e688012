"""Delete the maturity snapshots and build them again from the events. They come out equal; run it after a restore."""

from typing import Any

from django.core.management.base import BaseCommand

from assessments import snapshots


class Command(BaseCommand):
    help = "Build the levels of every past day again from what people answered."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{snapshots.rebuild()} rows")
