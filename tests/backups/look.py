"""`python -m tests.backups.look [migrate]`: opens the pages, as the administrator, on the database that the settings name."""

import os
import sys
from collections.abc import Iterator

TEAM = ("team", "roadmap", "assessment", "delivery", "okrs", "connections", "members", "team-tokens", "team-settings")
WHOLE = ("home", "portfolio", "trends", "teams", "people", "organisation", "audit-log", "sample", "account")


def addresses() -> Iterator[str]:
    from django.urls import reverse

    from teams.models import Team

    yield from map(reverse, WHOLE)
    for team in Team.objects.order_by("pk"):
        yield from (reverse(name, args=[team.pk]) for name in TEAM)


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlops_portal.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from teams.models import OrganisationRole, Person

    if "migrate" in sys.argv:
        call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(
        Person.objects.get(organisation_role=OrganisationRole.ADMINISTRATOR),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    for address in addresses():
        answer = client.get(address, follow=True)
        assert answer.status_code == 200, (address, answer.status_code)
        print(address)


if __name__ == "__main__":
    main()
