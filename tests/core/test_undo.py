"""Undo after an archive, a drop, a removal: offered on the page that follows, restores exactly, once, in time, to whoever may."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core import serializers
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import translation

from core import clock, undo
from core.models import UndoOffer
from delivery.models import Incident
from notices.models import Channel
from okrs.models import KeyResult, Objective
from roadmaps.models import Item
from teams.models import ApiToken, AuditEvent, Invitation, Membership, Person, Team, TeamGroup, TokenScope
from teams.services import teams as team_services
from teams.services.invitations import invite
from teams.services.members import add_member, remove_member
from tests.access_world import make_token
from tests.delivery.factories import IncidentFactory
from tests.factories import MembershipFactory, TeamFactory
from tests.okrs import factories as okrs
from tests.roadmaps.factories import item_of, started
from tests.test_access import route_names
from tests.undo_table import NONE, OFFERS, TAKES_AWAY

pytestmark = pytest.mark.django_db


@dataclass
class Taken:
    """Something that can be taken away: by which address, with what, and the rows that must be there again afterwards."""

    url: str
    rows: Callable[[], list[models.Model]]
    said: str
    body: dict[str, Any]
    audit: str = ""


def _team(team: Team, by: Person) -> Taken:
    url = reverse("team-archive", args=[team.pk])
    return Taken(url, lambda: [Team.objects.get(pk=team.pk)], "“Forecasting” is archived", {}, "team.restored")


def _group(team: Team, by: Person) -> Taken:
    group = TeamGroup.objects.create(name="Commerce")
    Team.objects.filter(pk__in=[team.pk, TeamFactory().pk]).update(group=group)
    url = reverse("team-group-delete", args=[group.pk])
    rows = lambda: [*TeamGroup.objects.order_by("pk"), *Team.objects.order_by("pk")]  # noqa: E731
    return Taken(url, rows, "The group “Commerce” is deleted", {}, "group.restored")


def _member(team: Team, by: Person) -> Taken:
    membership = MembershipFactory(team=team, person__name="Ema Leaves", job_role="data_engineer")
    make_token(team, membership.person, TokenScope.READ, "secret-of-who-leaves")
    make_token(team, membership.person, TokenScope.READ, "revoked-before")
    ApiToken.objects.filter(name="revoked-before").update(revoked_at=clock.now() - timedelta(days=1))
    url = reverse("member-remove", args=[team.pk, membership.pk])
    rows = lambda: [*Membership.objects.order_by("pk"), *ApiToken.objects.order_by("pk")]  # noqa: E731
    return Taken(url, rows, "Ema Leaves no longer belongs to the team", {}, "member.restored")


def _invitation(team: Team, by: Person) -> Taken:
    made, _secret = invite(team=team, role="editor", job_role="", email="new@example.com", by=by)
    url = reverse("invitation-revoke", args=[team.pk, made.pk])
    return Taken(url, lambda: list(Invitation.objects.all()), "The invitation is withdrawn", {}, "invitation.restored")


def _objective(team: Team, by: Person) -> Taken:
    made = okrs.objective_in(okrs.quarter(by), by, team)
    okrs.key_result_of(made, by, owner=None)
    url = reverse("okr-objective-archive", args=[made.pk])
    return Taken(url, lambda: [*Objective.objects.all(), *KeyResult.objects.all()], "Halve the lead time” is arch", {})


def _key_result(team: Team, by: Person) -> Taken:
    made = okrs.key_result_of(okrs.objective_in(okrs.quarter(by), by, team), by, owner=None)
    url = reverse("key-result-archive", args=[made.pk])
    return Taken(url, lambda: [KeyResult.objects.get(pk=made.pk)], "“Test coverage” is archived", {})


def _item(team: Team, by: Person) -> Taken:
    item = item_of(started(team, by, clock.today(team.zone)), "foundation.git_repository")
    url, body = reverse("roadmap-drop", args=[team.pk, item.pk]), {"seen_version": 0, "note": "No", "reason": "No"}
    return Taken(url, lambda: [Item.objects.get(pk=item.pk)], "is dropped", body)


def _channel(team: Team, by: Person) -> Taken:
    made = Channel.objects.create(
        team=team, kind="webhook", name="#ml", host="x", address="https://x/y", state="paused"
    )
    url = reverse("channel-remove", args=[team.pk, made.pk])
    return Taken(url, lambda: list(Channel.objects.all()), "The channel “#ml” is removed", {}, "channel.brought_back")


def _by_hand(team: Team, by: Person) -> Taken:
    made = IncidentFactory(team=team, service=None, key="hand:1", title="Slow answers")
    url = reverse("incident-withdraw", args=[team.pk, made.pk])
    rows = lambda: [Incident.objects.get(pk=made.pk)]  # noqa: E731
    return Taken(url, rows, "“Slow answers” is withdrawn", {}, "delivery.incident_brought_back")


KINDS: dict[str, Callable[[Team, Person], Taken]] = {
    "team.archive": _team,
    "group.delete": _group,
    "member.remove": _member,
    "invitation.revoke": _invitation,
    "objective.archive": _objective,
    "key_result.archive": _key_result,
    "item.drop": _item,
    "channel.remove": _channel,
    "delivery.withdraw": _by_hand,
}


def state(taken: Taken) -> list[dict[str, Any]]:
    """The rows as they are, but for an item's version, which counts every change."""
    found = serializers.serialize("python", taken.rows())
    for row in found:
        row["fields"].pop("version", None)
    return found


