"""Second factors as the portal wants them of django-allauth, and who must have one.

The secrets of authenticator apps and recovery codes are encrypted with ENCRYPTION_KEYS; a passkey has none here.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core import crypto
from teams.models import Organisation, OrganisationRole, Person, SecondFactor

Type = Authenticator.Type


class PortalMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This did not fit. Try once more."),
    }

    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.decrypt(encrypted_text)

    def get_totp_issuer(self) -> str:
        return str(Organisation.current())

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": _host(context.request), "name": "MLOps Portal"}


def _host(request: HttpRequest) -> str:
    """The host name that passkeys are made for: PORTAL_URL's where it is set, else the one by which the portal was reached."""
    return urlsplit(settings.PORTAL_URL or f"//{request.get_host()}").hostname or ""


def passkeys_work(request: HttpRequest) -> bool:
    """Whether browsers offer passkeys here: for a name (no bare IP address), over https or on localhost."""
    host = _host(request)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return request.is_secure() or host == "localhost"
    return False


def of(person: Person) -> QuerySet[Authenticator]:
    """What the person signs in with besides the password, the oldest first; recovery codes only stand in for it."""
    listed = Authenticator.objects.filter(user=person).exclude(type=Type.RECOVERY_CODES)
    return listed.order_by("created_at", "pk")


def recovery_codes_left(person: Person) -> int | None:
    """How many recovery codes were not used yet; None if there never were any."""
    found = Authenticator.objects.filter(user=person, type=Type.RECOVERY_CODES).first()
    return len(found.wrap().get_unused_codes()) if found else None


def must_have_one(person: Person, organisation: Organisation) -> bool:
    match organisation.second_factor:
        case SecondFactor.EVERYONE:
            return True
        case SecondFactor.ADMINISTRATORS:
            return person.organisation_role == OrganisationRole.ADMINISTRATOR
    return False


def is_owed_by(person: Person, organisation: Organisation) -> bool:
    """Whether the person must have a second factor and has none. Asks the database only where one is required."""
    return must_have_one(person, organisation) and not of(person).exists()
