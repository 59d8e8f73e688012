"""core/bulk.py writes what Django would write: told by rows with everything that text and arrays could spoil."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core import bulk
from delivery.models import DeliveryDay, Deployment, Incident
from tests.delivery.factories import ServiceFactory

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
SPOILING = ["", "\\", "\\N", "\\.", "a\tb", "a\nb\r\nc", 'quoted "x"', "日本語", "{NULL}", "NULL", "%s"]


def _incidents(service: Any, titles: list[str], labels: list[str]) -> list[Incident]:
    return [
        Incident(
            team=service.team,
            service=service,
            key=f"issue:{number}",
            title=title,
            began_at=AT,
            resolved_at=None if number % 2 else AT + timedelta(hours=1, microseconds=7),
            labels=[*labels, title],
        )
        for number, title in enumerate(titles)
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("many", [1, bulk.FEW - 1, bulk.FEW, bulk.CHUNK + 1])
def test_rows_arrive_as_they_were(many: int) -> None:
    service = ServiceFactory.create()
    titles = [f"{SPOILING[number % len(SPOILING)]}{number}" for number in range(many)]
    rows = _incidents(service, titles, SPOILING)
    bulk.insert(rows)
    stored = list(Incident.objects.filter(service=service).order_by("pk"))
    assert [row.title for row in stored] == titles
    assert rows == stored, "they know their pk"
    assert all(row.labels == [*SPOILING, row.title] for row in stored)
    assert [row.resolved_at for row in stored[:2]] == [AT + timedelta(hours=1, microseconds=7), None][:many]
    assert all((row.in_scope, row.dismissed, row.gone_at) == (True, False, None) for row in stored)


@pytest.mark.django_db
@pytest.mark.parametrize("many", [1, bulk.FEW, bulk.CHUNK + 1])
def test_only_the_named_fields_are_written(many: int) -> None:
    service = ServiceFactory.create()
    bulk.insert(_incidents(service, [""] * many, []))
    rows = list(Incident.objects.filter(service=service).order_by("pk"))
    for number, row in enumerate(rows):
        row.title, row.labels, row.url = SPOILING[number % len(SPOILING)], [number, SPOILING], "not written"
        row.resolved_at = None if number % 3 else AT + timedelta(seconds=number)
    bulk.update(rows, ["title", "labels", "resolved_at"])
    for number, row in enumerate(Incident.objects.filter(service=service).order_by("pk")):
        assert (row.title, row.labels, row.url) == (SPOILING[number % len(SPOILING)], [number, SPOILING], "")
        assert row.resolved_at == (None if number % 3 else AT + timedelta(seconds=number))


@pytest.mark.django_db
@pytest.mark.parametrize("many", [2, bulk.FEW])
def test_a_row_that_is_there_is_refused_and_nothing_stored(many: int) -> None:
    service = ServiceFactory.create()
    rows = _incidents(service, ["x"] * many, [])
    rows[-1].key = rows[0].key
    with pytest.raises(IntegrityError):
        bulk.insert(rows)


@pytest.mark.django_db
def test_dates_numbers_and_links_to_nothing_and_to_rows() -> None:
    service = ServiceFactory.create()
    first = date(2024, 2, 29)
    days = [
        DeliveryDay(service=service, environment_class="production", day=first + timedelta(days=n), counted=n, failed=1)
        for n in range(bulk.FEW)
    ]
    bulk.insert(days)
    told = DeliveryDay.objects.order_by("day").values_list("day", "counted", "failed", "unknown")
    assert list(told) == [(first + timedelta(days=n), n, 1, 0) for n in range(bulk.FEW)]
    bulk.insert(
        [
            Deployment(
                service=service, key=f"run:{n}", outcome="succeeded", environment_class="production", created_at=AT
            )
            for n in range(bulk.FEW)
        ]
    )
    rows = list(Deployment.objects.order_by("pk"))
    for before, row in itertools.pairwise(rows):
        row.previous = before
    bulk.update(rows, ["previous"])
    assert list(Deployment.objects.order_by("pk").values_list("previous", flat=True)) == [
        None,
        *(row.pk for row in rows[:-1]),
    ]


class TestAnyText(TestCase):
    @settings(derandomize=True, deadline=None, max_examples=25)
    @given(
        st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40), max_size=5)
    )
    def test_any_text_comes_back(self, texts: list[str]) -> None:
        service = ServiceFactory.create()
        titles = (texts or [""]) * bulk.FEW
        bulk.insert(_incidents(service, titles, texts))
        stored = Incident.objects.filter(service=service).order_by("pk")
        assert [(row.title, row.labels) for row in stored] == [(title, [*texts, title]) for title in titles]
