"""Everyone, and what an administrator changes about a person."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.edits import StaleEdit
from teams.models import AuditEvent, Person, Team
from teams.services import people
from teams.services.people import LastAdministrator
from tests.factories import PASSWORD, MembershipFactory, PersonFactory
from tests.stale import asked
from tests.teams.at_once import both, on_postgresql

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(signed_in, administrator: Person) -> Client:
    return signed_in(administrator)


def names(response) -> list[str]:
    return [person.name for person in response.context["page"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Ada Administrator", "Emma Editor", "Mina Manager"]),
        ("sort=newest", ["Mina Manager", "Emma Editor", "Ada Administrator"]),
        ("q=EMMA", ["Emma Editor"]),
        ("q=mina@example.com", ["Mina Manager"]),
        ("role=manager", ["Mina Manager"]),
        ("role=nonsense", ["Ada Administrator", "Emma Editor", "Mina Manager"]),
        ("state=deactivated", ["Gone"]),
    ],
)
def test_the_url_is_the_state_of_the_list(boss, administrator, editor, manager, query, expected) -> None:
    Person.objects.filter(pk=manager.pk).update(email="mina@example.com")
    PersonFactory(name="Gone", is_active=False)
    assert names(boss.get(f"/people/?{query}")) == expected


def test_a_person_is_listed_with_teams(boss: Client, editor: Person, team: Team) -> None:
    assert reverse("team", args=[team.pk]) in boss.get("/people/?q=Emma").content.decode()


def test_the_number_of_queries_does_not_grow(boss: Client, team: Team) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert boss.get("/people/").status_code == 200
        return len(captured)

    MembershipFactory.create_batch(3)
    at_n = queries()
    MembershipFactory.create_batch(6)
    assert queries() == at_n


def change(client: Client, person: Person, role: str, seen: str | None = None):
    data = {"organisation_role": role, "seen_organisation_role": seen or person.organisation_role}
    return client.post(reverse("person", args=[person.pk]), data)


def test_an_administrator_changes_the_role(boss: Client, editor: Person, administrator: Person) -> None:
    assert change(boss, editor, "manager").status_code == 302

    editor.refresh_from_db()
    assert editor.organisation_role == "manager"
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.subject_person) == ("person.role_changed", administrator, editor.pk)
    assert event.data == {"before": "reader", "after": "manager"}


def test_a_stale_change_shows_both_roles(boss: Client, editor: Person) -> None:
    Person.objects.filter(pk=editor.pk).update(organisation_role="manager")
    response = change(boss, editor, "administrator", seen="reader")
    assert response.status_code == 409
    question = asked(response.content.decode())["organisation_role"]
    assert (question.theirs, question.mine) == ("Manager", "Administrator")
    editor.refresh_from_db()
    assert editor.organisation_role == "manager"


def test_only_an_administrator_sees_the_forms(signed_in, manager: Person, editor: Person) -> None:
    page = signed_in(manager).get(reverse("person", args=[editor.pk]))
    assert page.status_code == 200
    assert "organisation_role" not in page.content.decode()


# -- The last administrator


def test_the_last_administrator_is_not_demoted(boss: Client, administrator: Person) -> None:
    PersonFactory(administrator=True, is_active=False)  # does not count
    response = change(boss, administrator, "reader")

    assert response.status_code == 422
    assert "last active administrator" in response.content.decode()
    administrator.refresh_from_db()
    assert administrator.organisation_role == "administrator"


def test_nor_deactivated(boss: Client, administrator: Person) -> None:
    response = boss.post(reverse("person-deactivate", args=[administrator.pk]), follow=True)
    assert "last active administrator" in response.content.decode()
    administrator.refresh_from_db()
    assert administrator.is_active


def test_of_two_one_may_go(administrator: Person) -> None:
    other = PersonFactory(administrator=True)
    people.change_role(person=other, by=administrator, seen="administrator", role="reader")
    with pytest.raises(LastAdministrator):
        people.deactivate(person=administrator, by=other)


def test_saving_the_same_role_again_is_nothing(administrator: Person) -> None:
    people.change_role(person=administrator, by=administrator, seen="administrator", role="administrator")
    assert not AuditEvent.objects.exists()
    with pytest.raises(StaleEdit):
        people.change_role(person=PersonFactory(manager=True), by=administrator, seen="reader", role="administrator")


@on_postgresql
@pytest.mark.usefixtures("_unguarded")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", ["demote", "deactivate"])
def test_two_administrators_at_once_do_not_remove_each_other(administrator: Person, verb: str) -> None:
    other = PersonFactory(administrator=True)
    refused: list[LastAdministrator] = []

    def remove(victim: Person, by: Person) -> None:
        try:
            if verb == "demote":
                people.change_role(person=victim, by=by, seen="administrator", role="reader")
            else:
                people.deactivate(person=victim, by=by)
        except LastAdministrator as error:
            refused.append(error)

    both(lambda: remove(other, administrator), lambda: remove(administrator, other))

    assert Person.objects.administrators().count() == 1
    assert len(refused) == 1


# -- Deactivation


def test_deactivation_ends_session_and_sign_in_and_can_be_undone(boss: Client, signed_in, editor: Person) -> None:
    theirs = signed_in(editor)
    assert theirs.get("/account/").status_code == 200

    boss.post(reverse("person-deactivate", args=[editor.pk]))
    assert theirs.get("/account/").status_code == 302
    login = {"login": editor.email, "password": PASSWORD}
    assert Client().post("/accounts/login/", login)["Location"] == "/accounts/inactive/"

    boss.post(reverse("person-reactivate", args=[editor.pk]))
    assert Client().post("/accounts/login/", login)["Location"] == "/"
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["person.deactivated", "person.reactivated"]


def test_deactivating_twice_is_once(administrator: Person, editor: Person) -> None:
    for _click in range(2):
        people.deactivate(person=editor, by=administrator)
    assert AuditEvent.objects.count() == 1
