"""Links by which a person sets a new password, or moves the account to another address. None is stored; each works once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import signing
from django.db.models import F

from core import clock
from teams.models import Person

VALID_FOR = timedelta(hours=24)
_SALT = "teams.change-of-address"


class ResetLinks(PasswordResetTokenGenerator):
    """A link ends with a new password or address, the next sign-in, a newer link, and after PASSWORD_RESET_TIMEOUT seconds."""

    def make_token(self, user: Person) -> str:  # type: ignore[override]
        Person.objects.filter(pk=user.pk).update(reset_serial=F("reset_serial") + 1)
        user.refresh_from_db(fields=["reset_serial"])
        return super().make_token(user)

    def _make_hash_value(self, user: Person, timestamp: int) -> str:  # type: ignore[override]
        return f"{super()._make_hash_value(user, timestamp)}|{user.reset_serial}"

    def _now(self) -> datetime:
        return clock.now().replace(tzinfo=None)


@dataclass(frozen=True)
class Move:
    """What a link to another address says."""

    person: int
    before: str
    after: str
    serial: int
    until: float  # seconds since 1970

    def fits(self, person: Person) -> bool:
        """Whether it is this person's newest such link, the address is the one it was made at, and its time is not over."""
        made_for = (self.person, self.before, self.serial) == (person.pk, person.email, person.email_serial)
        return made_for and clock.now() < datetime.fromtimestamp(self.until, UTC)


def move_link(person: Person, email: str) -> str:
    """The secret of a link by which `person`, whose `email_serial` was just raised, moves to `email`."""
    until = (clock.now() + VALID_FOR).timestamp()
    return signing.dumps([person.pk, person.email, email, person.email_serial, until], salt=_SALT, compress=True)


def read_move(secret: str) -> Move | None:
    try:
        return Move(*signing.loads(secret, salt=_SALT))
    except (signing.BadSignature, TypeError, ValueError):
        return None
