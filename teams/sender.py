"""Who the portal's mails are from."""

from email.utils import formataddr, parseaddr

from django.conf import settings

from teams.models import Organisation


def sender() -> str:
    """DEFAULT_FROM_EMAIL as it is where it names somebody; else with the organisation's name: whose portal it is."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    if name:
        return str(settings.DEFAULT_FROM_EMAIL)
    organisation = Organisation.current()
    named = f"{organisation} · MLOps Portal" if organisation else "MLOps Portal"
    return formataddr((" ".join(named.split()), address))
