"""How far it has come, for the page."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from core.content import text
from sample.models import Sample, State
from sample.steps import Step, steps
from sample.story import story
from teams.models import Person, Team


@dataclass(frozen=True)
class Progress:
    """`done` of `total` steps are written; `step` is the next one, while there is one."""

    row: Sample
    done: int
    total: int
    step: Step | None

    @property
    def team(self) -> str:
        return text(story()["teams"][self.step.team]["name"]) if self.step and self.step.team else ""

    @property
    def part(self) -> str | Promise:
        return self.step.part if self.step else ""

    @property
    def teams(self) -> int:
        return Team.objects.sample().count()

    @property
    def people(self) -> int:
        return Person.objects.sample().count()


def now() -> Progress:
    row, to_do = Sample.current(), steps()
    step = to_do[row.step] if row.state == State.LOADING and row.step < len(to_do) else None
    return Progress(row, row.step, len(to_do), step)
