"""Answers that expire and assessments that are due: docs/definitions.md, "What falls due". Today is 23 November 2026."""

from datetime import date, timedelta
from typing import Any

import pytest

from assessments import due, services
from assessments.models import Assessment
from core import clock
from teams.models import Person, Team
from tests.assessments.factories import TODAY, answered, answered_all, noon, started
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db
EVER = (date(2026, 1, 1), date(2028, 1, 1))
MONITOR = date(2026, 12, 1)


@pytest.fixture(autouse=True)
def _today() -> Any:
    with clock.at(TODAY):
        yield


@pytest.fixture
def round_(team: Team, editor: Person) -> Assessment:
    return started(team, editor, noon(9, 1))


def test_answers_that_count_until_the_same_day_are_one_thing(team: Team, editor: Person, round_: Assessment) -> None:
    for criterion in ("data.versioning", "data.pipeline", "model.reproducibility", "monitor.alerts"):
        answered(round_, editor, criterion, 1, valid_until=MONITOR)
    answered(round_, editor, "deploy.method", 1, valid_until=date(2026, 12, 2))
    answered(round_, editor, "deploy.rollback", None)  # unknown never expires
    (one, other) = due.answers([team], *EVER)
    assert (one.key, one.day, one.people) == (f"answers:{team.pk}:mlops-guide:2026-12-01", MONITOR, ())
    assert one.title["en"].count(",") == 2
    assert one.title["en"].endswith(" …")
    assert one.title["ja"].count("、") == 2
    assert (other.day, "…" in other.title["en"]) == (date(2026, 12, 2), False)
    assert list(due.answers([team], MONITOR, MONITOR)) == [one]


def test_an_answer_given_again_expires_on_its_new_day(team: Team, editor: Person, round_: Assessment) -> None:
    answered(round_, editor, "data.versioning", 1, noon(9, 2), valid_until=MONITOR)
    answered(round_, editor, "data.versioning", 1, valid_until=date(2027, 2, 1))
    assert [each.day for each in due.answers([team], *EVER)] == [date(2027, 2, 1)]


def test_a_round_is_due_28_days_after_its_start_or_reopening(team: Team, editor: Person, round_: Assessment) -> None:
    assert [(each.day, each.people) for each in due.assessments([team], *EVER)] == [(date(2026, 9, 29), ())]
    answered_all(round_, editor)
    services.submit(assessment=round_, by=editor)
    (following,) = due.assessments([team], *EVER)
    assert (following.day, following.key) == (date(2027, 5, 22), f"assessment:{round_.pk}:next")  # 180 days later
    services.reopen(assessment=Assessment.objects.get(pk=round_.pk), by=editor)
    assert [each.day for each in due.assessments([team], *EVER)] == [TODAY.date() + timedelta(days=28)]


def test_only_the_newest_round_counts(team: Team, editor: Person, round_: Assessment) -> None:
    answered_all(round_, editor)
    services.submit(assessment=round_, by=editor)
    newer = started(team, editor)
    assert [each.url for each in due.assessments([team], *EVER)] == [newer.get_absolute_url()]


def test_a_team_that_never_assessed_has_none_due(team: Team) -> None:
    assert list(due.assessments([team, None], *EVER)) == []


def test_as_many_queries_for_one_team_as_for_two(
    team: Team, editor: Person, round_: Assessment, django_assert_num_queries: Any
) -> None:
    answered(round_, editor, "data.versioning", 1)
    with django_assert_num_queries(3):
        one = [*due.answers([team], *EVER), *due.assessments([team], *EVER)]
    other = MembershipFactory().team
    answered(started(other, editor), editor, "data.versioning", 1)
    with django_assert_num_queries(3):
        assert len([*due.answers([team, other], *EVER), *due.assessments([team, other], *EVER)]) == 2 * len(one)
