"""What happens on the host beside new objects: it renames a repository, and forgets or changes what was read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connections import sync
from connections.models import RunOutcome, Source, SyncRun
from connectors.records import Identity, SetAside
from core import clock
from delivery.models import Deployment, Incident, Service
from teams.audit import AuditEvent
from tests.connections.factories import NOW
from tests.connections.stub import StubClient, StubConnector

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
DAY = timedelta(days=1)


def synced(source: Source, after: timedelta = timedelta()) -> SyncRun:
    with clock.at(NOW + after):
        Source.objects.filter(pk=source.pk).update(next_sync_at=NOW)
        run = sync.sync(source.pk)
    assert run is not None
    return run


def renamed(source: Source) -> Identity:
    return Identity(source.external_id, "acme/store", "https://example.com/acme/store", "trunk")


def test_a_renamed_repository_is_followed_and_the_log_says_so(
    service: Service, stub: StubConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host leads from the former name to the present one, which is what tells."""
    source = service.source
    stub.identity = renamed(source)
    synced(source)
    source.refresh_from_db()
    assert source.full_name == "acme/shop", "nobody was led anywhere"
    monkeypatch.setattr(StubClient, "redirects", 1)
    stub.client = lambda base_url, token: StubClient(base_url, token, redirects=1)  # type: ignore[method-assign]
    assert synced(source).outcome == RunOutcome.SUCCEEDED
    source.refresh_from_db()
    service.refresh_from_db()
    assert (source.full_name, source.default_branch) == ("acme/store", "trunk")
    assert service.name == "acme/store"
    entry = AuditEvent.objects.get(action="connection.repository_renamed")
    assert (entry.data["before"], entry.data["after"]) == ("acme/shop", "acme/store")
    synced(source)
    assert AuditEvent.objects.filter(action="connection.repository_renamed").count() == 1


def test_what_people_named_themselves_keeps_its_name(service: Service, stub: StubConnector) -> None:
    Service.objects.update(name="The shop")
    synced(service.source)
    stub.identity = renamed(service.source)
    synced(service.source, DAY)
    service.refresh_from_db()
    assert service.name == "The shop"
    assert service.source.full_name == "acme/store"


def test_another_repository_under_the_name_is_not_read(source: Source, stub: StubConnector) -> None:
    synced(source)
    before = Deployment.objects.count()
    stub.identity = replace(renamed(source), external_id="666", full_name=source.full_name)
    stub.reads.clear()
    run = synced(source, DAY)
    assert (run.outcome, run.error_code) == (RunOutcome.FAILED, "other_repository")
    assert stub.reads == []
    assert Deployment.objects.count() == before


def test_once_a_day_incidents_are_asked_for_by_themselves(source: Source, stub: StubConnector) -> None:
    """One that was deleted, or lost its label, is in no listing any more."""
    stub.rows["incidents"][1] = replace(stub.rows["incidents"][1], resolved_at=NOW - 60 * DAY, began_at=NOW - 61 * DAY)  # type: ignore[type-var]
    synced(source)
    synced(source, timedelta(hours=23))
    synced(source, DAY)
    synced(source, DAY + timedelta(hours=1))
    asked = [read["again"] for read in stub.reads]
    assert asked == [[], [], ["issue:1", "issue:3"], []]


def test_what_is_gone_is_kept_and_counts_no_more(source: Source, stub: StubConnector) -> None:
    synced(source)
    stub.set_aside = [SetAside("deployment:2", "gone"), SetAside("issue:1", "gone"), SetAside("deployment:99", "gone")]
    run = synced(source, timedelta(minutes=15))
    assert run.outcome == RunOutcome.SUCCEEDED
    assert Deployment.objects.get(key="deployment:2").gone_at == NOW + timedelta(minutes=15)
    assert Incident.objects.get(key="issue:1").gone_at is not None
    assert Deployment.objects.counted().count() == 4
    aside = source.set_aside.open().values_list("key", flat=True)
    assert list(aside) == ["deployment:99"], "what is stored is no riddle"


def test_what_comes_back_counts_again(source: Source, stub: StubConnector) -> None:
    synced(source)
    stub.set_aside = [SetAside("deployment:2", "gone")]
    synced(source, timedelta(minutes=15))
    stub.set_aside = []
    Source.objects.update(state={})
    synced(source, timedelta(minutes=30))
    assert Deployment.objects.get(key="deployment:2").gone_at is None
    assert Deployment.objects.counted().count() == 5
