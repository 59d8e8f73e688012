from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from assessments import library
from assessments.models import Answer, Assessment, Kind
from core import clock
from okrs.models import Cycle
from roadmaps import services
from roadmaps.models import Item
from teams.models import JobRole, Person, Team, TeamGroup
from tests.assessments.factories import started as begun
from tests.connections.factories import ServiceFactory
from tests.delivery.factories import DeploymentFactory, IncidentFactory, together
from tests.factories import MembershipFactory, TeamFactory
from tests.okrs.factories import checked_in, key_result_of, objective_in, quarter
from tests.roadmaps.factories import started

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)  # a Wednesday
MakeTeam = Callable[..., Team]


@pytest.fixture
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: clock._fixed.get() or NOW)


@pytest.fixture
def make_team(organisation: object, _now: None) -> MakeTeam:
    """A team with a product owner.

    `ticked`: how many weeks ago each of its items was done; `weekly`: deployment days a week before and in the last 13 weeks;
    `levels`, `before`: the level of each area ("2201"), answered last week and 15 weeks ago; `results`: the value of each key
    result from 0 to 100 on Monday, None where nobody checked in.
    """

    def make(
        name: str,
        *,
        group: str = "",
        ticked: list[int] | None = None,
        start: date = date(2026, 4, 1),
        weekly: tuple[int, int] | None = None,
        owner: str = "",
        levels: str = "",
        before: str = "",
        results: dict[str, float | None] | None = None,
    ) -> Team:
        made = TeamGroup.objects.get_or_create(name=group)[0] if group else None
        team = TeamFactory(name=name, group=made)
        member = MembershipFactory(team=team, job_role=JobRole.PRODUCT_OWNER, person__name=owner or f"Owner of {name}")
        if ticked is not None:
            roadmap = started(team, member.person, start)
            for item, weeks in zip(Item.objects.filter(roadmap=roadmap).of_phases(), ticked, strict=False):
                with clock.at(NOW - timedelta(weeks=weeks)):
                    services.tick(item=item, wanted="done", seen_version=0, by=member.person)
        if weekly is not None:
            deliver(team, *weekly)
        for states, weeks in ((before, 15), (levels, 1)):
            if states:
                assess(team, member.person, states, NOW - timedelta(weeks=weeks))
        if results is not None:
            aim(team, member.person, results)
        return team

    return make


def deliver(team: Team, before: int, now: int) -> None:
    """A repository with so many deployment days a week: 13 weeks of `before`, then 13 weeks of `now`; one incident of 2 hours."""
    service = ServiceFactory(source__connection__team=team, incident_labels=["incident"])
    monday = datetime(2026, 11, 23, 12, tzinfo=UTC)
    with together():
        for week in range(1, 27):
            for day in range(now if week <= 13 else before):
                DeploymentFactory(service=service, finished_at=monday - timedelta(weeks=week) + timedelta(days=day))
    began = monday - timedelta(weeks=2)
    IncidentFactory(service=service, began_at=began, resolved_at=began + timedelta(hours=2))


def assess(team: Team, by: Person, states: str, at: datetime) -> None:
    """Every criterion of an area answered with the same state, in a round that stays open. Writes no snapshots: it is quick."""
    draft = Assessment.objects.of_team(team.pk).drafts().first() or begun(team, by, at)
    said = [
        (each.id, int(state))
        for area, state in zip(library.load().areas, states, strict=True)
        for each in area.criteria
    ]
    version = draft.answers.count() // len(said) + 1
    Answer.objects.bulk_create(
        Answer(
            team=team, assessment=draft, criterion=criterion, version=version, kind=Kind.STATE, state=state, person=by,
            effective_on=at.date(), recorded_at=at,
        )
        for criterion, state in said
    )  # fmt: skip


def aim(team: Team, by: Person, results: dict[str, float | None]) -> None:
    objective = objective_in(Cycle.objects.first() or quarter(by), by, team)
    for title, value in results.items():
        made = key_result_of(objective, by, title=title)
        if value is not None:
            checked_in(made, by, NOW - timedelta(days=2), value)
