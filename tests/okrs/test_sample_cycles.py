"""Cycles and people of the sample organisation and the real ones keep apart."""

from __future__ import annotations

from datetime import date

import pytest

from okrs import services
from okrs.fields import OwnerField
from okrs.models import Cycle, KeyResult, Objective
from okrs.services import OkrError
from teams.models import Person, Team
from tests.factories import MembershipFactory, TeamFactory
from tests.okrs.factories import (
    objective_in,
    quarter,
    sample_person,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def sample_cycle(organisation: object) -> Cycle:
    """The organisation's, of the first half of December."""
    return quarter(sample_person(), None, date(2026, 12, 1), date(2026, 12, 15))


def test_a_real_team_does_not_use_a_sample_cycle(sample_cycle: Cycle, team: Team, editor: Person) -> None:
    sample_team = TeamFactory(is_sample=True)
    own = services.create_cycle(first_day=sample_cycle.first_day, last_day=sample_cycle.last_day, team=team, by=editor)
    assert list(Cycle.objects.usable_by(team)) == [own]
    assert list(Cycle.objects.usable_by(sample_team)) == list(Cycle.objects.usable_by(None)) == [sample_cycle]


def test_nobody_real_puts_anything_into_a_sample_cycle(
    sample_cycle: Cycle, team: Team, objective: Objective, key_result: KeyResult, editor: Person
) -> None:
    for own in (team, None):
        with pytest.raises(OkrError, match="belongs to the sample organisation"):
            objective_in(sample_cycle, editor, own)
    later = quarter(sample_cycle.created_by, None, date(2027, 1, 1), date(2027, 3, 31))
    with pytest.raises(OkrError, match="belongs to the sample organisation"):
        services.carry_over(cycle=objective.cycle, into=later, team=team, by=editor)
    assert objective_in(sample_cycle, sample_cycle.created_by, None).pk


def test_the_organisation_is_told_which_cycle_is_in_the_way(sample_cycle: Cycle, editor: Person) -> None:
    with pytest.raises(OkrError, match="Remove the sample first"):
        services.create_cycle(first_day=sample_cycle.first_day, last_day=sample_cycle.last_day, by=editor)


def test_sample_people_are_offered_for_the_sample_only(team: Team, editor: Person) -> None:
    sample = MembershipFactory(team=team, person=sample_person()).person
    field = OwnerField()
    for own in (team, None):
        field.offer(own)
        assert editor in field.queryset
        assert sample not in field.queryset
        field.offer(own, sample)
        assert sample in field.queryset
        field.offer(own, of_sample=True)
        assert sample in field.queryset
