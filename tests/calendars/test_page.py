"""The page of one's calendar addresses."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from calendars.models import Address
from teams.models import AuditEvent, Person, Team
from tests.factories import TeamFactory

pytestmark = pytest.mark.django_db
PAGE = "/account/calendar/"


def addresses(client: Client, page: str = PAGE) -> list[str]:
    return re.findall(r'value="http://testserver(/ics/[^"]+)"', client.get(page).content.decode())


def test_made_renewed_and_turned_off(signed_in: Callable[[Person], Client], team: Team, editor: Person) -> None:
    client = signed_in(editor)
    assert addresses(client) == []
    assert client.post(f"{PAGE}renew/")["Location"] == PAGE
    first = addresses(client)
    secret = Address.objects.get(person=editor).secret
    assert first == [f"/ics/{secret}/mine.ics", f"/ics/{secret}/teams/{team.pk}.ics"]
    assert [Client().get(path).status_code for path in first] == [200, 200]
    assert f"webcal://testserver{first[0]}" in client.get(PAGE).content.decode()
    client.post(f"{PAGE}renew/")
    assert len(set(first) | set(addresses(client))) == 4
    assert Client().get(first[0]).status_code == 404
    client.post(f"{PAGE}off/")
    client.post(f"{PAGE}off/")
    assert addresses(client) == []
    told = list(AuditEvent.objects.filter(action__startswith="person.calendar").order_by("pk"))
    assert [each.action.rpartition("_")[2] for each in told] == ["made", "renewed", "ended"]
    assert {(each.actor_id, each.subject_person, str(each.data)) for each in told} == {(editor.pk, editor.pk, "{}")}


def test_another_team_comes_along_from_its_roadmap(
    signed_in: Callable[[Person], Client], team: Team, editor: Person
) -> None:
    client, other = signed_in(editor), TeamFactory(name="Other team")
    client.post(f"{PAGE}renew/")
    listed = addresses(client, f"{PAGE}?team={other.pk}")
    assert [path.rpartition("/")[2] for path in listed] == ["mine.ics", f"{other.pk}.ics", f"{team.pk}.ics"]
    assert f'href="{PAGE}?team={other.pk}"' not in client.get(PAGE).content.decode()
    for nonsense in ("x", "0", "99999999999999999999", ""):
        assert len(addresses(client, f"{PAGE}?team={nonsense}")) == 2


def test_it_stands_encrypted(signed_in: Callable[[Person], Client], editor: Person) -> None:
    signed_in(editor).post(f"{PAGE}renew/")
    stored = Address.objects.raw("SELECT id, digest, secret AS kept FROM calendars_address")[0]
    assert stored.kept.startswith("gAAAA")
    assert stored.secret not in (stored.kept, stored.digest)
