"""The whole way from a host to rows: the real connector against the fake GitHub, with every fault at every request."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connections import services, sync
from connections.models import RunOutcome, Source, SyncRun
from connectors.records import DeploymentSource
from core import clock, http
from delivery import services as delivery
from delivery.models import Deployment, Incident, Service
from delivery.rules import Rules, of_service, parts_of
from teams.models import Person, Team
from tests.connections.factories import NOW
from tests.connections.synced import Killed, rows
from tests.fakes.github import FakeGitHub
from tests.fakes.github_data import Repo

pytestmark = pytest.mark.django_db

DEPLOYMENTS = Rules(
    DeploymentSource.DEPLOYMENTS, environments={"production": ["production"]}, incident_labels=["incident"]
)


@pytest.fixture(autouse=True)
def _loopback(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    monkeypatch.setattr(http, "sleep", lambda _: None)


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub(token="secret") as made:
        yield made


@pytest.fixture
def repo(fake: FakeGitHub) -> Repo:
    """Four deployments to production of which one failed and one still runs, one to staging, three incidents."""
    made = fake.add_repo("acme/shop")
    for days in (30, 20):
        made.deploy(NOW - timedelta(days=days))
    made.deploy(NOW - timedelta(days=10), state="failure")
    made.deploy(NOW - timedelta(days=9), "staging")
    made.add_deployment(NOW - timedelta(hours=1), states=[("in_progress", NOW - timedelta(hours=1))])
    made.add_issue(NOW - timedelta(days=25), closed=NOW - timedelta(days=24))
    made.add_issue(NOW - timedelta(days=19), closed=NOW - timedelta(days=19, hours=-3))
    made.add_issue(NOW - timedelta(days=2))
    made.add_issue(NOW - timedelta(days=2), pull_request=True)
    for days in (8, 6, 3):
        made.add_run(NOW - timedelta(days=days), "Deploy")
    made.add_run(NOW - timedelta(days=1), "Deploy", conclusion=None, status="in_progress")
    made.add_run(NOW - timedelta(days=1), "Tests")
    return made


def connected(fake: FakeGitHub, team: Team, by: Person, rules: Rules = DEPLOYMENTS) -> Service:
    from connectors.registry import CONNECTORS

    address = CONNECTORS["github"].parse_address("acme/shop", fake.url)
    with clock.at(NOW):
        draft = services.prepare(team=team, by=by, kind="github", address=address, token="secret")
        service = delivery.connect(draft_id=draft.pk, rules=rules, by=by)
    fake.forget()
    return service


@pytest.fixture
def service(fake: FakeGitHub, repo: Repo, team: Team, team_admin: Person) -> Service:
    return connected(fake, team, team_admin)


def synced(service: Service, after: timedelta = timedelta()) -> SyncRun:
    """One sync, so long after NOW; it must be due or is made so."""
    with clock.at(NOW + after):
        Source.objects.filter(pk=service.source_id).update(next_sync_at=NOW)
        run = sync.sync(service.source_id)
    assert run is not None
    return run


def outcomes() -> list[tuple[str, str]]:
    return list(Deployment.objects.order_by("created_at").values_list("environment_class", "outcome"))


def test_what_stands_there_after_the_first_sync(service: Service) -> None:
    run = synced(service)
    assert run.outcome == RunOutcome.SUCCEEDED, run.error_code
    assert outcomes() == [
        ("production", "succeeded"),
        ("production", "succeeded"),
        ("production", "failed"),
        ("other", "succeeded"),
        ("production", "running"),
    ]
    assert Incident.objects.count() == 3
    assert run.total("stored") == 8


def test_a_sync_with_nothing_new_costs_what_the_definitions_say(service: Service, fake: FakeGitHub) -> None:
    """One 304 for each listing and one request for each unfinished object."""
    synced(service)
    fake.forget()
    run = synced(service, timedelta(minutes=15))
    assert (run.requests, run.not_modified) == (4, 3)
    assert run.total("stored") == 0


FAULTS = ["500", "drop", "truncate", "garbage", "secondary", "moved"]
REQUESTS = range(1, 10)


@pytest.fixture
def expected(service: Service) -> list[tuple[Any, ...]]:
    synced(service)
    undisturbed = rows()
    Deployment.objects.all().delete()
    Incident.objects.all().delete()
    Source.objects.update(state={})
    return undisturbed


@pytest.mark.parametrize("fault", FAULTS)
def test_a_passing_fault_at_any_request_ends_with_the_same_rows(
    service: Service, fake: FakeGitHub, expected: list[Any], fault: str
) -> None:
    for number in REQUESTS:
        Deployment.objects.all().delete()
        Incident.objects.all().delete()
        Source.objects.update(state={}, succeeded_at=None)
        fake.forget()
        fake.faults[number] = fault
        run = synced(service)
        assert run.outcome == RunOutcome.SUCCEEDED, (number, run.error_code)
        assert rows() == expected, number


LASTING = {
    "500": "server_error",
    "drop": "dropped",
    "garbage": "not_json",
    "401": "unauthorised",
    "primary": "rate_limited",
}


@pytest.mark.parametrize("fault", LASTING)
def test_a_lasting_fault_is_told_and_the_next_sync_makes_up_for_it(
    service: Service, fake: FakeGitHub, expected: list[Any], fault: str, team_admin: Person
) -> None:
    fake.window = 30
    for number in (1, 3, 5, 7):
        Deployment.objects.all().delete()
        Incident.objects.all().delete()
        Source.objects.update(state={}, succeeded_at=None)
        fake.forget()
        fake.faults.update(dict.fromkeys(range(number, number + 4), fault))
        run = synced(service)
        assert run.error_code == LASTING[fault], number
        assert set(rows()) <= set(expected)
        fake.faults.clear()
        if fault == "401":
            source = Source.objects.get()
            assert source.next_sync_at is None, number
            services.change_access(
                source=source, base_url=source.base_url, token="secret", seen=services.access_of(source), by=team_admin
            )
        assert synced(service, timedelta(hours=2)).outcome == RunOutcome.SUCCEEDED
        assert rows() == expected, number


def test_a_used_up_limit_goes_on_when_the_host_said(service: Service, fake: FakeGitHub) -> None:
    fake.limit, fake.window = 4, 1800
    run = synced(service)
    assert (run.outcome, run.error_code) == (RunOutcome.WAITING, "rate_limited")
    source = Source.objects.get()
    assert source.next_sync_at is not None
    wait = source.next_sync_at - NOW
    assert timedelta(minutes=29) < wait <= timedelta(minutes=31)
    assert (source.rate_limit, source.rate_remaining) == (4, 0)


def test_killed_at_any_page_the_next_sync_ends_with_the_same_rows(
    service: Service, expected: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = sync._keep
    for page in range(1, 8):
        Deployment.objects.all().delete()
        Incident.objects.all().delete()
        Source.objects.update(state={}, lease_owner="", lease_until=None)
        written = 0

        def killing(*args: Any, page: int = page) -> None:
            nonlocal written
            keep(*args)
            written += 1
            if written == page:
                raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(sync, "_keep", killing)
            try:
                synced(service)
            except Killed:
                pass
            else:
                assert written < page, "no more pages than that"
        run = synced(service, timedelta(seconds=90))
        assert run.outcome == RunOutcome.SUCCEEDED, page
        assert rows() == expected, page


def test_nulls_are_set_aside_and_right_after_the_next_sync(
    service: Service, fake: FakeGitHub, expected: list[Any]
) -> None:
    asked = synced(service).requests
    for number in range(1, asked + 1):
        Deployment.objects.all().delete()
        Incident.objects.all().delete()
        Source.objects.update(state={})
        fake.forget()
        fake.faults[number] = "nulls"
        run = synced(service)
        assert run.outcome == RunOutcome.SUCCEEDED, number
        if run.total("set_aside"):
            assert service.source.set_aside.open().count() == run.total("set_aside")
        synced(service, timedelta(minutes=15))
        assert not service.source.set_aside.open().exists(), number
        assert rows() == expected, number


def test_a_running_deployment_is_finished_by_a_later_sync(service: Service, repo: Repo) -> None:
    synced(service)
    repo.add_status(repo.deployments[-1]["id"], "success", NOW + timedelta(minutes=3))
    synced(service, timedelta(minutes=15))
    newest = Deployment.objects.order_by("created_at").last()
    assert newest
    assert (newest.outcome, newest.finished_at) == ("succeeded", NOW + timedelta(minutes=3))


def test_an_incident_is_closed_reopened_and_closed(service: Service, repo: Repo) -> None:
    synced(service)
    incident = Incident.objects.get(key="issue:3")
    assert incident.resolved_at is None
    repo.close_issue(3, NOW + timedelta(minutes=1))
    synced(service, timedelta(minutes=15))
    incident.refresh_from_db()
    assert incident.resolved_at == NOW + timedelta(minutes=1)
    repo.reopen_issue(3, NOW + timedelta(minutes=20))
    synced(service, timedelta(minutes=30))
    incident.refresh_from_db()
    assert incident.resolved_at is None


def test_runs_as_deployments_and_then_the_hosts_own(
    fake: FakeGitHub, repo: Repo, team: Team, team_admin: Person
) -> None:
    deploy = str(repo.workflows["Deploy"])
    runs = Rules(DeploymentSource.RUNS, workflows=[(deploy, "Deploy")], branches=["main"], incident_labels=["incident"])
    service = connected(fake, team, team_admin, runs)
    synced(service)
    assert outcomes() == [("production", "succeeded")] * 3 + [("production", "running")]

    with clock.at(NOW):
        delivery.change_rules(
            service_id=service.pk, rules=DEPLOYMENTS, seen=parts_of(of_service(service)), by=team_admin
        )
    assert Deployment.objects.counted().count() == 0
    synced(service)
    assert Deployment.objects.counted().count() == 2
    assert Deployment.objects.count() == 9
    run = synced(service, timedelta(minutes=15))
    assert run.requests == 4, "the runs are not asked for any more, not even the running one"


def test_a_re_run_is_the_same_deployment(fake: FakeGitHub, repo: Repo, team: Team, team_admin: Person) -> None:
    deploy = str(repo.workflows["Deploy"])
    runs = Rules(DeploymentSource.RUNS, workflows=[(deploy, "Deploy")], branches=["main"], incident_labels=["incident"])
    service = connected(fake, team, team_admin, runs)
    synced(service)
    running = repo.runs[3]["id"]
    repo.finish_run(running, NOW + timedelta(minutes=5), "failure")
    synced(service, timedelta(minutes=15))
    assert Deployment.objects.get(key=f"run:{running}").outcome == "failed"
    repo.run_again(running, NOW + timedelta(minutes=20))
    repo.finish_run(running, NOW + timedelta(minutes=26))
    synced(service, timedelta(minutes=30))
    again = Deployment.objects.get(key=f"run:{running}")
    assert (again.outcome, again.attempt, again.finished_at) == ("succeeded", 2, NOW + timedelta(minutes=26))


def test_the_token_is_in_no_row_and_no_log(
    service: Service, caplog: pytest.LogCaptureFixture, fake: FakeGitHub
) -> None:
    caplog.set_level("DEBUG")
    fake.faults[2] = "500"
    synced(service)
    source = Source.objects.get()
    assert "secret" not in f"{caplog.text}{source.state}{source.seen}{source.error_params}{source.options}"