def button(client: Client, page: str) -> str:
    """Where the page's undo button leads; "" if it has none."""
    found = re.search(r'action="(/undo/\d+/)"', client.get(page).text)
    return found[1] if found else ""


# -- The convention -----------------------------------------------------------------------------------------------


def test_whatever_takes_something_away_offers_undo_or_says_why_not() -> None:
    found = {name for name in route_names() if TAKES_AWAY.search(name) and not name.startswith("api-")}
    assert found >= {"team-archive", "member-remove", "backup-delete"}  # the words find something
    assert sorted(found - OFFERS.keys() - NONE.keys()) == [], "add a line to tests/undo_table.py"
    assert sorted((OFFERS.keys() | NONE.keys()) - set(route_names())) == [], "the table has routes that are gone"
    assert not OFFERS.keys() & NONE.keys()
    assert set().union(*OFFERS.values()) == undo.kinds() == KINDS.keys(), "each kind is offered, and tried below"


# -- Each kind ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_undo_restores_exactly_what_was_there(
    kind: str, team: Team, administrator: Person, signed_in: Callable[[Person], Client]
) -> None:
    taken, client = KINDS[kind](team, administrator), signed_in(administrator)
    before = state(taken)
    page = client.post(taken.url, taken.body)["Location"]
    assert state(taken) != before
    assert UndoOffer.objects.get().kind == kind

    shown = client.get(page).text
    until = UndoOffer.objects.get().until
    assert taken.said in shown
    assert f"until {until:%H:%M}" in shown
    assert button(client, page), "the button stays when the page is loaded again"
    assert not button(client, "/"), "and is on no other page"

    answer = client.post(button(client, page), follow=True)
    assert "Undone." in answer.text
    assert "/undo/" not in answer.text
    assert state(taken) == before
    if taken.audit:
        assert AuditEvent.objects.filter(action=taken.audit, actor=administrator).count() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_twice_is_once_and_not_after_it_happened_anew(
    kind: str, team: Team, administrator: Person, signed_in: Callable[[Person], Client]
) -> None:
    taken, client = KINDS[kind](team, administrator), signed_in(administrator)
    address = button(client, client.post(taken.url, taken.body)["Location"])
    client.post(address)
    body = {**taken.body, "seen_version": 2} if "seen_version" in taken.body else taken.body
    client.post(taken.url, body)
    away = state(taken)
    assert client.post(address).status_code == 302
    assert state(taken) == away, "an old button took back what was done anew"


@pytest.mark.parametrize("kind", ["team.archive", "item.drop"])
def test_too_late_is_said_and_changes_nothing(
    kind: str, team: Team, administrator: Person, signed_in: Callable[[Person], Client]
) -> None:
    taken, client = KINDS[kind](team, administrator), signed_in(administrator)
    page = client.post(taken.url, taken.body)["Location"]
    address, away = button(client, page), state(taken)
    with clock.at(clock.now() + undo.LASTS):
        assert not button(client, page)
        assert "The time to undo this is over." in client.post(address, follow=True).text
    assert state(taken) == away


@pytest.mark.parametrize("kind", KINDS)
def test_only_whoever_did_it_and_still_may(
    kind: str, team: Team, administrator: Person, manager: Person, signed_in: Callable[[Person], Client]
) -> None:
    taken, client = KINDS[kind](team, administrator), signed_in(administrator)
    page = client.post(taken.url, taken.body)["Location"]
    address, away = button(client, page), state(taken)
    assert signed_in(manager).post(address).status_code == 404
    Person.objects.filter(pk=administrator.pk).update(organisation_role="reader")
    assert not button(client, page)
    # Where the page is no longer there for this person either, the sentence waits for the next one.
    client.post(address)
    assert "You may no longer undo this." in client.get("/").text
    assert state(taken) == away


