"""A whole sample organisation, loaded in this process as a worker would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from core import clock, content
from sample import services, work
from sample.models import Sample
from teams.models import Person

TODAY = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)  # a Wednesday
# What stays, the row that tells how it stands, and the counts of changes, which only ever grow.
LOG = {"auditevent", "sample", "livestamp"}


@pytest.fixture(autouse=True)
def brief(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A story of two teams and one cycle, which is loaded in a moment; tests marked `whole` get the portal's own."""
    if request.node.get_closest_marker("whole"):
        return
    whole = content.load("sample/organisation")
    teams = {key: dict(whole["teams"][key]) for key in ("forecasting", "inspection")}
    running = next(each for each in teams["forecasting"]["okrs"] if each["cycle"] == 0)
    teams["forecasting"]["okrs"] = [{**running, "key_results": running["key_results"][::3]}]
    teams["forecasting"]["rounds"] = teams["forecasting"]["rounds"][-1:]
    told = {**whole, "teams": teams}
    load = content.load
    monkeypatch.setattr(content, "load", lambda name: told if name == "sample/organisation" else load(name))


@pytest.fixture
def today() -> Iterator[datetime]:
    with clock.at(TODAY):
        yield TODAY


@pytest.fixture
def load(today: datetime, administrator: Person) -> Callable[[], Sample]:
    """Ask for the sample organisation, and be the worker, who comes an hour later: nothing may take the time from elsewhere."""

    def loaded() -> Sample:
        services.load(by=administrator)
        with clock.at(TODAY + timedelta(hours=1)):
            work.work()
        return Sample.current()

    return loaded


@pytest.fixture
def remove(today: datetime, administrator: Person) -> Callable[[], Sample]:
    def removed() -> Sample:
        services.remove(by=administrator)
        work.work()
        return Sample.current()

    return removed


def all_rows() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of the portal's rooms, but the log's, by model."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for model in portal_models()
        if model._meta.model_name not in LOG
    }


def portal_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if not model.__module__.startswith(("django.", "allauth."))]


def counts() -> dict[str, int]:
    return {label: len(rows) for label, rows in all_rows().items()}
