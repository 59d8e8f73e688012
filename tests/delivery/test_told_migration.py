"""What was pushed before anybody kept when its changes were told: it is of when the newest word about its deployment was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from delivery.models import Change, Deployment, Telling
from tests.delivery.factories import ChangeFactory, DeploymentFactory, ServiceFactory, at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_unguarded", "organisation")]
BEFORE, NEW = ("delivery", "0006_changes_without_told"), ("delivery", "0007_when_changes_were_told")


def migrate(to: tuple[str, str]) -> None:
    MigrationExecutor(connection).migrate([to])


@pytest.fixture
def back() -> Iterator[Any]:
    """Called, it takes the database back; afterwards it is as it was."""
    yield lambda: migrate(BEFORE)
    (newest,) = MigrationExecutor(connection).loader.graph.leaf_nodes("delivery")
    migrate(newest)


def test_it_is_of_the_newest_word_about_its_deployments(back: Any) -> None:
    service = ServiceFactory()
    first, later, silent = (
        DeploymentFactory(service=service, key=f"push:{name}", told_at=at(f"2026-11-0{day} 10:00"))
        for name, day in (("first", 1), ("later", 2), ("silent", 3))
    )
    pushed, read = ChangeFactory(service=service, key="push:12"), ChangeFactory(service=service, key="pull:13")
    Telling.objects.bulk_create(Telling(change=pushed, deployment=row) for row in (first, later))
    back()
    migrate(NEW)
    told = dict(Deployment.objects.values_list("key", "changes_told_at"))
    assert told == {first.key: first.told_at, later.key: later.told_at, silent.key: None}
    assert dict(Change.objects.values_list("key", "told_at")) == {pushed.key: later.told_at, read.key: None}
