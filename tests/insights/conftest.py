from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from core import clock
from roadmaps import services
from roadmaps.models import Item
from teams.models import JobRole, Team, TeamGroup
from tests.connections.factories import ServiceFactory
from tests.delivery.factories import DeploymentFactory, IncidentFactory
from tests.factories import MembershipFactory, TeamFactory
from tests.roadmaps.factories import started

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)  # a Wednesday
MakeTeam = Callable[..., Team]


@pytest.fixture
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: clock._fixed.get() or NOW)


@pytest.fixture
def make_team(organisation: object, _now: None) -> MakeTeam:
    """A team with a product owner; `ticked`: how many weeks ago each of its items was done; `weekly`: deployments in 26 weeks."""

    def make(
        name: str,
        *,
        group: str = "",
        ticked: list[int] | None = None,
        start: date = date(2026, 4, 1),
        weekly: tuple[int, int] | None = None,
        owner: str = "",
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
        return team

    return make


def deliver(team: Team, before: int, now: int) -> None:
    """A repository with so many deployment days a week: 13 weeks of `before`, then 13 weeks of `now`; one incident of 2 hours."""
    service = ServiceFactory(source__connection__team=team, incident_labels=["incident"])
    monday = datetime(2026, 11, 23, 12, tzinfo=UTC)
    for week in range(1, 27):
        for day in range(now if week <= 13 else before):
            DeploymentFactory(service=service, finished_at=monday - timedelta(weeks=week) + timedelta(days=day))
    began = monday - timedelta(weeks=2)
    IncidentFactory(service=service, began_at=began, resolved_at=began + timedelta(hours=2))
