"""What follows from what is stored: the order of deployments, what brought a change, what failed, hotfixes and days."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from connectors.records import ChangeRecord, ComparisonRecord, comparison_key
from delivery import refresh, rules
from delivery.changes import comparisons_wanted, keep_changes, keep_comparisons
from delivery.models import Change, DeliveryDay, Deployment, Failure, Policy, Service
from delivery.records import DeliveryStore, keep_deployments
from delivery.refresh import incidents, links, order
from teams.models import Team
from teams.services.organisation import change_organisation
from teams.services.teams import change_team
from tests.connections.stub import deployment, incident
from tests.delivery.factories import ChangeFactory, DeploymentFactory, IncidentFactory, ServiceFactory, at

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 1, tzinfo=UTC)
MONDAY = at("2026-03-02 10:00")


@pytest.fixture
def service(team: Team) -> Service:
    return ServiceFactory(source__connection__team=team)


def after(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def deployed(service: Service, key: str, hours: float, sha: str = "", **facts: Any) -> Deployment:
    return DeploymentFactory(service=service, key=key, finished_at=after(hours), sha=sha or key * 8, **facts)  # type: ignore[no-any-return]


def merged(service: Service, number: int, hours: float, **facts: Any) -> None:
    told: dict[str, Any] = {"title": f"Change {number}", "merge_sha": f"m{number}", "first_commit_at": after(hours - 3)}
    told |= {"opened_at": after(hours - 2), "first_review_at": None, "merged_at": after(hours)} | facts
    keep_changes(service, [ChangeRecord(key=f"pull:{number}", number=number, **told)], NOW)


def compared(service: Service, base: str, head: str, *shas: str, reason: str = "") -> None:
    told = None if reason else shas
    row = ComparisonRecord(comparison_key(base * 8, head * 8), base * 8, head * 8, told, reason)
    keep_comparisons(service, [row], NOW)


def brought(key: str = "pull:1") -> tuple[str, str]:
    """(the deployment that brought the change, how it was found)."""
    row = Change.objects.select_related("deployment").get(key=key)
    return (row.deployment.key, row.linked) if row.deployment else ("", row.linked)


def failed() -> set[tuple[str, str]]:
    return set(Failure.objects.values_list("kind", "deployment__key"))


def choose(team: Team, **wanted: Any) -> None:
    Policy.objects.update_or_create(team=team, defaults=wanted)
    refresh.everything(team.pk)


# -- Order --------------------------------------------------------------------------------------------------------


def before() -> dict[str, str | None]:
    return dict(Deployment.objects.order_by("key").values_list("key", "previous__key"))


def test_each_counted_one_knows_the_one_before_whatever_came_first(service: Service) -> None:
    for key, hours in (("C", 3), ("A", 1), ("D", 4), ("B", 2)):
        deployed(service, key, hours)
    assert before() == {"A": None, "B": "A", "C": "B", "D": "C"}


def test_one_that_no_longer_counts_is_passed_over(service: Service) -> None:
    for key, hours in (("A", 1), ("B", 2), ("C", 3)):
        deployed(service, key, hours)
    told = deployment(1, after(2), key="B", environment="staging", sha="B" * 8)
    keep_deployments(service, rules.of_service(service), [told], NOW)
    assert before() == {"A": None, "B": None, "C": "A"}


def test_of_two_that_finished_at_once_the_one_begun_later_is_later(service: Service) -> None:
    deployed(service, "A", 1, created_at=after(0.9))
    deployed(service, "B", 1, created_at=after(0.5))
    assert before() == {"A": "B", "B": None}


# -- Changes ------------------------------------------------------------------------------------------------------


def test_the_first_deployment_has_no_known_changes(service: Service) -> None:
    merged(service, 1, 1)
    deployed(service, "A", 2)
    merged(service, 2, 1.5)
    assert (brought(), brought("pull:2")) == (("", ""), ("", ""))


def test_a_change_comes_with_the_commits_that_hold_it(service: Service) -> None:
    for key, hours in (("A", 1), ("B", 3), ("C", 5)):
        deployed(service, key, hours)
    merged(service, 1, 2)
    assert brought() == ("B", "time")
    compared(service, "A", "B", "other")
    assert brought() == ("", "")
    compared(service, "B", "C", "m1", "other")
    assert brought() == ("C", "commits")


def test_where_the_host_cannot_compare_the_time_decides(service: Service) -> None:
    for key, hours in (("A", 1), ("B", 3), ("C", 5)):
        deployed(service, key, hours)
    compared(service, "A", "B", reason="not_found")
    merged(service, 1, 3)  # not before B finished, so it is C's
    assert brought() == ("C", "time")


def test_a_change_keeps_its_first_deployment_when_versions_go_back_and_forth(service: Service) -> None:
    for key, hours, sha in (("A", 1, "a"), ("B", 3, "b"), ("C", 5, "a"), ("D", 7, "b")):
        deployed(service, key, hours, sha * 8)
    merged(service, 1, 2)
    compared(service, "a", "b", "m1")
    assert brought() == ("B", "commits")


def test_the_same_version_again_brings_nothing(service: Service) -> None:
    deployed(service, "A", 1, "same")
    merged(service, 1, 2)
    deployed(service, "B", 3, "same")
    assert brought() == ("", "")


def test_what_is_wanted_are_pairs_that_nobody_compared_the_newest_first(service: Service) -> None:
    for key, hours, sha in (("A", 1, "a"), ("B", 2, "b"), ("C", 3, "b"), ("D", 4, "d"), ("E", 5, "e")):
        deployed(service, key, hours, sha * 8)
    compared(service, "d", "e", reason="too_large")
    merged(service, 1, 0)  # where no change was merged nothing is wanted
    assert comparisons_wanted(service.source) == [("b" * 8, "d" * 8), ("a" * 8, "b" * 8)]


# -- Failures -----------------------------------------------------------------------------------------------------


def test_an_incident_of_no_service_is_looked_at_in_the_whole_team(team: Team, service: Service) -> None:
    other = ServiceFactory(source__connection__team=team)
    deployed(service, "A", 1)
    deployed(other, "B", 2)
    IncidentFactory(service=service, key="of A", began_at=after(3))
    IncidentFactory(service=None, team=team, key="of whom", began_at=after(3))
    assert failed() == {("incident", "A"), ("incident", "B")}
    choose(team, scope="team")
    assert failed() == {("incident", "B")}


def test_of_incidents_told_at_once_each_belongs_to_what_finished_strictly_before_it(service: Service) -> None:
    for key, hours in (("A", 1), ("B", 3), ("C", 5)):
        deployed(service, key, hours)
    told = [incident(number, after(hours), 1) for number, hours in ((1, 2), (2, 3), (3, 4), (4, 5), (5, 6))]
    DeliveryStore().store(service.source, told, NOW)
    rows = Failure.objects.order_by("incident__key").values_list("deployment__key", flat=True)
    assert list(rows) == ["A", "A", "B", "B", "C"]


def test_a_deployment_told_late_takes_the_incidents_that_are_its_own(service: Service) -> None:
    deployed(service, "A", 1)
    deployed(service, "D", 20)
    for hours in (2, 6, 30):
        IncidentFactory(service=service, key=f"{hours}", began_at=after(hours))
    deployed(service, "B", 5)
    rows = Failure.objects.order_by("incident__began_at").values_list("incident__key", "deployment__key")
    assert list(rows) == [("2", "A"), ("6", "B"), ("30", "D")]
    assert dict(Deployment.objects.values_list("key", "failures")) == {"A": 1, "B": 1, "D": 1}


@pytest.mark.parametrize(
    ("versions", "shown"),
    [
        ("aba", {("rollback", "B")}),
        ("abab", {("rollback", "B")}),  # b again is newer than what it replaces
        ("abca", {("rollback", "C")}),
        ("abb", set()),  # the same version again takes nothing back
    ],
)
def test_an_older_version_deployed_again(team: Team, service: Service, versions: str, shown: set[Any]) -> None:
    for number, version in enumerate(versions):
        deployed(service, "ABCD"[number], number, version * 8)
    assert failed() == set()
    choose(team, rollbacks=True)
    assert failed() == shown


def test_a_first_version_told_late_makes_a_rollback(team: Team, service: Service) -> None:
    choose(team, rollbacks=True)
    deployed(service, "B", 2, "b")
    deployed(service, "C", 3, "a")
    assert failed() == set()
    deployed(service, "A", 1, "a")
    assert failed() == {("rollback", "B")}


@pytest.mark.parametrize("how", [{"reverts": "pull:1"}, {"reverts_title": "Change 1"}])
def test_a_revert_is_a_failure_of_what_brought_the_change(team: Team, service: Service, how: Any) -> None:
    choose(team, reverts=True)
    for key, hours in (("A", 1), ("B", 3), ("C", 5), ("D", 9)):
        deployed(service, key, hours)
    merged(service, 1, 2)
    merged(service, 2, 8, title='Revert "Change 1"', **how)
    assert failed() == {("revert", "B")}


def test_what_was_reverted_before_it_was_deployed_broke_nothing(team: Team, service: Service) -> None:
    choose(team, reverts=True)
    deployed(service, "A", 1)
    merged(service, 1, 2)
    merged(service, 2, 3, title='Revert "Change 1"', reverts="pull:1")
    deployed(service, "B", 4)
    assert (brought("pull:1"), failed()) == (("B", "time"), set())


@pytest.mark.parametrize("how", [{"branch": "Hotfix/basket"}, {"labels": ("hotfix",)}])
def test_a_hotfix_is_known_by_the_change_it_brings(team: Team, service: Service, how: dict[str, Any]) -> None:
    for key, hours in (("A", 1), ("B", 3)):
        deployed(service, key, hours)
    merged(service, 1, 2, **how)
    assert dict(Deployment.objects.values_list("key", "hotfix")) == {"A": False, "B": True}
    assert failed() == set()
    choose(team, hotfixes=True)
    assert failed() == {("hotfix", "A")}
    choose(team, hotfix_branches=[], hotfix_labels=[])
    assert (failed(), Deployment.objects.filter(hotfix=True).count()) == (set(), 0)


def test_a_hotfix_is_known_by_its_own_branch(service: Service) -> None:
    deployed(service, "A", 1, branch="hotfix-7")
    assert Deployment.objects.get().hotfix is True


# -- What the host has no more ------------------------------------------------------------------------------------


def test_what_is_gone_counts_no_more_until_it_is_there_again(service: Service) -> None:
    store = DeliveryStore()
    told = [deployment(1, after(1)), deployment(2, after(2)), incident(5, after(3), 1)]
    store.store(service.source, told, NOW)
    assert store.gone(service.source, ["deployment:2"], NOW) == {"deployment:2"}
    assert failed() == {("incident", "deployment:1")}
    assert store.gone(service.source, ["issue:5"], NOW) == {"issue:5"}
    assert (failed(), _counted()) == (set(), 1)
    store.store(service.source, told, NOW)
    assert (failed(), _counted()) == ({("incident", "deployment:2")}, 2)


def _counted() -> int:
    return sum(DeliveryDay.objects.values_list("counted", flat=True))


# -- Days ---------------------------------------------------------------------------------------------------------


def days() -> dict[str, tuple[int, int, int]]:
    rows = DeliveryDay.objects.filter(environment_class="production").order_by("day")
    return {f"{row.day}": (row.counted, row.failed, row.unknown) for row in rows}


def test_days_are_those_of_the_teams_zone(team: Team, service: Service, team_admin: Any) -> None:
    keep_deployments(service, rules.of_service(service), [deployment(1, at("2026-03-02 23:30"))], NOW)
    assert days() == {"2026-03-02": (1, 0, 0)}
    change_team(team=team, by=team_admin, seen={"time_zone": ""}, wanted={"time_zone": "Asia/Tokyo"})
    assert refresh.due() == [team.pk]
    refresh.prepare(team.pk)
    assert (days(), refresh.due()) == ({"2026-03-03": (1, 0, 0)}, [])


def test_the_organisations_zone_is_that_of_teams_without_their_own(
    team: Team, service: Service, administrator: Any
) -> None:
    keep_deployments(service, rules.of_service(service), [deployment(1, at("2026-03-02 23:30"))], NOW)
    change_organisation(by=administrator, seen={"time_zone": "UTC"}, wanted={"time_zone": "Asia/Tokyo"})
    assert refresh.due() == [team.pk]


def test_what_an_older_version_left_is_made_ready_by_the_first_refresh(team: Team, service: Service) -> None:
    rows = [Deployment(service=service, key=f"{n}", outcome="succeeded", environment_class="production",
                       created_at=after(n), finished_at=after(n)) for n in (1, 30)]  # fmt: skip
    Deployment.objects.bulk_create(rows)
    assert refresh.due() == [team.pk]
    deployed(service, "new", 60)
    assert days() == {"2026-03-02": (1, 0, 0), "2026-03-03": (1, 0, 0), "2026-03-04": (1, 0, 0)}


def test_a_failed_day_and_an_unknown_one(service: Service) -> None:
    deployed(service, "A", 1)
    DeploymentFactory(service=service, outcome="unknown", created_at=after(2), finished_at=None)
    row = IncidentFactory(service=service, began_at=after(3))
    assert days() == {"2026-03-02": (1, 1, 1)}
    DeliveryStore().gone(service.source, [row.key], NOW)
    assert days() == {"2026-03-02": (1, 0, 1)}


def test_a_late_status_moves_a_deployment_to_its_day(service: Service) -> None:
    chosen = rules.of_service(service)
    keep_deployments(service, chosen, [deployment(1, after(1)), deployment(2, after(1))], NOW)
    keep_deployments(service, chosen, [deployment(2, after(30))], NOW)
    assert days() == {"2026-03-02": (1, 0, 0), "2026-03-03": (1, 0, 0)}


# -- How much is looked at ----------------------------------------------------------------------------------------


@contextmanager
def looked_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many deployments each step read."""
    found: list[int] = []
    read = order.placed

    def counting(rows: Any) -> Any:
        placed = read(rows)
        found.append(len(placed))
        return placed

    with monkeypatch.context() as patched:
        for module in (order, links, incidents):
            patched.setattr(module, "placed", counting)
        yield found


