"""Rounds and answers of a past day, as the tests of this room need them."""

from datetime import UTC, date, datetime

from assessments import library, services
from assessments.models import Answer, Assessment
from core import clock
from teams.models import Person, Team

TODAY = datetime(2026, 11, 23, 9, tzinfo=UTC)

# docs/definitions.md, Maturity: data 2,3,2; model 2,2,unknown; deploy 1,1,2; monitor 0,1,1.
GUIDE = {"data": (2, 3, 2), "model": (2, 2, None), "deploy": (1, 1, 2), "monitor": (0, 1, 1)}


def noon(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def started(team: Team, by: Person, at: datetime = TODAY) -> Assessment:
    with clock.at(at):
        return services.start_round(team=team, by=by)


def answered(
    assessment: Assessment, by: Person, criterion: str, state: int | None, at: datetime = TODAY, **more: object
) -> Answer:
    with clock.at(at):
        return services.answer(assessment=assessment, criterion=criterion, state=state, by=by, **more)


def answered_all(
    assessment: Assessment, by: Person, states: dict[str, tuple[int | None, ...]] = GUIDE, at: datetime = TODAY
) -> None:
    """Every criterion, by area in the order of the model."""
    for area in library.load().areas:
        for criterion, state in zip(area.criteria, states[area.key], strict=True):
            answered(assessment, by, criterion.id, state, at)


def days(*pairs: tuple[int, int]) -> list[date]:
    return [date(2026, month, day) for month, day in pairs]
