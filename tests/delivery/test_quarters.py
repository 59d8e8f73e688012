"""What is prepared of 13 weeks is what the rows say, and is gone as soon as they say something else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from core import clock
from delivery import quarters, reading, refresh
from delivery.board import Choice, board
from delivery.models import Deployment, Incident, PreparedQuarter, Service
from delivery.quarters import Quarter
from delivery.records import keep_deployments, keep_incidents
from delivery.refresh import everything
from delivery.rules import of_service
from delivery.tasks import prepare
from teams.models import Person, Team
from tests.delivery.factories import NOW, ChangeFactory, DeploymentFactory, IncidentFactory, ServiceFactory

WEEK = timedelta(weeks=1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def service(team: Team) -> Service:
    """Half a year of everything: deployments of some weeks, incidents that belong to them, one of them open, and hotfixes."""
    service: Service = ServiceFactory(source__connection__team=team, incident_labels=["incident"])
    for week in range(1, 27, 2):
        row = DeploymentFactory(
            service=service, finished_at=NOW - week * WEEK, branch="hotfix/x" if week % 3 else "main"
        )
        began = row.finished_at + timedelta(hours=week)
        IncidentFactory(
            service=service, began_at=began, resolved_at=None if week == 5 else began + timedelta(hours=1, minutes=week)
        )
    everything(team.pk)
    return service


def made(team: Team) -> Quarter:
    """As a page gets it."""
    return quarters.of_teams([team], reading.services_with_first([team]))[team.pk]


def kept(team: Team) -> bool:
    return PreparedQuarter.objects.filter(team=team).exists()


def test_what_is_kept_is_what_the_rows_say(team: Team, service: Service) -> None:
    of_rows = made(team)
    assert not kept(team)
    prepare()
    assert kept(team)
    assert made(team) == of_rows
    assert of_rows.now.recovery.count == of_rows.now.mttr.count == 6
    assert of_rows.now.mttr.still_open == 1
    assert of_rows.before.mttr.count == 6
    assert len(of_rows.weekly["mttr"]) == 13


def test_a_page_reads_what_is_kept(team: Team, service: Service) -> None:
    prepare()
    row = PreparedQuarter.objects.get()
    row.figures["now"]["mttr"]["hours"]["mean"] = 1234.5
    row.save()
    assert made(team).now.mttr.mean == 1234.5


def test_the_page_of_a_team_says_what_the_rows_say(
    team: Team, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With changes of all weeks, two of them in the present one, whose lead time nobody prepared."""
    saturday = NOW + timedelta(days=5 - NOW.weekday())
    monkeypatch.setattr(clock, "now", lambda: saturday)
    for days in range(1, 170, 3):
        at = saturday - timedelta(days=days)
        ChangeFactory(
            service=service,
            deployment=DeploymentFactory(service=service, finished_at=at),
            deployed_at=at,
            first_commit_at=at - timedelta(hours=days),
            opened_at=at - timedelta(hours=days / 2),
            merged_at=at - timedelta(hours=1),
        )
    of_rows = board(team)
    prepare()
    kept = board(team)
    assert (kept.five, kept.five_before, kept.by_bucket) == (of_rows.five, of_rows.five_before, of_rows.by_bucket)
    assert of_rows.five.lead_time.count > of_rows.by_bucket[0].five.lead_time.count > 0
    assert [change.day > kept.period.last for change in kept.rows.changes] == [True, True]


def test_the_page_of_a_team_reads_what_is_kept_of_weeks_alone(team: Team, service: Service) -> None:
    prepare()
    row = PreparedQuarter.objects.get()
    row.lead_times[2]["hours"]["median"] = 1234.5
    row.save()
    assert [bucket.five.lead_time.median for bucket in board(team).by_bucket].index(1234.5) == 2
    assert 1234.5 not in {bucket.five.lead_time.median for bucket in board(team, Choice(by="month")).by_bucket}
    PreparedQuarter.objects.update(known=[])
    assert 1234.5 not in {bucket.five.lead_time.median for bucket in board(team).by_bucket}


def _deployed(service: Service, _by: Person) -> None:
    row = service.deployments.order_by("pk")[0]
    keep_deployments(service, of_service(service), [_record(row, finished_at=row.finished_at + timedelta(days=1))], NOW)


def _resolved(service: Service, _by: Person) -> None:
    from connectors.records import IncidentRecord

    row = service.incidents.get(resolved_at=None)
    keep_incidents(
        service, of_service(service), [IncidentRecord(row.key, row.title, row.began_at, NOW, ("incident",))], NOW
    )


def _excluded(service: Service, by: Person) -> None:
    from delivery.correcting import correct

    newest = service.deployments.order_by("-finished_at")[0]
    correct(team=service.team, kind="exclude", deployment=newest, reason="A rehearsal", by=by)


def _looked_back(service: Service, by: Person) -> None:
    from delivery.models import Policy

    Policy.objects.update(look_back_days=1)
    everything(service.team_id)


def _record(row: Deployment, **changed: object):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    from connectors.records import DeploymentRecord, Outcome

    told = DeploymentRecord(row.key, Outcome(row.outcome), row.created_at, row.finished_at, row.environment)
    return replace(told, **changed)


@pytest.mark.parametrize("change", [_deployed, _resolved, _excluded, _looked_back])
def test_whatever_changes_takes_it_away(
    team: Team, service: Service, team_admin: Person, change: Callable[[Service, Person], None]
) -> None:
    prepare()
    before = made(team)
    change(service, team_admin)
    assert not kept(team)
    assert quarters.due() == [team.pk]
    after = made(team)
    assert after != before
    prepare()
    assert (made(team), quarters.due()) == (after, [])


def test_days_counted_anew_for_another_zone_take_it_away(team: Team, service: Service) -> None:
    """It may have been made of the days of the zone before."""
    Team.objects.update(time_zone="America/Los_Angeles")
    quarters.prepare(team.pk)
    assert kept(team)
    refresh.prepare(team.pk)
    assert not kept(team)


def test_a_new_week_makes_it_stale(team: Team, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare()
    monkeypatch.setattr(clock, "now", lambda: NOW + WEEK)
    assert made(team).period.last == PreparedQuarter.objects.get().monday + timedelta(days=6)
    assert quarters.due() == [team.pk]


def test_what_is_read_from_a_later_day_makes_it_stale(team: Team, service: Service) -> None:
    """Nothing is refreshed for it: the days before are unknown by then."""
    Service.objects.update(since=(NOW - 30 * WEEK).date())
    prepare()
    before = made(team)
    Deployment.objects.filter(service=service).order_by("finished_at").first().delete()  # type: ignore[union-attr]
    Service.objects.update(since=(NOW - 10 * WEEK).date())
    after = made(team)
    assert before.now.frequency is not None
    assert PreparedQuarter.objects.get().known != quarters._known(
        reading.known([team], reading.services_with_first([team]))[team.pk],
        reading.services_with_first([team]),
        team.pk,
    )
    assert after.period == before.period


def test_what_is_kept_does_not_grow(team: Team, service: Service) -> None:
    prepare()
    few = len(json.dumps(PreparedQuarter.objects.get().figures))
    for number in range(200):
        at = NOW - timedelta(days=8 + number % 80, minutes=number)
        DeploymentFactory(service=service, finished_at=at)
        IncidentFactory(service=service, began_at=at + timedelta(minutes=5), resolved_at=at + timedelta(hours=1))
    everything(team.pk)
    prepare()
    assert Incident.objects.count() > 200
    assert len(json.dumps(PreparedQuarter.objects.get().figures)) < 1.3 * few