# -- What was changed meanwhile -------------------------------------------------------------------------------------


def test_a_team_whose_name_was_taken_is_not_restored(
    team: Team, administrator: Person, signed_in: Callable[[Person], Client]
) -> None:
    client = signed_in(administrator)
    address = button(client, client.post(reverse("team-archive", args=[team.pk]))["Location"])
    TeamFactory(name="forecasting")
    assert "There is already a team of this name." in client.post(address, follow=True).text
    assert Team.objects.get(pk=team.pk).archived_at is not None


def test_a_team_archived_anew_is_not_restored_by_the_old_button(
    team: Team, administrator: Person, signed_in: Callable[[Person], Client]
) -> None:
    client = signed_in(administrator)
    address = button(client, client.post(reverse("team-archive", args=[team.pk]))["Location"])
    team_services.restore_team(team=team, by=administrator)
    with clock.at(clock.now() + timedelta(minutes=1)):
        team_services.archive_team(team=team, by=administrator)
        assert "This was changed meanwhile" in client.post(address, follow=True).text
    assert Team.objects.get(pk=team.pk).archived_at is not None


def test_a_member_who_joined_anew_keeps_the_new_role(
    team: Team, administrator: Person, signed_in: Callable[[Person], Client]
) -> None:
    client, membership = signed_in(administrator), MembershipFactory(team=team)
    address = button(client, client.post(reverse("member-remove", args=[team.pk, membership.pk]))["Location"])
    add_member(team=team, person=membership.person, role="team_admin", job_role="", by=administrator)
    assert "has joined the team again meanwhile" in client.post(address, follow=True).text
    assert Membership.objects.get(team=team, person=membership.person).role == "team_admin"


def test_a_group_takes_back_only_teams_that_are_in_none(
    team: Team, administrator: Person, signed_in: Callable[[Person], Client]
) -> None:
    group, other = (TeamGroup.objects.create(name=name) for name in ("Commerce", "Platform"))
    moved = TeamFactory(group=group)
    Team.objects.filter(pk=team.pk).update(group=group)
    client = signed_in(administrator)
    address = button(client, client.post(reverse("team-group-delete", args=[group.pk]))["Location"])
    Team.objects.filter(pk=moved.pk).update(group=other)
    client.post(address)
    assert Team.objects.get(pk=team.pk).group == group
    assert Team.objects.get(pk=moved.pk).group == other


def test_who_removed_themselves_is_told_without_a_button(
    team: Team, team_admin: Person, signed_in: Callable[[Person], Client]
) -> None:
    client, own = signed_in(team_admin), team_admin.memberships.get()
    page = client.post(reverse("member-remove", args=[team.pk, own.pk]))["Location"]
    shown = client.get(page).text
    assert "Taro Admin no longer belongs to the team." in shown
    assert "/undo/" not in shown


def test_nothing_done_offers_nothing(team: Team, administrator: Person, signed_in: Callable[[Person], Client]) -> None:
    client = signed_in(administrator)
    team_services.archive_team(team=team, by=administrator)
    client.post(reverse("team-archive", args=[team.pk]))
    assert not UndoOffer.objects.exists()
    membership = MembershipFactory()
    assert remove_member(membership=membership, by=administrator)["person"] == membership.person_id
    assert remove_member(membership=membership, by=administrator) == {}


def test_in_japanese(team: Team, administrator: Person, signed_in: Callable[[Person], Client]) -> None:
    Person.objects.filter(pk=administrator.pk).update(language="ja")
    client = signed_in(Person.objects.get(pk=administrator.pk))
    page = client.get(client.post(reverse("team-archive", args=[team.pk]))["Location"]).text
    with translation.override("ja"):
        assert translation.pgettext("offer", "Undo") == "元に戻す"
    assert "元に戻す" in page
    assert "をアーカイブしました" in page


def test_offers_that_ended_go(team: Team, administrator: Person) -> None:
    now = clock.now()
    for ended in (now - timedelta(hours=1), now + timedelta(minutes=1)):
        UndoOffer.objects.create(kind="team.archive", person=administrator, until=ended)
    undo.prune(now)
    assert [each.until > now for each in UndoOffer.objects.all()] == [True]
