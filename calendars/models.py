"""The secret by which a person's calendar programs read, without a session."""

from __future__ import annotations

from django.db import models

from core import clock
from core.crypto import EncryptedTextField, digest
from teams.models import Person


class AddressQuerySet(models.QuerySet["Address"]):
    def by_secret(self, secret: str) -> AddressQuerySet:
        """Of somebody who may still read."""
        return self.filter(digest=digest(secret), person__is_active=True).select_related("person")


class Address(models.Model):
    """A person's one secret: it reads what they may read, as an .ics feed and nothing else.

    It stands encrypted, since its page shows it again for another device, and digested, to be found by.
    """

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="calendar_address")
    secret = EncryptedTextField()
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=clock.now)

    objects = AddressQuerySet.as_manager()
