"""API tokens: what they may do, and how they end."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from teams.models import ApiToken, AuditEvent, Membership, OrganisationRole, Person, Team, TeamRole, TokenState
from teams.services import members, people, tokens
from tests.factories import TeamFactory

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"
FORM = {"name": "CI", "scope": "read", "lasts": "90"}
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


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
    with clock.at(clock.now()):
        expires = clock.now() + timedelta(days=90)
        shown = client.post(url, FORM, follow=True).content.decode()

    (secret,) = re.findall(r'value="(mlops_[^"]+)"', shown)
    assert secret not in client.get(url).content.decode()
    assert secret not in str(ApiToken.objects.values())
    told = {"name": "CI", "scope": "read", "expires": str(expires.date())}
    assert AuditEvent.objects.get(action="token.created").data == told
    assert call(secret).json()["token"] == {
        "id": ApiToken.objects.get().pk,
        "name": "CI",
        "scope": "read",
        "team": team.pk,
        "expires_at": expires.isoformat().replace("+00:00", "Z"),
    }


@pytest.mark.parametrize("wrong", [{"name": ""}, {"scope": "admin"}, {"lasts": "7"}, {"lasts": ""}])
def test_a_wrong_field_is_told_and_makes_nothing(signed_in, team_admin: Person, team: Team, wrong) -> None:
    response = signed_in(team_admin).post(reverse("team-tokens", args=[team.pk]), {**FORM, **wrong})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == list(wrong)
    assert not ApiToken.objects.exists()


def test_an_administrator_joins_the_team_before_making_one(signed_in, administrator: Person, team: Team) -> None:
    boss = signed_in(administrator)
    url = reverse("team-tokens", args=[team.pk])
    refused = boss.post(url, FORM)
    assert refused.status_code == 422
    assert "Join the team" in refused.content.decode()

    boss.post(reverse("team-join", args=[team.pk]))
    assert boss.post(url, FORM).status_code == 302


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
    team = team_admin.memberships.get().team
    members.remove_member(membership=team_admin.memberships.get(), by=administrator)
    assert ended(secret)
    assert ApiToken.objects.listed().get().state == TokenState.MAKER_LEFT
    members.add_member(team=team, person=team_admin, role=TeamRole.TEAM_ADMIN, job_role="", by=administrator)
    assert ended(secret)  # it does not come back with the maker
    assert ApiToken.objects.listed().get().state == TokenState.REVOKED
    assert AuditEvent.objects.get(action="token.revoked").actor == administrator


def test_those_of_other_teams_and_makers_do_not_end_with_it(make, team: Team, team_admin, administrator) -> None:
    elsewhere = TeamFactory()
    for person, where in ((administrator, team), (team_admin, elsewhere)):
        members.add_member(team=where, person=person, role=TeamRole.EDITOR, job_role="", by=administrator)
    _token, anothers = make(by=administrator)
    _token, other_teams = tokens.create_token(team=elsewhere, name="CI", scope="read", by=team_admin)
    members.remove_member(membership=team_admin.memberships.get(team=team), by=administrator)
    assert not ended(anothers)
    assert not ended(other_teams)


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
    assert ApiToken.objects.listed().get().state == TokenState.MAKER_DEACTIVATED
    people.reactivate(person=team_admin, by=administrator)
    assert ended(secret)  # it does not come back with the maker
    assert ApiToken.objects.listed().get().state == TokenState.REVOKED


def test_what_no_service_ended_does_not_work_either(make, team_admin: Person) -> None:
    _token, secret = make()
    Person.objects.filter(pk=team_admin.pk).update(is_active=False)
    assert ended(secret)


def test_whoever_was_deactivated_meanwhile_makes_none(team: Team, team_admin: Person) -> None:
    Person.objects.filter(pk=team_admin.pk).update(is_active=False)
    with pytest.raises(tokens.NotAMember):
        tokens.create_token(team=team, name="CI", scope="read", by=team_admin)


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


# -- Expiry


def post_form(client: Client, team: Team, **fields: str):
    return client.post(reverse("team-tokens", args=[team.pk]), {**FORM, **fields})


@pytest.mark.parametrize(
    ("fields", "expires"),
    [
        ({"lasts": "30"}, NOON + timedelta(days=30)),
        ({"lasts": "365"}, NOON + timedelta(days=365)),
        ({"lasts": "90", "expires_on": "2026-03-05"}, NOON + timedelta(days=90)),  # the day is not asked for
        # The whole of the last day, in the team's zone (nine hours before UTC).
        ({"lasts": "date", "expires_on": "2026-03-02"}, datetime(2026, 3, 2, 14, 59, 59, tzinfo=UTC)),
        ({"lasts": "date", "expires_on": "2027-03-02"}, datetime(2027, 3, 2, 14, 59, 59, tzinfo=UTC)),
    ],
)
def test_its_maker_says_how_long_it_lasts(signed_in, team_admin: Person, team: Team, fields, expires) -> None:
    Team.objects.update(time_zone="Asia/Tokyo")
    with clock.at(NOON):
        assert post_form(signed_in(team_admin), team, **fields).status_code == 302
    assert ApiToken.objects.get().expires_at == expires


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"expires_on": ""}, "Choose the last day."),
        ({"expires_on": "soon"}, "Write the day as"),
        ({"expires_on": "2026-03-01"}, "This day has passed."),
        ({"expires_on": "2027-03-03"}, "A token lasts a year at most."),
    ],
)
def test_a_year_at_most_and_not_in_the_past(signed_in, team_admin: Person, team: Team, fields, message) -> None:
    with clock.at(NOON):
        response = post_form(signed_in(team_admin), team, lasts="date", **fields)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["expires_on"]
    assert message in response.content.decode()
    assert not ApiToken.objects.exists()


def test_it_ends_when_it_expires(make) -> None:
    with clock.at(NOON):
        token, secret = make()
    with clock.at(token.expires_at - timedelta(seconds=1)):
        assert not ended(secret)
    with clock.at(token.expires_at):
        assert ended(secret)


def test_the_list_tells_how_each_token_stands_and_why(make, signed_in, team: Team, team_admin: Person) -> None:
    from tests.factories import MembershipFactory

    left, off, away = (MembershipFactory(team=team, role=TeamRole.TEAM_ADMIN).person for _each in range(3))
    with clock.at(NOON):
        tokens.revoke_token(token=make()[0], by=team_admin)
        for by in (left, off, away, team_admin):
            make(by=by)
    Membership.objects.filter(person=left).delete()
    Person.objects.filter(pk=off.pk).update(is_active=False)
    Person.objects.filter(pk=away.pk).update(is_active=False, removed_at=NOON)
    client = signed_in(team_admin)

    def shown(days: int) -> str:
        with clock.at(NOON + timedelta(days=days)):
            return client.get(reverse("team-tokens", args=[team.pk])).content.decode()

    for words in (
        "Revoked 2 Mar 2026",
        "its maker left the team",
        "its maker was deactivated",
        "its maker was removed",
    ):
        assert shown(1).count(words) == 1
    assert "Expires soon" not in shown(75)
    assert "Expires soon" in shown(76)
    assert "Expired" in shown(90)


def test_the_page_shows_how_to_call_this_portal(signed_in, team_admin: Person, team: Team, settings) -> None:
    settings.PORTAL_URL = "https://portal.example.com"
    page = signed_in(team_admin).get(reverse("team-tokens", args=[team.pk])).content.decode()
    assert f"https://portal.example.com/api/v1/teams/{team.pk}/maturity/" in page


# -- Whose maker was demoted


def test_of_a_maker_who_was_demoted_it_does_less_at_once(make, team: Team, administrator: Person) -> None:
    """An administrator's token edits an okr of the team as a member; out of the team it does nothing, whatever the role was."""
    membership = members.add_member(
        team=team, person=administrator, role=TeamRole.TEAM_ADMIN, job_role="", by=administrator
    )
    _token, secret = make(by=administrator)
    url = f"/api/v1/teams/{team.pk}/okrs/cycles/"
    cycle = {"first_day": "2026-04-01", "last_day": "2026-06-30"}

    def opens_a_cycle(**days: str) -> int:
        headers = {"Authorization": f"Bearer {secret}"}
        return (
            Client().post(url, {**cycle, **days}, headers=headers, content_type="application/json").status_code
        )  # fmt: skip

    assert opens_a_cycle() == 201
    Person.objects.filter(pk=administrator.pk).update(organisation_role=OrganisationRole.READER)
    Membership.objects.filter(pk=membership.pk).update(role=TeamRole.EDITOR)
    assert opens_a_cycle(last_day="2026-06-29") == 201  # an editor may
    membership.delete()
    assert opens_a_cycle(last_day="2026-06-28") == 401


# -- All teams' tokens, for administrators


def test_an_administrator_sees_and_ends_every_teams_tokens(make, signed_in, administrator: Person, outsider) -> None:
    token, secret = make()
    theirs = outsider.memberships.get().team
    tokens.create_token(team=theirs, name="Theirs", scope="read", by=outsider)
    boss = signed_in(administrator)
    page = boss.get(reverse("organisation-tokens")).content.decode()
    assert token.name in page
    assert "Theirs" in page

    response = boss.post(reverse("organisation-token-revoke", args=[token.pk]))
    assert response["Location"] == reverse("organisation-tokens")
    assert ended(secret)
    assert AuditEvent.objects.get(action="token.revoked").actor == administrator


def test_the_number_of_queries_does_not_grow(make, signed_in, administrator: Person) -> None:
    boss = signed_in(administrator)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert boss.get(reverse("organisation-tokens")).status_code == 200
        return len(captured)

    make()
    queries()  # the first request of a session notes it
    at_n = queries()
    make()
    make()
    assert queries() == at_n
