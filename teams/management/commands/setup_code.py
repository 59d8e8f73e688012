"""Print a new one-time set-up code, or nothing once the portal is set up."""

from typing import Any

from django.core.management.base import BaseCommand

from teams.services import setup


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        code = setup.new_code()
        if code:
            self.stdout.write(code)
