"""End every way in of a person and print a link for a new password: for the only administrator, who can ask nobody."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from core.refusals import Refused
from teams.models import Person
from teams.services.people import reset_sign_in


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="e-mail address of the account")

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        person = Person.objects.with_address(address).first()
        if person is None:
            raise CommandError(f"There is no account of {address}.")
        try:
            key = reset_sign_in(person=person, by=None)
        except Refused as error:
            raise CommandError(error.message) from error
        path = reverse("account_reset_password_from_key", args=key)
        if not settings.PORTAL_URL:
            self.stderr.write("PORTAL_URL is not set: open this path at the portal's address.")
        self.stdout.write(settings.PORTAL_URL + path)
