"""Key results that a figure feeds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from core import clock, figures
from core.figures import Figure
from okrs import feed, services
from okrs.models import KeyResult, Objective
from okrs.services import OkrError
from okrs.tasks import feed as task
from teams.models import Person, Team
from tests.okrs.factories import checked_in, key_result_of, noon, objective_in, standing_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def reading() -> Iterator[dict[str, float | None]]:
    """A figure whose value of each day a test sets; "pooled" is the organisation's."""
    now: dict[str, float | None] = {"value": 3.0, "pooled": 7.0}
    figure = Figure(
        id="test_figure",
        title="Test figure",
        unit="days",
        better="more",
        values=lambda teams, days: {(team.pk, day): now["value"] for team in teams for day in days},
        pooled=lambda *_: now["pooled"],
    )
    share = Figure("test_share", "Share", "of all", "more", figure.values, figure.pooled, is_share=True)
    figures.register(figure)
    figures.register(share)
    yield now
    del figures._figures["test_figure"], figures._figures["test_share"]


def fed(objective: Objective, by: Person, **more: object) -> KeyResult:
    return key_result_of(
        objective, by, noon(11, 23), **({"start": 1, "target": 5, "figure": "test_figure", "unit": ""} | more)
    )


def test_it_is_fed_at_once_once_a_day_and_again_when_the_figure_moves(
    objective: Objective, editor: Person, reading: dict[str, float | None]
) -> None:
    row = fed(objective, editor)
    assert [(each.value, each.source, each.person) for each in row.check_ins.all()] == [(3, "figure", None)]
    task()
    assert feed.feed_all() == 0
    reading["value"] = 4.0
    assert feed.feed_all() == 1
    with clock.at(noon(11, 24)):
        assert feed.feed_all() == 1
    assert [each.value for each in row.check_ins.all()] == [3, 4, 4]
    assert row.check_ins.first().figure == "test_figure"


def test_no_data_is_silence(objective: Objective, editor: Person, reading: dict[str, float | None]) -> None:
    reading["value"] = None
    assert not fed(objective, editor).check_ins.exists()


def test_a_fed_value_counts_as_a_check_in_and_neither_deletes_the_other(
    objective: Objective, editor: Person, reading: dict[str, float | None]
) -> None:
    row = fed(objective, editor)
    assert standing_of(row).due.on == date(2026, 11, 30)
    checked_in(row, editor, noon(11, 23), 2, confidence=4, status="at_risk")
    assert standing_of(row).value == 2  # of the same date the one recorded last
    feed.feed_all()
    assert standing_of(row).value == 2
    with clock.at(noon(11, 24)):
        feed.feed_all()
    found = standing_of(row, date(2026, 11, 24))
    assert found.value == 3
    assert (found.confidence, found.human) == (4, "at_risk")  # what the person said stays
    assert row.check_ins.count() == 3


def test_a_share_is_read_as_percent(objective: Objective, editor: Person, reading: dict[str, float | None]) -> None:
    reading["value"] = 0.25
    row = fed(objective, editor, figure="test_share", unit="x")
    assert (row.unit, row.check_ins.get().value) == ("%", 25)


def test_the_organisation_reads_the_pooled_value(
    objective: Objective, editor: Person, reading: dict[str, float | None]
) -> None:
    theirs = objective_in(objective.cycle, editor, None)
    assert fed(theirs, editor).check_ins.get().value == 7


def test_only_running_cycles_and_live_rows_are_fed(
    objective: Objective, team: Team, editor: Person, reading: dict[str, float | None]
) -> None:
    row = fed(objective, editor)
    services.archive(row=row, by=editor)
    with clock.at(noon(11, 24)):
        assert feed.feed_all() == 0
        services.restore(row=row, by=editor)
        assert feed.feed_all() == 1
    with clock.at(noon(1, 1, 2027)):
        assert feed.feed_all() == 0


def test_what_cannot_be_fed(objective: Objective, editor: Person, reading: dict[str, float | None]) -> None:
    with pytest.raises(OkrError, match="no such figure"):
        fed(objective, editor, figure="nothing")
    with pytest.raises(OkrError, match="with a number"):
        fed(objective, editor, kind="milestone")


def test_a_figure_that_is_gone_feeds_nothing(
    objective: Objective, editor: Person, reading: dict[str, float | None]
) -> None:
    fed(objective, editor)
    KeyResult.objects.update(figure="gone")
    assert feed.feed_all() == 0
