"""The first run: a code from the console makes the first administrator, once."""

import secrets

from django.db import transaction

from core.crypto import digest
from teams.models import Organisation, SetupCode

# No letters or digits that are easily taken for one another.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@transaction.atomic
def new_code() -> str:
    """A new code, which replaces any older one; "" once the portal is set up. 8 of 32 characters: 40 random bits."""
    if Organisation.objects.exists():
        return ""
    code = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    SetupCode.objects.all().delete()
    SetupCode.objects.create(digest=digest(code))
    return f"{code[:4]}-{code[4:]}"
