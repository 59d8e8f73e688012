"""The levels of each day: written on change and at night, equal when built again."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments import services, snapshots, tasks
from assessments.figures import levels_on
from assessments.models import Snapshot
from assessments.summary import recent_changes
from core import clock, figures
from teams.models import Person, Team
from teams.services.teams import archive_team, restore_team
from tests.assessments.factories import GUIDE, answered, answered_all, noon, started
from tests.factories import TeamFactory

pytestmark = pytest.mark.django_db
C = "data.versioning"


def written() -> list[dict[str, object]]:
    return list(Snapshot.objects.order_by("team", "day", "area").values("team", "day", "area", *snapshots.FIGURES))


def assert_rebuilt_equal() -> None:
    before = written()
    assert before
    call_command("rebuild_maturity", stdout=open("/dev/null", "w"))  # noqa: SIM115
    assert written() == before


def levels(team: Team, area: str, *days: date) -> list[int | None]:
    return [levels_on([team], days)[team.pk, area, day] for day in days]


@pytest.fixture
def lived(team: Team, editor: Person, manager: Person) -> Team:
    """A spring and summer: two rounds, an exemption that ran out, a provider, targets, an import into the past."""
    platform = TeamFactory(name="Platform", time_zone="Asia/Tokyo")
    first = started(team, editor, noon(3, 2))
    answered_all(first, editor, GUIDE, noon(3, 2))
    with clock.at(noon(3, 20)):
        services.submit(assessment=first, by=editor)
        services.set_target(team=team, area="data", level=3, due=date(2026, 9, 30), by=editor)
        services.inherit(team=team, criterion=C, provider=platform, by=editor)
        asked = services.ask_exemption(
            team=team, criterion="model.reproducibility", reason="x", until=date(2026, 5, 1), by=editor
        )
    with clock.at(noon(4, 1)):
        services.approve_exemption(exemption=asked, by=manager)
    base = started(platform, editor, noon(3, 25))
    answered(base, editor, C, 1, noon(4, 10))
    with clock.at(noon(6, 1)):
        tasks.write_snapshots()
    second = started(team, editor, noon(7, 1))
    answered_all(second, editor, dict.fromkeys(GUIDE, (2, 2, 3)), noon(7, 1))
    answered(base, editor, C, 3, noon(7, 10), on=date(2026, 6, 15))
    with clock.at(noon(7, 20)):
        tasks.write_snapshots()
    return team


def test_deleted_and_built_again_they_are_equal(lived: Team) -> None:
    with clock.at(noon(7, 20)):
        assert_rebuilt_equal()


def test_every_day_has_a_row_from_the_first_answer_on(lived: Team) -> None:
    days = list(Snapshot.objects.of([lived], "mlops-guide").filter(area="data").values_list("day", flat=True))
    assert days == [
        date(2026, 3, 2) + timedelta(days=n) for n in range((date(2026, 7, 20) - date(2026, 3, 2)).days + 1)
    ]


def test_what_the_days_say(lived: Team) -> None:
    march, april, may, july = date(2026, 3, 2), date(2026, 4, 1), date(2026, 5, 2), date(2026, 7, 1)
    assert levels(lived, "model", march, april, may - timedelta(days=1), may, july) == [0, 2, 2, 0, 2]
    assert levels(lived, "data", march, date(2026, 3, 20), date(2026, 4, 10)) == [2, 0, 1]  # what Platform said
    assert levels(lived, "data", date(2026, 6, 14), date(2026, 7, 1)) == [0, 2]  # the quality answer ran out on 31 May
    targets = Snapshot.objects.filter(team=lived, area="data").values_list("day", "target")
    assert (dict(targets)[march], dict(targets)[april]) == (None, 3)


def test_an_answer_into_the_past_rewrites_the_days_since(team: Team, editor: Person) -> None:
    draft = started(team, editor, noon(3, 1))
    answered_all(draft, editor, dict.fromkeys(GUIDE, (2, 2, 2)), noon(3, 1))
    answered(draft, editor, C, 1, noon(3, 20), on=date(2026, 3, 10))
    assert levels(team, "data", date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 20)) == [2, 1, 1]
    answered(draft, editor, C, 3, noon(3, 21), on=date(2026, 2, 1))  # before anything else
    assert Snapshot.objects.order_by("day")[0].day == date(2026, 2, 1)
    with clock.at(noon(3, 21)):
        assert_rebuilt_equal()


def test_a_provider_rewrites_its_dependants_also_where_they_are_ahead(team: Team, editor: Person) -> None:
    """As when one team's year is told after another's."""
    platform = TeamFactory(name="Platform")
    with clock.at(noon(3, 1)):
        services.inherit(team=team, criterion=C, provider=platform, by=editor)
        for criterion in ("data.pipeline", "data.quality_monitoring"):
            services.inherit(team=team, criterion=criterion, provider=platform, by=editor)
    with clock.at(noon(6, 1)):
        tasks.write_snapshots()
    base = started(platform, editor, noon(3, 5))
    answered_all(base, editor, dict.fromkeys(GUIDE, (1, 1, 1)), noon(3, 5))
    assert levels(team, "data", date(2026, 3, 4), date(2026, 3, 5), date(2026, 5, 31)) == [0, 1, 1]
    with clock.at(noon(6, 1)):
        tasks.write_snapshots()
        assert_rebuilt_equal()


def test_the_night_is_idempotent_and_catches_up(team: Team, editor: Person) -> None:
    answered(started(team, editor, noon(3, 1)), editor, C, 1, noon(3, 1))
    with clock.at(noon(3, 9)):
        assert snapshots.write_nightly() == 1
        once = written()
        assert snapshots.write_nightly() == 0
        tasks.write_snapshots()
    assert written() == once
    assert len(once) == 4 * 9


def test_days_are_those_of_the_teams_zone(editor: Person, organisation: object) -> None:
    team = TeamFactory(time_zone="Asia/Tokyo")
    made = answered(started(team, editor, noon(3, 1)), editor, C, 1, noon(3, 1).replace(hour=20))
    assert made.effective_on == date(2026, 3, 2)
    team.time_zone = "UTC"
    team.save()
    with clock.at(noon(3, 4)):
        tasks.write_snapshots()
        assert_rebuilt_equal()  # the event keeps the day it was entered with


def test_an_archived_team_stands_still(team: Team, editor: Person, administrator: Person) -> None:
    answered(started(team, editor, noon(3, 1)), editor, C, 1, noon(3, 1))
    with clock.at(noon(3, 2)):
        archive_team(team=team, by=administrator)
    with clock.at(noon(3, 9)):
        assert snapshots.write_nightly() == 1  # to the day of archiving
        assert snapshots.write_nightly() == 0
        assert_rebuilt_equal()
        restore_team(team=team, by=administrator)
        assert snapshots.write_nightly() == 1
        assert_rebuilt_equal()


def test_the_figures(lived: Team) -> None:
    day = date(2026, 7, 20)
    ids = [figure.id for figure in figures.all_figures() if figure.id.startswith("maturity")]
    assert ids == ["maturity", "maturity_data", "maturity_model", "maturity_deploy", "maturity_monitor"]
    assert figures.get("maturity_model").values([lived], [day]) == {(lived.pk, day): 2}
    assert figures.get("maturity").values([lived], [day, date(2026, 3, 2)]) == {
        (lived.pk, day): 2,
        (lived.pk, date(2026, 3, 2)): 0,
    }
    assert figures.get("maturity").values([lived], [date(2020, 1, 1)]) == {(lived.pk, date(2020, 1, 1)): None}
    assert figures.get("maturity").pooled([lived], day) is None
    assert str(figures.get("maturity_data").title) == "Maturity: Data management"


def test_until_the_nights_row_is_there_yesterdays_stands(lived: Team) -> None:
    assert levels(lived, "model", date(2026, 7, 21), date(2026, 7, 22)) == [2, None]


def test_recent_changes(lived: Team) -> None:
    found = recent_changes([lived], date(2026, 4, 1))
    assert [(each.area, each.before, each.after, each.day) for each in found if each.area == "model"] == [
        ("model", 0, 2, date(2026, 7, 1)),
        ("model", 2, 0, date(2026, 5, 2)),
        ("model", 0, 2, date(2026, 4, 1)),
    ]


@pytest.mark.parametrize("ask", [levels_on, lambda teams, days: recent_changes(teams, days[0])])
def test_queries_do_not_grow_with_teams(editor: Person, organisation: object, ask: Callable[..., object]) -> None:
    teams = [TeamFactory() for _ in range(4)]
    for team in teams:
        answered(started(team, editor, noon(3, 1)), editor, C, 1, noon(3, 1))
    counts = []
    for number in (2, 4):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            ask(teams[:number], [date(2026, 3, 1)])
        counts.append(len(queries))
    assert counts == [1, 1]
