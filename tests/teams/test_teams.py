"""The list of teams, their settings and groups."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from teams.models import AuditEvent, Membership, Person, Team, TeamGroup
from teams.services import teams as services
from tests.factories import MembershipFactory, TeamFactory
from tests.stale import asked

pytestmark = pytest.mark.django_db


def names(response) -> list[str]:
    return [team.name for team, _mine in response.context["rows"]]


@pytest.fixture
def boss(signed_in, administrator: Person) -> Client:
    return signed_in(administrator)


@pytest.fixture
def three(team: Team, editor: Person) -> list[Team]:
    """Forecasting (group Supply, two people), apples (no group), Zebra (group Alpha)."""
    team.group = TeamGroup.objects.create(name="Supply")
    team.save()
    MembershipFactory(team=team)
    return [team, TeamFactory(name="apples"), TeamFactory(name="Zebra", group=TeamGroup.objects.create(name="Alpha"))]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Zebra", "Forecasting", "apples"]),
        ("sort=name", ["apples", "Forecasting", "Zebra"]),
        ("sort=people", ["Forecasting", "apples", "Zebra"]),
        ("sort=newest", ["Zebra", "apples", "Forecasting"]),
        ("sort=nonsense", ["Zebra", "Forecasting", "apples"]),
        ("q=CAST", ["Forecasting"]),
        ("q=supply", ["Forecasting"]),
        ("group=none", ["apples"]),
        ("group=nonsense", ["Zebra", "Forecasting", "apples"]),
        ("q=nothing-like-it", []),
        ("state=archived", []),
        ("page=999", ["Zebra", "Forecasting", "apples"]),
    ],
)
def test_the_url_is_the_state_of_the_list(signed_in, editor, three, query: str, expected: list[str]) -> None:
    response = signed_in(editor).get(f"/teams/?{query}")
    assert response.status_code == 200
    assert names(response) == expected


def test_a_group_is_chosen_by_its_key(signed_in, editor, three) -> None:
    group = TeamGroup.objects.get(name="Alpha")
    assert names(signed_in(editor).get(f"/teams/?group={group.pk}")) == ["Zebra"]


def test_the_list_says_how_many_people_and_ones_own_role(signed_in, editor, three) -> None:
    Membership.objects.exclude(person=editor).get().person.delete()
    rows = {team.name: (team.people_count, mine) for team, mine in signed_in(editor).get("/teams/").context["rows"]}
    assert rows["Forecasting"][0] == 1
    assert rows["Forecasting"][1].role == "editor"
    assert rows["apples"] == (0, None)


def test_archived_teams_are_a_filter_away(boss: Client, team: Team, administrator: Person) -> None:
    services.archive_team(team=team, by=administrator)
    assert names(boss.get("/teams/")) == []
    assert names(boss.get("/teams/?state=archived")) == ["Forecasting"]


def test_the_number_of_queries_does_not_grow(signed_in, editor, team) -> None:
    client = signed_in(editor)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get("/teams/").status_code == 200
        return len(captured)

    for _ in range(3):
        MembershipFactory(person=editor)
    at_n = queries()
    for number in range(3):
        MembershipFactory(person=editor, team__group=TeamGroup.objects.create(name=f"Group {number}"))
    assert queries() == at_n


def test_without_a_team_the_page_teaches_the_next_step(boss: Client, signed_in, manager: Person) -> None:
    assert reverse("team-new") in boss.get("/teams/").content.decode()
    assert reverse("team-new") not in signed_in(manager).get("/teams/").content.decode()


# -- Create


def test_the_maker_of_a_team_may_belong_to_it(boss: Client, administrator: Person) -> None:
    response = boss.post("/teams/new/", {"name": "Pricing", "join": "on"})

    team = Team.objects.get()
    assert response["Location"] == reverse("members", args=[team.pk])
    assert team.memberships.get().person == administrator
    assert team.memberships.get().role == "team_admin"
    assert sorted(AuditEvent.objects.values_list("action", flat=True)) == ["member.joined", "team.created"]


def test_or_not(boss: Client) -> None:
    boss.post("/teams/new/", {"name": "Pricing"})
    assert not Membership.objects.exists()


@pytest.mark.parametrize("name", ["forecasting", "", " ", "x" * 81])
def test_a_name_that_cannot_be_is_refused_and_kept(boss: Client, team: Team, name: str) -> None:
    response = boss.post("/teams/new/", {"name": name, "time_zone": "Asia/Tokyo"})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["name"]
    assert '<option value="Asia/Tokyo" selected' in response.content.decode()
    assert Team.objects.get() == team


# -- Settings


def settings_data(team: Team, **wanted: str) -> dict[str, str]:
    seen = {"name": team.name, "group": str(team.group_id or ""), "time_zone": team.time_zone}
    return {**seen, **{f"seen_{name}": value for name, value in seen.items()}, **wanted}


def test_an_administrator_changes_name_group_and_time_zone(boss: Client, team: Team) -> None:
    group = TeamGroup.objects.create(name="Supply")
    url = reverse("team-settings", args=[team.pk])
    boss.post(url, settings_data(team, name="Demand", group=str(group.pk), time_zone="Europe/Berlin"))

    team.refresh_from_db()
    assert (team.name, team.group, team.time_zone) == ("Demand", group, "Europe/Berlin")
    renamed = AuditEvent.objects.get(action="team.name_changed")
    assert renamed.data == {"before": "Forecasting", "after": "Demand"}
    assert AuditEvent.objects.get(action="team.group_changed").data == {"before": "", "after": "Supply"}


def test_groups_of_the_sample_are_offered_to_its_own_teams_only(boss: Client, team: Team) -> None:
    sample = TeamGroup.objects.create(name="Operations", is_sample=True)
    url = reverse("team-settings", args=[team.pk])
    refused = boss.post(url, settings_data(team, group=str(sample.pk)))
    assert (refused.status_code, "Operations" in refused.text) == (422, False)
    assert "Operations" not in boss.get("/teams/new/").text
    theirs = TeamFactory(name="Harbour", is_sample=True)
    assert "Operations" in boss.get(reverse("team-settings", args=[theirs.pk])).text

    Team.objects.filter(pk=team.pk).update(group=sample)  # chosen before this was so: it can still be left, or kept
    team.refresh_from_db()
    assert boss.post(url, settings_data(team, name="Demand")).status_code == 302
    team.refresh_from_db()
    assert (team.name, team.group) == ("Demand", sample)


def test_a_team_admin_changes_the_time_zone_only(signed_in, team_admin: Person, team: Team) -> None:
    url = reverse("team-settings", args=[team.pk])
    client = signed_in(team_admin)
    assert list(client.get(url).context["form"].shown) == ["time_zone"]

    client.post(url, settings_data(team, name="Mine now", time_zone="Europe/Berlin"))
    team.refresh_from_db()
    assert (team.name, team.time_zone) == ("Forecasting", "Europe/Berlin")


def test_nothing_changed_leaves_no_trace(boss: Client, team: Team) -> None:
    boss.post(reverse("team-settings", args=[team.pk]), settings_data(team))
    assert not AuditEvent.objects.exists()


def test_another_field_changed_meanwhile_is_kept(boss: Client, team: Team) -> None:
    data = settings_data(team, time_zone="Asia/Tokyo")
    Team.objects.update(name="Renamed meanwhile")

    assert boss.post(reverse("team-settings", args=[team.pk]), data).status_code == 302
    team.refresh_from_db()
    assert (team.name, team.time_zone) == ("Renamed meanwhile", "Asia/Tokyo")


def test_the_same_field_changed_meanwhile_is_shown_with_both_values(boss: Client, team: Team) -> None:
    url = reverse("team-settings", args=[team.pk])
    data = settings_data(team, name="My name")
    Team.objects.update(name="Their name")

    response = boss.post(url, data)
    page = response.content.decode()
    assert response.status_code == 409
    assert (asked(page)["name"].theirs, asked(page)["name"].mine) == ("Their name", "My name")
    assert 'value="My name"' in page
    assert Team.objects.get().name == "Their name"

    # Sent once more without a choice, nothing is replaced; chosen, having seen both, mine replaces theirs.
    assert boss.post(url, data).status_code == 409
    assert boss.post(url, data | asked(page)["name"].answer("mine")).status_code == 302
    assert Team.objects.get().name == "My name"


def test_a_taken_name_is_told_at_the_field(boss: Client, team: Team) -> None:
    other = TeamFactory(name="Other")
    response = boss.post(reverse("team-settings", args=[other.pk]), settings_data(other, name="FORECASTING"))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["name"]


# -- Archive and restore


def test_an_archived_team_is_read_only_and_comes_back(boss: Client, signed_in, team_admin, administrator, team) -> None:
    boss.post(reverse("team-archive", args=[team.pk]))
    boss.post(reverse("team-archive", args=[team.pk]))
    team.refresh_from_db()
    assert team.archived_at
    member = signed_in(team_admin)
    assert member.get(reverse("members", args=[team.pk])).status_code == 200
    assert member.post(reverse("members", args=[team.pk]), {"role": "editor"}).status_code == 403
    assert boss.post(reverse("team-settings", args=[team.pk])).status_code == 403
    assert "Restore the team" in boss.get(reverse("team-settings", args=[team.pk])).content.decode()

    boss.post(reverse("team-restore", args=[team.pk]))
    team.refresh_from_db()
    assert team.archived_at is None
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["team.archived", "team.restored"]


def test_an_archived_teams_name_is_free_but_then_it_cannot_come_back(boss: Client, team: Team) -> None:
    boss.post(reverse("team-archive", args=[team.pk]))
    assert boss.post("/teams/new/", {"name": "Forecasting"}).status_code == 302

    response = boss.post(reverse("team-restore", args=[team.pk]), follow=True)
    assert "Another team has taken the name" in response.content.decode()
    team.refresh_from_db()
    assert team.archived_at


# -- Groups


def test_groups_are_made_renamed_and_deleted(boss: Client, team: Team) -> None:
    boss.post("/teams/groups/", {"name": "Supply"})
    group = TeamGroup.objects.get()
    team.group = group
    team.save()
    boss.post(reverse("team-group", args=[group.pk]), {"name": "Logistics", "seen_name": "Supply"})
    assert TeamGroup.objects.get().name == "Logistics"

    boss.post(reverse("team-group-delete", args=[group.pk]))
    team.refresh_from_db()
    assert team.group is None
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["group.created", "group.renamed", "group.deleted"]


def test_a_group_needs_a_name_of_its_own(boss: Client) -> None:
    TeamGroup.objects.create(name="Supply")
    other = TeamGroup.objects.create(name="Other")
    assert boss.post("/teams/groups/", {"name": "SUPPLY"}).status_code == 422
    rename = boss.post(reverse("team-group", args=[other.pk]), {"name": "supply", "seen_name": "Other"})
    assert rename.status_code == 422
    assert 'value="supply"' in rename.content.decode()


def test_a_stale_rename_of_a_group_is_refused(boss: Client) -> None:
    group = TeamGroup.objects.create(name="Theirs")
    response = boss.post(reverse("team-group", args=[group.pk]), {"name": "Mine", "seen_name": "Before"})
    assert response.status_code == 409
    assert TeamGroup.objects.get().name == "Theirs"


def test_a_team_without_a_zone_lives_in_the_organisations(team: Team, organisation) -> None:
    organisation.time_zone = "Asia/Tokyo"
    organisation.save()
    assert team.zone.key == "Asia/Tokyo"
    team.time_zone = "Europe/Berlin"
    assert team.zone.key == "Europe/Berlin"
    assert clock.now().tzinfo is not None
