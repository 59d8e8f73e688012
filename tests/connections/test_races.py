"""Two at the same time, with real threads and real transactions. PostgreSQL only: SQLite lets one writer in at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections

from connections import schedule, services, sync
from connections.models import Budget, Connection, Draft, RunOutcome, Source
from connections.services import Claimed
from connectors.records import DeploymentSource, Inspection, ReadOptions
from core import clock
from core.http import RateLimited
from delivery import services as delivery
from delivery.claims import PartTaken
from delivery.models import Deployment, Incident, Service
from delivery.rules import Rules, parts_of
from teams.models import Person, Team
from tests.connections.factories import NOW, SourceFactory
from tests.connections.stub import StubConnector, quietly
from tests.factories import MembershipFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_unguarded"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="needs rows that lock"),
]

ROUNDS = 10


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in threads that start together; their results or exceptions, in order."""
    gate = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(number: int) -> None:
        try:
            gate.wait(10)
            with clock.at(NOW):
                results[number] = calls[number]()
        except Exception as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[number]) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads), "they wait for each other"
    return results


def test_of_workers_that_come_at_once_one_gets_the_lease(source: Source) -> None:
    for _ in range(ROUNDS):
        leases = at_once(*[lambda: schedule.take(source.pk)] * 6)
        assert len([lease for lease in leases if lease is not None]) == 1
        Source.objects.update(lease_owner="", lease_until=None)


def test_workers_that_sync_at_once_leave_one_run_and_every_row_once(source: Source) -> None:
    for _ in range(ROUNDS):
        runs = [run for run in at_once(*[lambda: sync.sync(source.pk)] * 4) if run is not None]
        assert [run.outcome for run in runs] == [RunOutcome.SUCCEEDED]
        assert (Deployment.objects.count(), Incident.objects.count()) == (5, 3)
        Source.objects.update(next_sync_at=NOW, state={})


def test_a_stalled_worker_and_the_one_that_took_over_write_together(source: Source, stub: StubConnector) -> None:
    """The loser's answer arrives while the winner is in the middle of its own pages: only one of them writes each row."""
    loser_waits, loser_may_go = threading.Event(), threading.Event()

    def stall(number: int) -> None:
        if threading.current_thread().name == "loser" and number == 2:
            loser_waits.set()
            assert loser_may_go.wait(10)
        elif number == 3:
            loser_may_go.set()

    stub.before_page = stall

    def lose() -> None:
        with clock.at(NOW):
            sync.sync(source.pk)
        connections.close_all()

    loser = threading.Thread(target=lose, name="loser")
    loser.start()
    assert loser_waits.wait(10)
    with clock.at(NOW + timedelta(seconds=61)):
        winner = sync.sync(source.pk)
    loser.join(10)

    assert winner is not None
    assert winner.outcome == RunOutcome.SUCCEEDED
    assert sorted(run.outcome for run in source.runs.all()) == [RunOutcome.INTERRUPTED, RunOutcome.SUCCEEDED]
    assert sum(run.total("stored") for run in source.runs.all()) == 8
    source.refresh_from_db()
    assert sorted(source.state["deployments"]["done"]) == sorted(Deployment.objects.values_list("key", flat=True))


def test_two_teams_that_claim_a_part_of_a_repository_at_once(stub: StubConnector, administrator: Person) -> None:
    """Both may read it, one may count it; whoever comes second is told whose it is."""
    rules = Rules(DeploymentSource.DEPLOYMENTS, environments={"production": ["production"]})
    for number in range(ROUNDS):
        seen = Inspection(f"9{number}", "acme/wanted", "", "main")
        drafts = []
        for _ in range(2):
            member = MembershipFactory()
            drafts.append(_draft(member.team, member.person, seen))
        results = at_once(*[_counting(draft, rules) for draft in drafts])
        (won,) = [result for result in results if isinstance(result, Service)]
        (told,) = [result for result in results if isinstance(result, Claimed | PartTaken)]
        assert won.team.name in str(told)
        assert list(Service.objects.filter(source__external_id=seen.external_id)) == [won]


def _counting(draft: Draft, rules: Rules) -> Callable[[], Service]:
    return lambda: delivery.connect(draft_id=draft.pk, rules=rules, by=draft.created_by)


def _draft(team: Team, by: Person, seen: Inspection) -> Draft:
    from connections import inspections

    return Draft.objects.create(
        team=team,
        created_by=by,
        kind="stub",
        base_url="https://api.example.com",
        repository=seen.full_name,
        token="x",
        seen=inspections.to_json(seen),
        expires_at=NOW + timedelta(hours=1),
    )


def _connecting(draft: Draft, options: ReadOptions) -> Callable[[], Source]:
    return lambda: services.connect(draft_id=draft.pk, options=options, by=draft.created_by)


def test_one_draft_sent_twice_makes_one_connection(team: Team, team_admin: Person, stub: StubConnector) -> None:
    draft = _draft(team, team_admin, Inspection("5", "acme/twice", "", "main"))
    results = at_once(*[_connecting(draft, ReadOptions(DeploymentSource.NONE))] * 2)
    assert len([result for result in results if isinstance(result, Source)]) == 1, results
    assert Connection.objects.count() == 1


def test_repositories_of_one_token_that_end_at_once_do_not_lock_each_other(source: Source, stub: StubConnector) -> None:
    """Each end writes to the other's row: the host told both to wait."""
    sources = [source, *(SourceFactory(connection=source.connection) for _ in range(3))]
    limited = RateLimited(NOW + timedelta(minutes=5), host="x")

    all_are_reading = threading.Barrier(len(sources))

    def refuse(number: int) -> None:
        all_are_reading.wait(10)
        raise limited

    for _ in range(ROUNDS):
        stub.before_page = refuse
        runs = at_once(*[lambda pk=each.pk: sync.sync(pk) for each in sources])
        assert [run.outcome for run in runs] == [RunOutcome.WAITING] * 4, runs
        Source.objects.update(next_sync_at=NOW, waiting_until=None)
        Budget.objects.update(waiting_until=None)
    stub.before_page = quietly


def test_rules_changed_while_a_page_is_being_written(service: Service, stub: StubConnector, team_admin: Person) -> None:
    """Whoever comes first: in the end every row has the class that the new rules give it."""
    from delivery import rules
    from delivery import services as delivery

    before = rules.of_service(service)
    other = rules.Rules(
        deployments=DeploymentSource.DEPLOYMENTS,
        environments={"staging": ["production"], "production": ["live"]},
        incident_labels=["incident"],
    )
    for chosen, expected in [(other, "staging"), (before, "production")] * 3:
        results = at_once(
            lambda: sync.sync(service.source_id),
            lambda chosen=chosen: delivery.change_rules(
                service_id=service.pk,
                rules=chosen,
                seen=parts_of(rules.of_service(Service.objects.get())),
                by=team_admin,
            ),
        )
        assert not [result for result in results if isinstance(result, Exception)], results
        assert set(Deployment.objects.values_list("environment_class", flat=True)) <= {expected}
        Source.objects.update(next_sync_at=NOW, state={}, lease_until=None, lease_owner="")
        with clock.at(NOW):
            sync.sync(service.source_id)
        assert set(Deployment.objects.values_list("environment_class", flat=True)) == {expected}
        Source.objects.update(next_sync_at=NOW, state={})
