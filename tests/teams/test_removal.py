"""The removal of a person: the personal data goes from every place, the team's history stays."""

from __future__ import annotations

import logging

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from assessments.models import Answer, Comment
from connections.models import Draft
from core import clock
from okrs.models import CheckIn, KeyResult, Remark
from okrs.summary import to_reassign
from roadmaps.models import Note, Tick
from teams.models import ApiToken, AuditEvent, Invitation, InvitationState, Membership, Person, Team
from teams.services import invitations, people, tokens
from teams.services.people import LastAdministrator, OwnAccount, Removed, SamplePerson
from tests.factories import PersonFactory
from tests.okrs.factories import TODAY, sample_person
from tests.teams.everywhere import ADDRESS, NAME, PASSWORD, come, places_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_november")]
FIRST_NAME = NAME.split()[0]


@pytest.fixture
def boss(signed_in, administrator: Person) -> Client:
    return signed_in(administrator)


def remove(person: Person, by: Person) -> None:
    people.remove(person=person, by=by)
    person.refresh_from_db()


def test_no_column_of_any_table_holds_the_name_or_the_address_any_more(busy, administrator: Person, caplog) -> None:
    person, _client = busy
    # The search finds what it is to find, also what other libraries keep.
    before = places_of(FIRST_NAME, ADDRESS)
    assert before >= {"teams_person.name", "teams_person.email", "teams_invitation.email", "account_emailaddress.email"}

    with caplog.at_level(logging.DEBUG):
        remove(person, administrator)
    assert places_of(FIRST_NAME, ADDRESS) == set()
    assert FIRST_NAME not in caplog.text
    assert ADDRESS not in caplog.text


def test_what_the_person_did_stays_as_of_removed_person(busy, team: Team, administrator: Person, boss: Client) -> None:
    person, _client = busy
    kept = [Answer, CheckIn, Tick]
    counts = [model.objects.filter(person=person).count() for model in kept]
    assert all(counts)
    remove(person, administrator)

    assert [model.objects.filter(person=person).count() for model in kept] == counts
    assert str(person) == "removed person"
    assert Comment.objects.get(person=person).text == "written beside an answer"
    assert Note.objects.get(person=person).text == "written beside a tick"
    assert Remark.objects.get(check_in__person=person).comment == "written beside a check-in"
    key_result = KeyResult.objects.get()
    pages = [
        key_result.get_absolute_url(),
        reverse("assessment-criterion", args=[team.pk, "data.versioning"]),
        reverse("roadmap-item", args=[team.pk, Tick.objects.get().item_id]),
        reverse("person", args=[person.pk]),
        reverse("audit-log"),
    ]
    for page in pages:
        shown = boss.get(page).content.decode()
        assert "removed person" in shown, page
        assert "@invalid" not in shown, page
    for name in ("people", "home", "portfolio", "audit-log"):
        assert boss.get(reverse(name)).status_code == 200
    listed = boss.get(reverse("people"), {"state": "deactivated"}).content.decode()
    assert "removed person" not in listed


def test_the_api_names_a_removed_person_so_too(busy, team: Team, editor: Person, administrator: Person) -> None:
    person, _client = busy
    remove(person, administrator)
    _token, secret = tokens.create_token(team=team, name="CI", scope="read", by=editor)
    key_result = KeyResult.objects.get()
    url = f"/api/v1/teams/{team.pk}/okrs/key-results/{key_result.pk}/"
    asked = Client(headers={"authorization": f"Bearer {secret}"})
    assert asked.get(url).json()["key_result"]["owner_name"] == "removed person"
    assert asked.get(f"{url}check-ins/").json()["results"][0]["person_name"] == "removed person"


def test_what_the_person_owned_needs_an_owner_and_is_told_before(busy, team: Team, administrator, boss: Client) -> None:
    person, _client = busy
    url = reverse("person-remove", args=[person.pk])
    page = boss.get(url)
    assert [each.what for each in page.context["owned"]] == ["1 open roadmap item", "1 objective", "1 key result"]
    for each in page.context["owned"]:
        for title, address in each.rows:
            assert f'href="{address}">{title}' in page.content.decode()
    assert to_reassign([team]) == []

    remove(person, administrator)
    assert [each.owner for each in to_reassign([team])] == [person]
    for name in ("roadmap", "okrs"):
        assert "needs an owner" in boss.get(reverse(name, args=[team.pk])).content.decode(), name


def test_memberships_tokens_sessions_and_invitations_end(busy, team: Team, administrator: Person) -> None:
    person, client = busy
    assert client.get(reverse("account")).status_code == 200
    remove(person, administrator)

    assert client.get(reverse("account")).status_code == 302
    assert not any(str(person.pk) == each.get_decoded().get("_auth_user_id") for each in Session.objects.all())
    assert not Membership.objects.filter(person=person).exists()
    assert not ApiToken.objects.filter(maker=person, revoked_at=None).exists()
    assert not Draft.objects.filter(created_by=person).exists()
    states = {each.state for each in Invitation.objects.exclude(accepted_by=person)}
    assert states == {InvitationState.REVOKED}
    assert not person.has_usable_password()
    assert (person.name, person.email) == ("", f"removed-{person.pk}@invalid")
    assert (person.is_active, person.organisation_role, person.last_login) == (False, "reader", None)


