"""The worked example of docs/definitions.md, Delivery: March 2026, from stored rows to every figure."""

from __future__ import annotations

from datetime import date

import pytest

from delivery import five
from delivery.attributing import set_policy
from delivery.five import Five
from delivery.models import Failure, Service
from delivery.periods import Period
from teams.models import Person, Team
from tests.delivery import reference
from tests.delivery.factories import DeploymentFactory, IncidentFactory, ServiceFactory, at

pytestmark = pytest.mark.django_db
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture
def march(team: Team, team_admin: Person) -> Service:
    team.time_zone = "UTC"
    team.save()
    service: Service = ServiceFactory(source__connection__team=team)
    for key, finished in (("A", "2026-03-02 10:00"), ("B", "2026-03-02 18:00"), ("C", "2026-03-12 09:00")):
        DeploymentFactory(service=service, key=key, finished_at=at(finished))
    DeploymentFactory(service=service, key="failed", finished_at=at("2026-03-12 12:00"), outcome="failed")
    DeploymentFactory(service=service, key="staging", finished_at=at("2026-03-13 09:00"), environment_class="staging")
    for key, began, resolved in (
        ("x", "2026-03-02 18:00", "2026-03-02 19:30"),
        ("y", "2026-03-12 13:00", "2026-03-13 13:00"),
        ("z", "2026-03-12 15:00", None),
        ("w", "2026-03-20 10:00", "2026-03-20 10:30"),
    ):
        IncidentFactory(service=service, key=key, began_at=at(began), resolved_at=at(resolved) if resolved else None)
    look_back(team, team_admin, None)
    return service


def look_back(team: Team, by: Person, days: int | None) -> None:
    present = five_policy(team)
    set_policy(team=team, seen={"look_back_days": present}, wanted={"look_back_days": days}, by=by)


def five_policy(team: Team) -> int | None:
    return reference.facts_of(team).policy.look_back_days


def figures(team: Team) -> Five:
    return five.read([team], MARCH)[team.pk].five(MARCH)


def attributed(team: Team) -> set[tuple[str, str]]:
    return set(Failure.objects.filter(team=team).values_list("incident__key", "deployment__key"))


def test_an_incident_belongs_to_what_finished_strictly_before_it(team: Team, march: Service) -> None:
    assert attributed(team) == {("x", "A"), ("y", "C"), ("z", "C"), ("w", "C")}


def test_deployment_frequency(team: Team, march: Service) -> None:
    often = figures(team).frequency
    assert often is not None
    assert (often.count, list(often.week_days), often.per_week) == (3, [0, 1, 1, 0, 0, 0], 0)


def test_change_failure_rate(team: Team, march: Service) -> None:
    rate = figures(team).failure_rate
    assert (rate.part, rate.whole) == (2, 3)


def test_recovery_of_failed_deployments(team: Team, march: Service) -> None:
    recovery = figures(team).recovery
    assert (recovery.count, recovery.mean, recovery.median, recovery.hours.longest) == (3, 77, 28, 193.5)


def test_mttr(team: Team, march: Service) -> None:
    mttr = figures(team).mttr
    assert (mttr.count, round(mttr.mean or 0, 2), mttr.median, mttr.hours.longest, mttr.still_open) == (
        3,
        8.67,
        1.5,
        24,
        1,
    )


def test_looking_back_seven_days(team: Team, march: Service, team_admin: Person) -> None:
    look_back(team, team_admin, 7)
    found = figures(team)
    assert attributed(team) == {("x", "A"), ("y", "C"), ("z", "C")}
    assert (found.recovery.median, found.failure_rate.part, found.failure_rate.whole) == (18.75, 2, 3)
    assert (found.mttr.count, found.mttr.median, found.mttr.hours.longest) == (3, 1.5, 24)


def test_seven_days_are_in_and_a_second_more_is_not(team: Team, team_admin: Person) -> None:
    service = ServiceFactory(source__connection__team=team)
    DeploymentFactory(service=service, key="A", finished_at=at("2026-03-02 10:00"))
    IncidentFactory(service=service, key="in", began_at=at("2026-03-09 10:00"))
    IncidentFactory(service=service, key="out", began_at=at("2026-03-09 10:00:01"))
    look_back(team, team_admin, 7)
    assert attributed(team) == {("in", "A")}


def test_the_reference_agrees(team: Team, march: Service) -> None:
    facts = reference.facts_of(team)
    told = reference.figures(facts, MARCH.first, MARCH.last)
    assert (told.counted, told.days_by_week, reference.middle(told.days_by_week)) == (3, [0, 1, 1, 0, 0, 0], 0)
    assert (told.failed, sorted(map(float, told.recovery)), sorted(map(float, told.mttr))) == (
        2,
        [9.5, 28, 193.5],
        [0.5, 1.5, 24],
    )
    assert told.still_open == 1


def test_without_anything_there_is_no_data(team: Team) -> None:
    found = figures(team)
    assert found.frequency is None
    assert [found.failure_rate.value, found.recovery.median, found.mttr.mean, found.lead_time.median] == [None] * 4
    assert found.rework.value is None
