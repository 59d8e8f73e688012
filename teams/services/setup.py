"""The first run: a code from the console makes the organisation and its first administrator, once."""

import secrets
import unicodedata

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.crypto import digest
from core.refusals import Refused
from teams import audit
from teams.models import Organisation, OrganisationRole, Person, SetupCode

# No letters or digits that are easily taken for one another.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class WrongCode(Refused):
    """Not the code that the console shows."""


class AlreadySetUp(Exception):
    """There is an organisation already, perhaps since a moment ago."""


@transaction.atomic
def new_code() -> str:
    """A new code, which replaces any older one; "" once the portal is set up. 8 of 32 characters: 40 random bits."""
    if Organisation.objects.exists():
        return ""
    code = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    SetupCode.objects.all().delete()
    SetupCode.objects.create(digest=digest(code))
    return f"{code[:4]}-{code[4:]}"


def _plain(code: str) -> str:
    """The code as it was made: people add spaces, other dashes, small or full-width letters."""
    return "".join(c for c in unicodedata.normalize("NFKC", code).upper() if c.isalnum())


@transaction.atomic
def set_up(
    *, code: str, organisation: str, name: str, email: str, password: str, language: str, time_zone: str
) -> Person:
    """Make the organisation and its administrator. WrongCode; AlreadySetUp, of two at once for the second."""
    # Locked, so that the second of two waits here and then finds no code any more.
    stored = SetupCode.objects.select_for_update().first()
    if Organisation.objects.exists():
        raise AlreadySetUp
    if stored is None or not secrets.compare_digest(stored.digest, digest(_plain(code))):
        raise WrongCode(
            _("This is not the code that the console shows. A new start of the portal shows a new one."), "code"
        )
    try:
        with transaction.atomic():
            made = Organisation.objects.create(pk=1, name=organisation, language=language, time_zone=time_zone)
    except IntegrityError as error:
        raise AlreadySetUp from error
    person = Person(
        name=name,
        email=email,
        organisation_role=OrganisationRole.ADMINISTRATOR,
        language=language,
        time_zone=time_zone,
    )
    person.set_password(password)
    person.save()
    SetupCode.objects.all().delete()
    audit.record("organisation.created", actor=person, subject=made, name=organisation)
    return person
