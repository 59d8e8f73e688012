"""Where teams stand: levels, change, coverage, next best step with the roadmap's item; constant queries."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import roadmaps.services
from assessments import services
from assessments.models import Assessment
from assessments.summary import for_team, for_teams
from core import links
from roadmaps.models import State
from teams.models import Person, Team
from tests.assessments.factories import GUIDE, TODAY, answered, answered_all, noon, started
from tests.factories import TeamFactory
from tests.roadmaps.factories import item_of
from tests.roadmaps.factories import started as roadmap_started

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
DAY = TODAY.date()


def test_a_team_that_never_answered(team: Team, editor: Person) -> None:
    found = for_teams([team])[team.pk]
    assert (found.overall, found.is_assessed, found.has_round, found.next_step) == (None, False, False, None)
    assert [area.level for area in found.areas] == [None] * 4
    assert (found.known, found.applicable) == (0, 12)
    assert {area.url for area in found.areas} == {found.url}, "its page has no areas to point at"
    assert for_team(team).radar.rows[0] == ["Versioning", 0, 0, None]
    started(team, editor)
    assert for_teams([team])[team.pk].areas[0].url == f"{found.url}#area-data"


def test_the_example_of_the_definitions(complete: Assessment) -> None:
    found = for_teams([complete.team])[complete.team_id]
    assert [(area.level, area.met, area.applicable) for area in found.areas] == [
        (2, 1, 3),
        (0, 2, 3),
        (1, 1, 3),
        (0, 2, 3),
    ]
    assert (found.overall, found.known, found.applicable, found.stale) == (0, 11, 12, 0)
    assert found.next_step is not None
    assert (found.next_step.criterion, found.next_step.level) == ("model.reproducibility", 1)
    assert found.next_step.title == "Answer “Reproducibility”"
    assert found.next_step.why == (
        "“Reproducibility” is the one criterion missing for Model development L1 (2 of 3 met)."
    )
    assert [row.is_met for row in found.areas[0].criteria] == [False, True, False]
    assert [area.change for area in found.areas] == [None] * 4


def test_change_is_against_13_weeks_ago(team: Team, editor: Person) -> None:
    draft = started(team, editor, noon(8, 1))
    answered_all(draft, editor, dict.fromkeys(GUIDE, (1, 1, 1)), noon(8, 1))
    answered_all(draft, editor, {**dict.fromkeys(GUIDE, (2, 2, 2)), "model": (0, 1, 1)}, noon(11, 1))
    found = for_teams([team])[team.pk]
    assert found.compared == date(2026, 8, 24)
    assert [area.change for area in found.areas] == [1, -1, 1, 1]
    assert for_team(team).radar.rows[0] == ["Versioning", 2, 1, None]


def test_what_is_stale(team: Team, editor: Person) -> None:
    draft = started(team, editor, noon(8, 1))
    answered_all(draft, editor, dict.fromkeys(GUIDE, (2, 2, 2)), noon(8, 1))
    found = for_teams([team])[team.pk]
    stale = [row.id for row in found.criteria if row.now.is_stale]
    assert stale == [row.id for row in found.criteria if row.criterion.valid_days == 90]
    assert found.stale == len(stale) > 0
    assert (found.known, found.applicable) == (12 - len(stale), 12)
    assert next(row for row in found.criteria if row.now.is_stale).said  # the old state is still told


def test_targets(team: Team, editor: Person, complete: Assessment) -> None:
    services.set_target(team=team, area="model", level=2, due=date(2027, 3, 31), by=editor)
    area = for_teams([team])[team.pk].areas[1]
    assert (area.target, area.target_due, area.misses_target) == (2, date(2027, 3, 31), True)


# -- The roadmap --


def only_rollback_misses(team: Team, editor: Person) -> Assessment:
    draft = started(team, editor)
    answered_all(draft, editor, {**dict.fromkeys(GUIDE, (3, 3, 3)), "deploy": (2, 2, 1)})
    return draft


def test_the_next_step_names_the_roadmaps_item(team: Team, editor: Person) -> None:
    roadmap = roadmap_started(team, editor)
    only_rollback_misses(team, editor)
    step = for_teams([team])[team.pk].next_step
    assert step is not None
    item = item_of(roadmap, "automation.model_registry")
    assert (step.criterion, step.level, step.item_url) == ("deploy.rollback", 2, item.get_absolute_url())


def test_the_item_that_reaches_the_level_goes_before_an_open_one_that_reaches_further(
    team: Team, editor: Person
) -> None:
    roadmap = roadmap_started(team, editor)
    only_rollback_misses(team, editor)
    exact = item_of(roadmap, "automation.model_registry")
    assert item_of(roadmap, "optimisation.ab_testing").state == State.TO_DO  # reaches 3 where 2 is needed
    roadmaps.services.tick(item=exact, wanted=State.DONE, seen_version=0, by=editor)
    step = for_teams([team])[team.pk].next_step
    assert step is not None
    assert step.item is not None
    assert (step.item.url, step.item_url, step.is_ticked) == (exact.get_absolute_url(), None, True)


def test_a_dropped_item_is_taken_up_again_by_one_click(team: Team, editor: Person) -> None:
    roadmap = roadmap_started(team, editor)
    only_rollback_misses(team, editor)
    for key in ("automation.model_registry", "optimisation.ab_testing"):
        item = item_of(roadmap, key)
        assert "deploy.rollback" in [name for name, _ in item.entry.criteria], key
        roadmaps.services.drop(item=item, reason="later", seen_version=0, by=editor)
    step = for_teams([team])[team.pk].next_step
    assert step is not None
    assert step.item_url is None
    url = links.add("criterion", team=team, target="deploy.rollback", reaches=2, by=editor)
    item = item_of(roadmap, "automation.model_registry")
    assert (url, item.state) == (item.get_absolute_url(), State.TO_DO)
    assert links.add("criterion", team=team, target="deploy.rollback", reaches=2, by=editor) == url
    step = for_teams([team])[team.pk].next_step
    assert step is not None
    assert step.item_url == url


def test_an_item_that_is_ticked_asks_to_look_again(team: Team, editor: Person) -> None:
    roadmap = roadmap_started(team, editor)
    only_rollback_misses(team, editor)
    for key in ("automation.model_registry", "optimisation.ab_testing"):
        roadmaps.services.tick(item=item_of(roadmap, key), wanted=State.DONE, seen_version=0, by=editor)
    step = for_teams([team])[team.pk].next_step
    assert step is not None
    assert (step.item_url, step.is_ticked) == (None, True)


def test_without_a_roadmap_one_is_started_first(team: Team, editor: Person) -> None:
    assert links.add("criterion", team=team, target="deploy.rollback", reaches=2, by=editor) == (
        f"/teams/{team.pk}/roadmap/"
    )


def test_inside_an_area_the_item_that_is_due_first_leads(team: Team, editor: Person) -> None:
    roadmap = roadmap_started(team, editor)
    draft = started(team, editor)
    answered_all(draft, editor, {**dict.fromkeys(GUIDE, (3, 3, 3)), "deploy": (1, 1, 1)})
    item = item_of(roadmap, "automation.model_registry")  # for environments and rollback
    roadmaps.services.set_due(item=item, due_date=DAY - timedelta(days=200), seen=item.due_date, by=editor)
    step = for_teams([team])[team.pk].next_step
    assert step is not None
    assert step.criterion == "deploy.environments"


# -- Queries --


def test_queries_do_not_grow_with_teams(editor: Person, organisation: object) -> None:
    teams = [TeamFactory() for _ in range(6)]
    for team in teams:
        roadmap_started(team, editor)
        answered_all(started(team, editor), editor)
        services.inherit(
            team=team, criterion="data.versioning", provider=teams[0 if team != teams[0] else 1], by=editor
        ) if (team is not teams[0]) else None
        services.set_target(team=team, area="data", level=3, due=date(2027, 3, 31), by=editor)
    counts = []
    for number in (3, 6):
        with CaptureQueriesContext(connection) as queries:
            for_teams(teams[:number])
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[1] <= 9


def test_answers_of_other_teams_are_not_mixed_up(team: Team, editor: Person) -> None:
    other = TeamFactory()
    answered(started(team, editor), editor, "data.versioning", 3)
    found = for_teams([team, other])
    assert (found[team.pk].known, found[other.pk].known) == (1, 0)