def test_one_new_deployment_reads_its_own_period_only(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    costs = []
    for years in (1, 2):
        history = [deployment(n + 1000 * years, after(-24 * n - 8000 * years)) for n in range(100)]
        store = DeliveryStore()
        store.store(service.source, [*history, incident(years, after(-50 * 24 * years), 2)], NOW)
        DeliveryDay.objects.filter(day__lt=date(2026, 1, 1)).update(hotfixes=77)  # nobody looks at those again
        with looked_at(monkeypatch) as read, CaptureQueriesContext(connection) as queries:
            store.store(service.source, [deployment(years, after(years))], NOW)
        costs.append((len(queries), sum(read)))
        assert not DeliveryDay.objects.filter(day__lt=date(2026, 1, 1)).exclude(hotfixes=77).exists()
    assert costs[0] == costs[1]
    assert costs[0][0] < 40
    assert costs[0][1] <= 8


def test_a_late_word_about_an_old_deployment_reads_nothing_in_between(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DeliveryStore()
    store.store(service.source, [deployment(n, after(-24 * n)) for n in range(200)], NOW)
    with looked_at(monkeypatch) as read:
        store.store(service.source, [deployment(150, after(-24 * 150 + 1)), deployment(999, after(5))], NOW)
    assert 0 < sum(read) < 40


def test_storing_it_twice_writes_nothing(service: Service) -> None:
    store, told = DeliveryStore(), [deployment(1, after(1)), deployment(2, after(2)), incident(1, after(3), 1)]
    store.store(service.source, told, NOW)
    with CaptureQueriesContext(connection) as queries:
        assert store.store(service.source, told, NOW) == 0
    assert not [each for each in queries if each["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_changes_of_another_service_are_another_ones(team: Team, service: Service) -> None:
    other = ServiceFactory(source__connection__team=team)
    ChangeFactory(service=other, merged_at=after(2), merge_sha="m1")
    deployed(service, "A", 1)
    deployed(service, "B", 3)
    compared(service, "A", "B", "m1")
    assert Change.objects.get().deployment is None
