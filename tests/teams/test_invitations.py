"""Invitations: a link that works once, for seven days, and needs no mail server."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from core import clock
from teams.models import AuditEvent, Invitation, Membership, Organisation, Person, Team
from teams.services import invitations, members, people, teams
from tests.factories import MembershipFactory, PersonFactory
from tests.teams.at_once import both, on_postgresql

NEWCOMER = {
    "name": "Nia Newcomer",
    "email": "nia@example.com",
    "password": "seven-blue-trains",
    "language": "ja",
    "time_zone": "Asia/Tokyo",
}


@pytest.fixture
def make(team: Team, team_admin: Person):
    """Make an invitation; gives it and the path of its link."""

    def invite(**values: str) -> tuple[Invitation, str]:
        values = {"role": "editor", "job_role": "", "email": "", **values}
        made, secret = invitations.invite(team=team, by=team_admin, **values)
        return made, reverse("invitation", args=[secret])

    return invite


pytestmark = pytest.mark.django_db


def test_the_form_starts_in_the_organisations_zone_and_keeps_a_fixed_address(make) -> None:
    Organisation.objects.update(time_zone="Asia/Tokyo")
    _made, link = make(email="nia@example.com")
    assert '<option value="Asia/Tokyo" selected' in Client().get(link).content.decode()
    page = Client().post(link, {"speak": "ja", "name": "Nia", "email": "other@example.com"}).content.decode()
    assert 'value="Nia"' in page
    assert 'value="nia@example.com"' in page
    assert "other@example.com" not in page
    assert not Person.objects.filter(name="Nia").exists()


# -- Making


def test_the_link_is_shown_once_and_only_its_digest_is_kept(signed_in, team_admin: Person, team: Team) -> None:
    client = signed_in(team_admin)
    url = reverse("members", args=[team.pk])
    shown = client.post(url, {"role": "team_admin", "job_role": "product_owner"}, follow=True).content.decode()

    (secret,) = re.findall(r'value="http://testserver/invitation/([^"/]+)/"', shown)
    assert secret not in client.get(url).content.decode()
    made = Invitation.objects.get()
    assert (made.role, made.job_role, made.email, made.created_by) == ("team_admin", "product_owner", "", team_admin)
    assert secret not in str(Invitation.objects.values())
    assert secret not in str(AuditEvent.objects.values())
    assert Client().get(reverse("invitation", args=[secret])).status_code == 200


def test_the_secret_does_not_rest_readable_in_the_session(signed_in, team_admin: Person, team: Team) -> None:
    client = signed_in(team_admin)
    client.post(reverse("members", args=[team.pk]), {"role": "editor"})
    assert "invitation/" not in str(dict(client.session))


def test_a_link_names_the_configured_address(signed_in, team_admin: Person, team: Team, settings) -> None:
    settings.PORTAL_URL = "https://portal.example"
    shown = signed_in(team_admin).post(reverse("members", args=[team.pk]), {"role": "editor"}, follow=True)
    assert "https://portal.example/invitation/" in shown.content.decode()


@pytest.mark.parametrize("wrong", [{"role": "administrator"}, {"job_role": "boss"}, {"email": "nia"}])
def test_a_wrong_field_is_told_and_makes_nothing(signed_in, team_admin: Person, team: Team, wrong) -> None:
    data = {"role": "editor", "job_role": "", **wrong}
    response = signed_in(team_admin).post(reverse("members", args=[team.pk]), data)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == list(wrong)
    assert not Invitation.objects.exists()


# -- Joining with a new account


def test_somebody_new_makes_an_account_and_joins(client: Client, make, team: Team) -> None:
    made, link = make(role="team_admin", job_role="ml_engineer")
    response = client.post(link, NEWCOMER)

    assert response["Location"] == reverse("team", args=[team.pk])
    person = Person.objects.get(email="nia@example.com")
    assert (person.organisation_role, person.language, person.time_zone) == ("reader", "ja", "Asia/Tokyo")
    membership = person.memberships.get()
    assert (membership.team, membership.role, membership.job_role) == (team, "team_admin", "ml_engineer")
    made.refresh_from_db()
    assert made.accepted_by == person
    assert client.get("/account/").context["user"] == person
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
        "invitation.created", "person.created", "member.joined",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "field"), [({"name": ""}, "name"), ({"email": "nia"}, "email"), ({"password": "short"}, "password")]
)
def test_a_wrong_field_is_told_and_the_link_still_works(client: Client, make, wrong, field) -> None:
    _made, link = make()
    response = client.post(link, {**NEWCOMER, **wrong})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not Person.objects.filter(name="Nia Newcomer").exists()
    assert client.post(link, NEWCOMER).status_code == 302


def test_it_works_once(make) -> None:
    _made, link = make()
    assert Client().post(link, NEWCOMER).status_code == 302

    for response in (Client().get(link), Client().post(link, {**NEWCOMER, "email": "other@example.com"})):
        assert response.status_code == 410
        assert "was used already" in response.content.decode()
    assert not Person.objects.filter(email="other@example.com").exists()


def test_an_address_that_has_an_account_must_sign_in(client: Client, make, outsider: Person, team: Team) -> None:
    _made, link = make()
    response = client.post(link, {**NEWCOMER, "email": outsider.email.upper()})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["email"]
    assert f"/accounts/login/?next={link}" in response.content.decode()
    assert not team.memberships.filter(person=outsider).exists()


# -- Joining with an account there is


def test_somebody_signed_in_joins_as_themselves(signed_in, make, outsider: Person, team: Team) -> None:
    _made, link = make()
    client = signed_in(outsider)
    assert "Join as Olga Outsider" in client.get(link).content.decode()
    assert not team.memberships.filter(person=outsider).exists()

    assert client.post(link)["Location"] == reverse("team", args=[team.pk])
    assert team.memberships.get(person=outsider).role == "editor"


def test_a_member_leaves_the_invitation_open(signed_in, make, editor: Person) -> None:
    made, link = make()
    client = signed_in(editor)
    assert "You belong to this team already" in client.get(link).content.decode()
    assert client.post(link).status_code == 409
    made.refresh_from_db()
    assert made.accepted_at is None


# -- Invitations for one address


def test_an_invitation_with_an_address_fixes_it(client: Client, make) -> None:
    _made, link = make(email="Nia@example.com")
    assert client.post(link, {**NEWCOMER, "email": "other@example.com"}).status_code == 302
    assert Person.objects.get(name="Nia Newcomer").email == "nia@example.com"


def test_of_an_account_there_is_it_asks_for_sign_in(client: Client, make, outsider: Person) -> None:
    _made, link = make(email=outsider.email)
    for response in (client.get(link), client.post(link, {**NEWCOMER, "email": outsider.email})):
        assert "sign in with it to join" in response.content.decode()
    assert not Person.objects.filter(name="Nia Newcomer").exists()


def test_nobody_else_can_join_by_it(signed_in, make, outsider: Person, team: Team) -> None:
    _made, link = make(email="nia@example.com")
    client = signed_in(outsider)
    assert "This invitation is for nia@example.com" in client.get(link).content.decode()
    assert client.post(link).status_code == 409
    assert not team.memberships.filter(person=outsider).exists()


# -- When it does not work


def refused(link: str, sentence: str) -> None:
    client = Client()
    for response in (client.get(link), client.post(link, NEWCOMER)):
        assert response.status_code == 410
        assert sentence in response.content.decode()
    assert not Person.objects.filter(name="Nia Newcomer").exists()


def test_it_expires_after_seven_days(make) -> None:
    made, link = make()
    with clock.at(made.expires_at - timedelta(seconds=1)):
        assert Client().get(link).status_code == 200
    assert made.expires_at - made.created_at == timedelta(days=7)
    Invitation.objects.update(expires_at=clock.now())
    refused(link, "has expired")


def test_it_can_be_withdrawn(make, signed_in, team_admin: Person, team: Team) -> None:
    made, link = make()
    signed_in(team_admin).post(reverse("invitation-revoke", args=[team.pk, made.pk]))
    refused(link, "was withdrawn")


def test_a_new_link_ends_the_old_one(make, signed_in, team_admin: Person, team: Team) -> None:
    made, link = make()
    Invitation.objects.update(expires_at=clock.now() - timedelta(days=1))
    shown = signed_in(team_admin).post(reverse("invitation-renew", args=[team.pk, made.pk]), follow=True)

    (new,) = re.findall(r'value="http://testserver(/invitation/[^"]+)"', shown.content.decode())
    assert Client().get(link).status_code == 404
    assert Client().post(new, NEWCOMER).status_code == 302
    assert Invitation.objects.count() == 1


def test_a_used_one_is_neither_renewed_nor_withdrawn(make, signed_in, team_admin: Person, team: Team) -> None:
    made, link = make()
    Client().post(link, NEWCOMER)
    for name in ("invitation-renew", "invitation-revoke"):
        response = signed_in(team_admin).post(reverse(name, args=[team.pk, made.pk]), follow=True)
        assert "has joined by this invitation already" in response.content.decode()
    made.refresh_from_db()
    assert made.revoked_at is None


def test_an_unknown_secret_says_what_to_check(client: Client, organisation) -> None:
    response = client.get("/invitation/no-such-secret/")
    assert response.status_code == 404
    assert "whole link was copied" in response.content.decode()


def test_it_gives_no_more_than_its_maker_could_give_now(make, team_admin: Person, administrator: Person) -> None:
    _made, link = make()
    members.remove_member(membership=team_admin.memberships.get(), by=administrator)
    refused(link, "can no longer invite")


def test_it_ends_with_the_deactivation_of_its_maker(make, team_admin: Person, administrator: Person) -> None:
    _made, link = make()
    people.deactivate(person=team_admin, by=administrator)
    refused(link, "can no longer invite")


def test_nobody_joins_an_archived_team(make, team: Team, administrator: Person) -> None:
    _made, link = make()
    teams.archive_team(team=team, by=administrator)
    refused(link, "can no longer invite")


@pytest.mark.parametrize("end", ["used", "revoked_at", "expires_at"])
def test_the_service_looks_again(make, team_admin: Person, end: str) -> None:
    """The page looked a moment ago; what counts is what the locked row says."""
    made, _link = make()
    if end == "used":
        invitations.join(invitation=made, person=PersonFactory())
    else:
        Invitation.objects.update(**{end: clock.now()})
    with pytest.raises(invitations.NotOpen):
        invitations.join(invitation=made, person=PersonFactory())
    with pytest.raises(invitations.NotOpen):
        invitations.join_as_new_person(invitation=made, **NEWCOMER)
    assert not Person.objects.filter(name="Nia Newcomer").exists()


# -- Two at once


def test_the_database_holds_one_membership_for_each_invitation_and_person(make, team: Team) -> None:
    """The constraints behind the lock."""
    made, _link = make()
    first = MembershipFactory(team=team, invitation=made)
    for broken in ({"invitation": made}, {"person": first.person}):
        with pytest.raises(IntegrityError), transaction.atomic():
            MembershipFactory(team=team, **broken)


@on_postgresql
@pytest.mark.usefixtures("_unguarded")
@pytest.mark.django_db(transaction=True)
def test_two_new_people_at_once_make_one_membership(make, team: Team) -> None:
    _made, link = make()
    before = team.memberships.count()
    answers: list[HttpResponse] = []

    def join(email: str) -> None:
        answers.append(Client().post(link, {**NEWCOMER, "email": email}))

    both(lambda: join("one@example.com"), lambda: join("two@example.com"))

    first, second = sorted(answers, key=lambda response: response.status_code)
    assert first.status_code == 302
    assert second.status_code in (410, 422)
    assert "was used already" in second.content.decode()
    assert team.memberships.count() == before + 1
    assert Person.objects.filter(name="Nia Newcomer").count() == 1


@on_postgresql
@pytest.mark.usefixtures("_unguarded")
@pytest.mark.django_db(transaction=True)
def test_two_clicks_of_one_person_make_one_membership(make, team: Team, signed_in) -> None:
    _made, link = make()
    person = PersonFactory()
    clients = [signed_in(person), signed_in(person)]
    answers: list[int] = []
    both(*[lambda c=c: answers.append(c.post(link).status_code) for c in clients])

    assert sorted(answers) in ([302, 409], [302, 410])
    assert Membership.objects.filter(team=team, person=person).count() == 1
