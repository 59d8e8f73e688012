"""API tokens: what they may do, and how they end."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from teams.models import ApiToken, AuditEvent, Membership, OrganisationRole, Person, Team, TeamRole
from teams.services import members, people, tokens

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"


@pytest.fixture
def make(team: Team, team_admin: Person):
    def token(scope: str = "write", by: Person = team_admin) -> tuple[ApiToken, str]:
        return tokens.create_token(team=team, name="CI", scope=scope, by=by)

    return token


def call(secret: str, path: str = ME):
    return Client().get(path, headers={"Authorization": f"Bearer {secret}"})


def test_a_token_is_shown_once_and_only_its_digest_is_kept(signed_in, team_admin: Person, team: Team) -> None:
    client = signed_in(team_admin)
    url = reverse("team-tokens", args=[team.pk])
    shown = client.post(url, {"name": "CI", "scope": "read"}, follow=True).content.decode()

    (secret,) = re.findall(r'value="(mlops_[^"]+)"', shown)
    assert secret not in client.get(url).content.decode()
    assert secret not in str(ApiToken.objects.values())
    assert AuditEvent.objects.get(action="token.created").data == {"name": "CI", "scope": "read"}
    assert call(secret).json()["token"] == {
        "id": ApiToken.objects.get().pk,
        "name": "CI",
        "scope": "read",
        "team": team.pk,
    }


@pytest.mark.parametrize("wrong", [{"name": ""}, {"scope": "admin"}])
def test_a_wrong_field_is_told_and_makes_nothing(signed_in, team_admin: Person, team: Team, wrong) -> None:
    response = signed_in(team_admin).post(
        reverse("team-tokens", args=[team.pk]), {"name": "CI", "scope": "read", **wrong}
    )
    assert response.status_code == 422
    assert list(response.context["form"].errors) == list(wrong)
    assert not ApiToken.objects.exists()


def test_an_administrator_joins_the_team_before_making_one(signed_in, administrator: Person, team: Team) -> None:
    boss = signed_in(administrator)
    url = reverse("team-tokens", args=[team.pk])
    refused = boss.post(url, {"name": "CI", "scope": "read"})
    assert refused.status_code == 422
    assert "Join the team" in refused.content.decode()

    boss.post(reverse("team-join", args=[team.pk]))
    assert boss.post(url, {"name": "CI", "scope": "read"}).status_code == 302


def test_it_acts_as_its_maker_in_its_own_team(make, team: Team, team_admin: Person, outsider: Person) -> None:
    _token, secret = make()
    assert call(secret).json()["name"] == team_admin.name
    assert [each["id"] for each in call(secret, "/api/v1/teams/").json()["results"]] == [team.pk]
    assert call(secret, f"/api/v1/teams/{team.pk}/").status_code == 200
    theirs = outsider.memberships.get().team_id
    assert call(secret, f"/api/v1/teams/{theirs}/").status_code == 404
    assert call(secret, f"/api/v1/teams/{theirs}/members/").status_code == 404


def ended(secret: str) -> bool:
    response = call(secret)
    assert response.status_code in (200, 401)
    return response.status_code == 401


def test_it_ends_when_it_is_revoked(make, signed_in, team_admin: Person, team: Team) -> None:
    token, secret = make()
    signed_in(team_admin).post(reverse("team-token-revoke", args=[team.pk, token.pk]))
    assert ended(secret)
    token.refresh_from_db()
    assert token.revoked_at
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1


def test_it_ends_with_its_makers_membership(make, team_admin: Person, administrator: Person) -> None:
    _token, secret = make()
    members.remove_member(membership=team_admin.memberships.get(), by=administrator)
    assert ended(secret)


def test_also_of_an_administrator(make, team: Team, administrator: Person) -> None:
    membership = members.add_member(
        team=team, person=administrator, role=TeamRole.TEAM_ADMIN, job_role="", by=administrator
    )
    _token, secret = make(by=administrator)
    members.remove_member(membership=membership, by=administrator)
    assert ended(secret)


def test_it_ends_with_its_makers_deactivation(make, team_admin: Person, administrator: Person) -> None:
    _token, secret = make()
    people.deactivate(person=team_admin, by=administrator)
    assert ended(secret)


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer a b", "Bearer ünknown", "Bearer mlops_unknown", "Basic YTpi"]
)
def test_what_is_no_token_is_401(header: str, organisation) -> None:
    response = Client().get(ME, headers={"Authorization": header})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"


def token_person(secret: str) -> Person:
    token = ApiToken.objects.usable().by_secret(secret).select_related("maker").get()
    token.maker.token = token
    return token.maker


@pytest.mark.parametrize(
    ("scope", "role", "may_edit"),
    [("write", "team_admin", True), ("write", "editor", True), ("read", "team_admin", False)],
)
def test_it_never_exceeds_its_scope_and_never_administers(make, team: Team, team_admin, scope, role, may_edit) -> None:
    _token, secret = make(scope)
    Membership.objects.filter(person=team_admin).update(role=role)
    person = token_person(secret)
    assert person.has_perm("team.edit", team) is may_edit
    for permission in ("team.administer", "team.oversee"):
        assert not person.has_perm(permission, team)
    assert not person.has_perm("organisation.administer")


def test_nor_its_makers_present_rights(make, team: Team, administrator: Person) -> None:
    """An administrator's token edits the team by the role in the organisation; demoted, only by the one in the team."""
    membership = members.add_member(
        team=team, person=administrator, role=TeamRole.EDITOR, job_role="", by=administrator
    )
    _token, secret = make(by=administrator)
    assert token_person(secret).has_perm("team.edit", team)

    Person.objects.filter(pk=administrator.pk).update(organisation_role=OrganisationRole.READER)
    assert token_person(secret).has_perm("team.edit", team)
    membership.delete()
    assert not ApiToken.objects.usable().by_secret(secret).exists()


def test_it_does_not_edit_another_team(make, outsider: Person) -> None:
    _token, secret = make()
    assert not token_person(secret).has_perm("team.edit", outsider.memberships.get().team)


def test_a_page_takes_no_token(make, team: Team) -> None:
    _token, secret = make()
    assert call(secret, reverse("members", args=[team.pk])).status_code == 302


def test_its_use_is_noted_at_most_once_a_minute(make) -> None:
    token, secret = make()
    first = clock.now()

    def used_at(instant):
        with clock.at(instant), CaptureQueriesContext(connection) as captured:
            call(secret)
        token.refresh_from_db()
        writes = [query for query in captured if query["sql"].startswith("UPDATE")]
        return token.last_used_at, len(writes)

    assert used_at(first) == (first, 1)
    assert used_at(first + timedelta(seconds=59)) == (first, 0)
    assert used_at(first + timedelta(seconds=61)) == (first + timedelta(seconds=61), 1)


def test_what_a_token_does_is_recorded_under_it_and_its_maker(make, team: Team, team_admin: Person) -> None:
    from teams import audit

    token, secret = make()
    audit.record("team.created", actor=token_person(secret), team=team)
    event = AuditEvent.objects.first()
    assert (event.actor, event.token) == (team_admin, token)