def test_other_peoples_sessions_go_on(busy, editor: Person, signed_in, administrator: Person) -> None:
    others = signed_in(editor)
    remove(busy[0], administrator)
    assert others.get(reverse("account")).status_code == 200


def test_a_sign_in_that_was_not_completed_is_no_place_to_stay(busy, administrator: Person) -> None:
    client = Client()
    session = client.session
    session["typed"] = {"login": ADDRESS.upper()}
    session.save()
    remove(busy[0], administrator)
    assert not Session.objects.filter(session_key=session.session_key).exists()


def test_the_old_address_is_unknown_and_can_be_invited_again(busy, team: Team, administrator: Person) -> None:
    remove(busy[0], administrator)
    unknown = Client().post(reverse("account_login"), {"login": "nobody@planted.example", "password": PASSWORD})
    again = Client().post(reverse("account_login"), {"login": ADDRESS, "password": PASSWORD})
    assert again.status_code == unknown.status_code
    assert list(again.context["form"].errors.values()) == list(unknown.context["form"].errors.values())

    new, _client = come(team, administrator)
    assert new.pk != busy[0].pk
    assert AuditEvent.objects.concerning(new.pk).filter(action="person.created").count() == 1


def test_the_audit_log_tells_that_and_no_values(busy, administrator: Person) -> None:
    person, _client = busy
    remove(person, administrator)
    event = AuditEvent.objects.get(action="person.removed")
    assert (event.actor, event.subject_person, event.data) == (administrator, person.pk, {})
    assert not any(FIRST_NAME in str(each.data) or ADDRESS in str(each.data) for each in AuditEvent.objects.all())


# -- Who can be removed, and by whom


def test_it_is_asked_for_the_name(boss: Client, editor: Person) -> None:
    url = reverse("person-remove", args=[editor.pk])
    for typed in ("", "emma editor", "Emma"):
        refused = boss.post(url, {"name": typed})
        assert refused.status_code == 422
        assert list(refused.context["form"].errors) == ["name"]
    editor.refresh_from_db()
    assert editor.is_active
    assert boss.post(url, {"name": "Emma Editor"})["Location"] == reverse("people")
    editor.refresh_from_db()
    assert editor.removed_at == TODAY
    assert boss.get(url).status_code == 404
    assert boss.post(url, {"name": "Emma Editor"}).status_code == 404


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_password_is_asked_for_again(boss: Client, editor: Person, method: str) -> None:
    with clock.at(TODAY.replace(hour=15)):
        response = getattr(boss, method)(reverse("person-remove", args=[editor.pk]), {"name": "Emma Editor"})
    assert response["Location"].startswith(reverse("account_reauthenticate"))
    editor.refresh_from_db()
    assert editor.is_active


def test_nobody_removes_themself(boss: Client, administrator: Person) -> None:
    PersonFactory(administrator=True)
    url = reverse("person-remove", args=[administrator.pk])
    assert "Ask another administrator" in boss.get(url).content.decode()
    assert boss.post(url, {"name": "Ada Administrator"}).status_code == 422
    with pytest.raises(OwnAccount):
        people.remove(person=administrator, by=administrator)
    administrator.refresh_from_db()
    assert administrator.is_active


def test_the_last_administrator_stays(administrator: Person) -> None:
    """By somebody who was demoted between the page and the click."""
    with pytest.raises(LastAdministrator):
        people.remove(person=administrator, by=PersonFactory())


def test_a_sample_person_goes_with_the_sample_only(administrator: Person, boss: Client) -> None:
    person = sample_person()
    with pytest.raises(SamplePerson):
        people.remove(person=person, by=administrator)
    assert boss.post(reverse("person-remove", args=[person.pk]), {"name": str(person)}).status_code == 422


def test_an_emptied_row_takes_nothing_any_more(editor: Person, administrator: Person, boss: Client) -> None:
    remove(editor, administrator)
    for verb in (
        lambda: people.reactivate(person=editor, by=administrator),
        lambda: people.reset_sign_in(person=editor, by=administrator),
        lambda: people.change_role(person=editor, by=administrator, seen="reader", role="manager"),
        lambda: people.remove(person=editor, by=administrator),
    ):
        with pytest.raises(Removed):
            verb()
    assert boss.post(reverse("person-reactivate", args=[editor.pk])).status_code == 302
    editor.refresh_from_db()
    assert not editor.is_active


def test_an_invitation_of_a_removed_person_is_stale(team: Team, team_admin: Person, administrator: Person) -> None:
    invitation, secret = invitations.invite(team=team, role="editor", job_role="", email="", by=team_admin)
    assert Client().get(reverse("invitation", args=[secret])).status_code == 200
    remove(team_admin, administrator)
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.REVOKED
    assert "withdrawn" in Client().get(reverse("invitation", args=[secret])).content.decode()
