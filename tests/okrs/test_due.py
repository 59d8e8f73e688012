"""The check-ins that fall due: every Monday until 28 December; seen on Monday 23 November 2026."""

from datetime import date
from typing import Any

import pytest

from okrs import due
from okrs.models import Cycle, KeyResult
from teams.models import Person, Team
from tests.factories import MembershipFactory
from tests.okrs.factories import FIRST, LAST, MORNING, checked_in, key_result_of, noon, objective_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def days_of(teams: list[Team | None]) -> list[date]:
    return [each.day for each in due.check_ins(teams, FIRST, LAST)]


def test_a_day_that_a_check_in_covers_is_not_due(team: Team, editor: Person, key_result: KeyResult) -> None:
    assert days_of([team])[:2] == [date(2026, 10, 5), date(2026, 10, 12)]
    checked_in(key_result, editor, noon(11, 17), 1)
    assert days_of([team])[0] == date(2026, 11, 30)  # the 17th is the day after the 16th: it counts for the 23rd
    assert days_of([team])[-1] == date(2026, 12, 28)


def test_of_its_owner_of_its_objective_s_or_of_the_team(team: Team, editor: Person, key_result: KeyResult) -> None:
    one = next(iter(due.check_ins([team], FIRST, LAST)))
    assert (one.key, one.people) == (f"check-in:{key_result.pk}:2026-10-05", (editor.pk,))
    assert (one.url, one.changed_at) == (key_result.get_absolute_url(), MORNING)
    KeyResult.objects.update(owner=None)
    key_result.objective.__class__.objects.update(owner=editor)
    assert next(iter(due.check_ins([team], FIRST, LAST))).people == (editor.pk,)
    Person.objects.update(is_active=False)
    assert next(iter(due.check_ins([team], FIRST, LAST))).people == ()


def test_a_check_in_is_a_change(team: Team, editor: Person, key_result: KeyResult) -> None:
    checked_in(key_result, editor, noon(11, 17), 1)
    assert {each.changed_at for each in due.check_ins([team], FIRST, LAST)} == {noon(11, 17)}


def test_nothing_of_closed_cycles_and_of_what_is_archived_or_done(
    team: Team, cycle: Cycle, editor: Person, key_result: KeyResult
) -> None:
    milestone = key_result_of(key_result.objective, editor, kind="milestone", title="M")
    assert len({each.key.split(":")[1] for each in due.check_ins([team], FIRST, LAST)}) == 2
    checked_in(milestone, editor, noon(11, 2), 1)
    KeyResult.objects.filter(pk=key_result.pk).update(archived_at=noon(11, 1))
    assert days_of([team]) == []
    KeyResult.objects.update(archived_at=None)
    assert days_of([team]) != []
    Cycle.objects.update(closed_on=date(2026, 11, 1), closed_by=editor)
    assert days_of([team]) == []


def test_the_organisation_s_are_asked_for_by_none(
    team: Team, cycle: Cycle, editor: Person, key_result: KeyResult
) -> None:
    own = key_result_of(objective_in(cycle, editor, None), editor)
    found = list(due.check_ins([None], FIRST, LAST))
    assert {(each.team, each.key.split(":")[1]) for each in found} == {(None, str(own.pk))}
    assert len(days_of([team, None])) == 2 * len(days_of([team]))


def test_as_many_queries_for_one_team_as_for_two(
    team: Team, cycle: Cycle, editor: Person, key_result: KeyResult, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(3):
        one = list(due.check_ins([team], FIRST, LAST))
    other = MembershipFactory(person=editor).team
    key_result_of(objective_in(cycle, editor, other), editor)
    with django_assert_num_queries(3):
        assert len(list(due.check_ins([team, other], FIRST, LAST))) == 2 * len(one)
