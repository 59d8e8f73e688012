"""The people of a team and their roles."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from teams.models import AuditEvent, Membership, Person, Team
from teams.services import members
from tests.factories import MembershipFactory, TeamFactory
from tests.stale import asked

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def admin(signed_in, team_admin: Person) -> Client:
    return signed_in(team_admin)


@pytest.fixture
def membership(editor: Person) -> Membership:
    return editor.memberships.get()


def change(client: Client, membership: Membership, headers=None, **wanted: str):
    seen = {"seen_role": membership.role, "seen_job_role": membership.job_role}
    data = {"role": membership.role, "job_role": membership.job_role, **seen, **wanted}
    return client.post(reverse("member", args=[membership.team_id, membership.pk]), data, headers=headers)


def test_everyone_sees_the_members_and_only_those_who_may_see_forms(
    signed_in, editor, team_admin, team, outsider
) -> None:
    url = reverse("members", args=[team.pk])
    for person, sees_forms in ((editor, False), (outsider, False), (team_admin, True)):
        page = signed_in(person).get(url).content.decode()
        assert "Emma Editor" in page
        assert ("Invite somebody" in page) == sees_forms
        assert ('name="job_role"' in page) == sees_forms


def test_role_and_job_are_changed_in_place(admin: Client, membership: Membership, team_admin: Person) -> None:
    response = change(admin, membership, role="team_admin", job_role="product_owner")

    assert response["Location"] == reverse("members", args=[membership.team_id])
    membership.refresh_from_db()
    assert (membership.role, membership.job_role) == ("team_admin", "product_owner")
    role = AuditEvent.objects.get(action="member.role_changed")
    assert (role.actor, role.subject_person, role.team) == (team_admin, membership.person_id, membership.team)
    assert role.data == {"before": "editor", "after": "team_admin"}


def test_htmx_gets_the_changed_line(admin: Client, membership: Membership) -> None:
    response = change(admin, membership, HTMX, job_role="ml_engineer")

    page = response.content.decode()
    assert response.status_code == 200
    assert page.strip().startswith(f'<tr id="member-{membership.pk}"')
    assert 'name="seen_job_role" value="ml_engineer"' in page
    assert "Saved" in page
    assert "<html" not in page


def test_a_job_never_grants_anything(signed_in, editor: Person, membership: Membership) -> None:
    membership.job_role = "product_owner"
    membership.save()
    assert change(signed_in(editor), membership, role="team_admin").status_code == 403


@pytest.mark.parametrize("headers", [None, HTMX])
def test_a_role_that_there_is_not_is_refused(admin: Client, membership: Membership, headers) -> None:
    assert change(admin, membership, headers, role="owner").status_code == 422
    membership.refresh_from_db()
    assert membership.role == "editor"


@pytest.mark.parametrize("headers", [None, HTMX])
def test_a_stale_change_is_shown_with_both_values(admin: Client, membership: Membership, headers) -> None:
    Membership.objects.filter(pk=membership.pk).update(job_role="data_engineer")
    response = change(admin, membership, headers, job_role="data_scientist")

    page = response.content.decode()
    assert response.status_code == 409
    question = asked(page)["job_role"]
    assert question.sentence == "Somebody changed this meanwhile. Which shall stand?"
    assert (question.theirs, question.mine) == ("Data engineer", "Data scientist")
    assert '<option value="data_scientist" selected' in page
    membership.refresh_from_db()
    assert membership.job_role == "data_engineer"


def test_a_stale_change_names_who_made_the_other_one(
    admin: Client, membership: Membership, administrator: Person
) -> None:
    elsewhere = MembershipFactory(person=membership.person, team=TeamFactory())
    for each, by in ((membership, administrator), (elsewhere, membership.person)):
        members.change_member(membership=each, by=by, seen={"job_role": ""}, wanted={"job_role": "data_engineer"})
    page = change(admin, membership, job_role="data_scientist").content.decode()
    question = asked(page)["job_role"]
    assert question.sentence.startswith("Ada Administrator changed this meanwhile (")
    assert question.theirs == "Data engineer"


def test_role_and_job_changed_by_two_people_are_both_kept(admin: Client, membership: Membership) -> None:
    Membership.objects.filter(pk=membership.pk).update(job_role="data_engineer")
    assert change(admin, membership, role="team_admin").status_code == 302
    membership.refresh_from_db()
    assert (membership.role, membership.job_role) == ("team_admin", "data_engineer")


def test_a_member_is_removed(admin: Client, membership: Membership, team: Team) -> None:
    url = reverse("member-remove", args=[team.pk, membership.pk])
    assert admin.post(url).status_code == 302

    assert not Membership.objects.filter(pk=membership.pk).exists()
    assert AuditEvent.objects.get().action == "member.removed"
    assert admin.post(url).status_code == 404


def test_an_administrator_joins_a_team_once(signed_in, administrator: Person, team: Team) -> None:
    boss = signed_in(administrator)
    for _click in range(2):
        assert boss.post(reverse("team-join", args=[team.pk])).status_code == 302
    assert team.memberships.get(person=administrator).role == "team_admin"


def test_the_number_of_queries_does_not_grow(admin: Client, team: Team) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(reverse("members", args=[team.pk])).status_code == 200
        return len(captured)

    MembershipFactory.create_batch(3, team=team)
    at_n = queries()
    MembershipFactory.create_batch(6, team=team)
    assert queries() == at_n


def test_names_are_escaped(admin: Client, team: Team) -> None:
    MembershipFactory(team=team, person__name="<b>Bobby</b>")
    assert b"<b>Bobby" not in admin.get(reverse("members", args=[team.pk])).content
