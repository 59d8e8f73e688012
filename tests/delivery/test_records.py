"""What is kept of the records that connectors read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connections.models import Source
from connectors.records import Outcome
from delivery.models import Deployment, Incident, Service
from delivery.records import DeliveryStore
from tests.connections.factories import NOW, ServiceFactory, SourceFactory
from tests.connections.stub import deployment, incident

pytestmark = pytest.mark.django_db
store = DeliveryStore()


@pytest.fixture
def service() -> Service:
    return ServiceFactory(environments={"production": ["production"], "staging": ["staging"]})


@pytest.fixture
def source(service: Service) -> Source:
    return service.source


def test_a_deployment_keeps_everything_a_page_shows(service: Service, source: Source) -> None:
    record = deployment(
        1, NOW, environment="staging", branch="main", workflow="", sha="abc", title="t" * 600, url="https://e.com/1"
    )
    assert store.store(source, [record], NOW) == 1
    row = Deployment.objects.get()
    assert (row.service, row.key, row.outcome, row.environment_class) == (
        service,
        "deployment:1",
        "succeeded",
        "staging",
    )
    assert (row.finished_at, row.branch, row.sha, row.url) == (NOW, "main", "abc", "https://e.com/1")
    assert len(row.title) == 500
    assert row.in_scope


def test_twice_is_as_once_and_tells_that_nothing_was_new(source: Source) -> None:
    records = [deployment(1, NOW), incident(1, NOW, None)]
    assert store.store(source, records, NOW) == 2
    assert store.store(source, records, NOW) == 0
    assert store.store(source, [deployment(1, NOW, title="Renamed"), incident(1, NOW, 2)], NOW) == 2
    assert Deployment.objects.get().title == "Renamed"
    assert Incident.objects.get().hours == 2


def test_an_earlier_attempt_never_overwrites_a_later_one(source: Source) -> None:
    later = deployment(1, NOW, attempt=2)
    earlier = deployment(1, NOW, attempt=1, outcome=Outcome.FAILED)
    store.store(source, [later], NOW)
    assert store.store(source, [earlier], NOW) == 0
    assert Deployment.objects.get().outcome == "succeeded"
    assert store.store(source, [deployment(1, NOW, attempt=3, outcome=Outcome.FAILED)], NOW) == 1


@pytest.mark.parametrize("turned", [False, True])
def test_one_key_twice_on_a_page_is_the_later_attempt(source: Source, turned: bool) -> None:
    page = [deployment(1, NOW, attempt=2), deployment(1, NOW, attempt=1, outcome=Outcome.FAILED)]
    assert store.store(source, page[::-1] if turned else page, NOW) == 1
    assert Deployment.objects.get().outcome == "succeeded"


def test_an_incident_reopened_is_open_again(source: Source) -> None:
    store.store(source, [incident(1, NOW, 2)], NOW)
    store.store(source, [incident(1, NOW, None)], NOW)
    assert Incident.objects.get().resolved_at is None


def test_running_for_seven_days_is_unknown_when_it_is_stored(source: Source) -> None:
    old = deployment(1, NOW, created_at=NOW - timedelta(days=7), outcome=Outcome.RUNNING, finished_at=None)
    young = deployment(
        2, NOW, created_at=NOW - timedelta(days=7, seconds=-1), outcome=Outcome.RUNNING, finished_at=None
    )
    store.store(source, [old, young], NOW)
    outcomes = dict(Deployment.objects.values_list("key", "outcome"))
    assert outcomes == {"deployment:1": "unknown", "deployment:2": "running"}
    assert list(store.unfinished_keys(source, NOW)) == ["deployment:2"]


def test_the_sweep_lets_go_of_what_ran_for_seven_days(source: Source) -> None:
    young = deployment(2, NOW, created_at=NOW - timedelta(days=6), outcome=Outcome.RUNNING, finished_at=None)
    store.store(source, [young], NOW)
    store.sweep(source, NOW + timedelta(days=1, seconds=-1))
    assert Deployment.objects.get().outcome == "running"
    store.sweep(source, NOW + timedelta(days=1))
    assert Deployment.objects.get().outcome == "unknown"
    assert store.store(source, [young], NOW + timedelta(days=1)) == 0, "the host still says running: not news"


def test_only_its_own_rows(source: Source) -> None:
    other = ServiceFactory()
    store.store(source, [deployment(1, NOW, outcome=Outcome.RUNNING, finished_at=None)], NOW)
    store.store(other.source, [deployment(1, NOW)], NOW)
    store.sweep(other.source, NOW + timedelta(days=9))
    assert sorted(Deployment.objects.values_list("outcome", flat=True)) == ["running", "succeeded"]
    assert list(store.unfinished_keys(other.source, NOW)) == []


def test_what_another_deployment_source_brings_is_not_in_scope(source: Source) -> None:
    store.store(source, [deployment(1, NOW, key="run:1", workflow="42")], NOW)
    assert not Deployment.objects.get().in_scope
    assert not Deployment.objects.counted().exists()


def test_an_incident_without_a_chosen_label_is_not_in_scope(source: Source) -> None:
    store.store(source, [incident(1, NOW, 1, labels=("bug",)), incident(2, NOW, 1, labels=("INCIDENT", "bug"))], NOW)
    assert list(Incident.objects.in_scope().values_list("key", flat=True)) == ["issue:2"]


def test_a_source_that_is_no_service_keeps_nothing() -> None:
    assert store.store(SourceFactory(), [deployment(1, NOW)], NOW) == 0


def test_storing_costs_the_same_for_few_and_many(source: Source, django_assert_num_queries: object) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    store.store(source, [deployment(9999, NOW)], NOW)  # the first one of a team makes everything ready
    for size in (2, 40):
        records = [deployment(n + size * 100, NOW) for n in range(size)]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            store.store(source, records, NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1]
