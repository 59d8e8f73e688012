"""What falls due on roadmaps: docs/definitions.md, "What falls due". The roadmap began on 1 April 2026."""

from datetime import date, timedelta
from typing import Any

import pytest

from core import clock
from roadmaps import due, services
from roadmaps.models import Item, Roadmap, State
from teams.models import Person, Team
from tests.factories import MembershipFactory, TeamFactory
from tests.roadmaps.factories import START, item_of, noon, started, ticked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
YEAR = (START, START + timedelta(days=364))
PHASE_ENDS = date(2026, 6, 30)


def items_of(team: Team, first: date = YEAR[0], last: date = YEAR[1]) -> dict[str, Any]:
    return {each.key: each for each in due.items([team], first, last)}


def test_open_items_with_a_day_of_the_owner_or_of_the_team(team: Team, item: Item, editor: Person) -> None:
    key, other = f"item:{item.pk}", item_of(item.roadmap, "foundation.basic_cicd")
    found = items_of(team)
    assert (len(found), found[key].day, found[key].people) == (12, PHASE_ENDS, ())  # checklists have no day
    assert found[key].title == {"en": "Set up the Git repository", "ja": "Gitリポジトリ構築"}
    Item.objects.filter(pk=item.pk).update(owner=editor, title="Ours")
    assert (items_of(team)[key].people, items_of(team)[key].title) == ((editor.pk,), "Ours")
    Person.objects.filter(pk=editor.pk).update(is_active=False)
    assert items_of(team)[key].people == ()
    ticked(item, editor, noon(5, 1), State.IN_PROGRESS)
    ticked(other, editor, noon(5, 1))
    assert key in items_of(team)
    assert f"item:{other.pk}" not in items_of(team)


def test_both_days_belong_to_the_span(team: Team, item: Item) -> None:
    day = timedelta(days=1)
    assert f"item:{item.pk}" in items_of(team, PHASE_ENDS, PHASE_ENDS)
    assert items_of(team, PHASE_ENDS - 40 * day, PHASE_ENDS - day) == {}
    assert items_of(team, PHASE_ENDS + day, PHASE_ENDS + 40 * day) == {}


def test_a_moved_day_is_another_edition_of_the_same_thing(team: Team, item: Item, editor: Person) -> None:
    key, other = f"item:{item.pk}", f"item:{item_of(item.roadmap, 'foundation.basic_cicd').pk}"
    before = items_of(team)[key]
    with clock.at(noon(5, 2)):
        services.edit_item(item=item, seen={"due_date": PHASE_ENDS}, wanted={"due_date": date(2026, 5, 29)}, by=editor)
    moved, stays = items_of(team)[key], items_of(team)[other]
    assert (moved.day, moved.edition, moved.changed_at) == (date(2026, 5, 29), before.edition + 1, noon(5, 2))
    assert (stays.edition, stays.changed_at) == (before.edition, before.changed_at)
    with clock.at(noon(5, 3)):
        services.change_start_date(roadmap=item.roadmap, seen=START, start_date=date(2026, 5, 1), by=editor)
    assert items_of(team, last=date(2027, 5, 1))[other].edition == before.edition + 1


def test_training_on_wednesdays_of_the_twelve_months(team: Team, roadmap: Roadmap) -> None:
    found = list(due.training([team], date(2026, 1, 1), date(2027, 12, 31)))
    assert len(found) == 36
    assert [(each.day, each.key.split(":")[2]) for each in found[:4]] == [
        (date(2026, 4, 1), "training.best_practices"),
        (date(2026, 4, 8), "training.study_session"),
        (date(2026, 4, 15), "training.incident_review"),
        (date(2026, 5, 6), "training.best_practices"),
    ]
    assert {each.day.weekday() for each in found} == {2}
    assert len({each.key for each in found}) == 36
    assert found[-1].day == date(2027, 3, 17)
    assert found[0].title == {"en": "Sharing MLOps best practices", "ja": "MLOpsベストプラクティス共有会"}
    assert [each.day for each in due.training([team], date(2026, 4, 8), date(2026, 4, 8))] == [date(2026, 4, 8)]


def test_as_many_queries_for_one_team_as_for_two(
    team: Team, roadmap: Roadmap, editor: Person, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):
        one = [*due.items([team, None], *YEAR), *due.training([team, None], *YEAR)]
    other = MembershipFactory(team=TeamFactory()).team
    started(other, editor)
    with django_assert_num_queries(2):
        two = [*due.items([team, other], *YEAR), *due.training([team, other], *YEAR)]
    assert len(two) == 2 * len(one) == 96
