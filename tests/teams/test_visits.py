"""When somebody looked last: written at most once a visit."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from teams.models import Person, Visit
from teams.services.visits import LASTS, looked

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)


def at(instant: datetime, person: Person) -> datetime | None:
    with clock.at(instant):
        return looked(by=person)


def test_the_first_visit_has_none_before_it(editor: Person) -> None:
    assert at(NINE, editor) is None
    assert at(NINE + timedelta(minutes=5), editor) is None


def test_what_is_new_stays_new_for_the_whole_visit(editor: Person) -> None:
    at(NINE, editor)
    next_day = NINE + timedelta(days=1)
    assert at(next_day, editor) == NINE
    assert at(next_day + timedelta(hours=1), editor) == NINE, "looking again is the same visit"
    assert at(next_day + LASTS, editor) == next_day


def test_a_visit_is_written_once(editor: Person) -> None:
    at(NINE, editor)
    with CaptureQueriesContext(connection) as seen:
        at(NINE + timedelta(minutes=5), editor)
    assert [query["sql"].split()[0] for query in seen] == ["SELECT"]
    assert Visit.objects.get().began_at == NINE


def test_everybody_has_their_own(editor: Person, manager: Person) -> None:
    at(NINE, editor)
    assert at(NINE + timedelta(days=1), manager) is None
