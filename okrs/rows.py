"""Objectives and key results as pages, cards and the API show them. Built from facts, in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from okrs import history, status, words
from okrs.facts import Facts, facts_of
from okrs.kinds import Kind, Status
from okrs.models import Cycle, KeyResult, Objective
from okrs.standing import Standing, objective_progress


@dataclass(frozen=True)
class KeyResultRow:
    """A key result on a day. Everything of `standing` may be read too."""

    facts: Facts
    standing: Standing

    @property
    def key_result(self) -> KeyResult:
        return self.facts.key_result

    @property
    def status(self) -> Status:
        return self.standing.status

    @property
    def value(self) -> str:
        return words.value_of(self.standing)

    @property
    def goal(self) -> str:
        return words.goal_of(self.key_result)

    @property
    def progress(self) -> str:
        return words.progress_of(self.standing)

    @property
    def due(self) -> str:
        return words.due_of(self.standing)

    @property
    def fed_by(self) -> str:
        """The title of the figure that feeds it."""
        return history.figure_title(self.key_result.figure) if self.key_result.figure else ""

    @property
    def share(self) -> float:
        """Progress as the bar shows it, 0 to 1."""
        return self.standing.progress or 0.0

    @property
    def is_milestone(self) -> bool:
        return self.key_result.kind == Kind.MILESTONE

    @property
    def has_begun(self) -> bool:
        """Whether it can be checked in: its cycle has begun."""
        return self.standing.today >= self.standing.cycle.first_day

    @property
    def beside(self) -> Status | None:
        """What the person says where it is better than what is shown."""
        return self.standing.human if self.standing.human_is_better else None


@dataclass(frozen=True)
class ObjectiveRow:
    objective: Objective
    rows: Sequence[KeyResultRow] = field(default_factory=list)

    @cached_property
    def progress(self) -> float | None:
        return objective_progress(row.standing for row in self.rows)

    @property
    def progress_text(self) -> str:
        return words.percent(self.progress)

    @cached_property
    def status(self) -> Status | None:
        """The worst of its key results; None without any."""
        return status.worst(row.status for row in self.rows)

    @property
    def reporting(self) -> int:
        return sum(row.standing.is_reported for row in self.rows)


def rows_of(key_results: Iterable[KeyResult], today: Callable[[int | None], date]) -> list[KeyResultRow]:
    """The rows in the order of the key results, each on its team's day. Two queries."""
    return [KeyResultRow(facts, facts.on(today(facts.key_result.objective.team_id))) for facts in facts_of(key_results)]


def objective_rows(objectives: Iterable[Objective], today: Callable[[int | None], date]) -> list[ObjectiveRow]:
    """Each objective with its key results. Three queries."""
    known = list(objectives)
    key_results = list(KeyResult.objects.live().filter(objective__in=known).listed())
    by_objective: dict[int, list[KeyResultRow]] = defaultdict(list)
    for row in rows_of(key_results, today):
        by_objective[row.key_result.objective_id].append(row)
    return [ObjectiveRow(each, by_objective[each.pk]) for each in known]


def current(cycles: Iterable[Cycle], today: date) -> list[Cycle]:
    """The cycles that run today; if none does the one that ended last, else the one that begins next."""
    known = sorted(cycles, key=lambda cycle: (cycle.first_day, cycle.last_day))
    running = [cycle for cycle in known if cycle.is_running(today)]
    if running:
        return running
    past = [cycle for cycle in known if cycle.last_day < today]
    return [max(past, key=lambda cycle: cycle.last_day)] if past else known[:1]
