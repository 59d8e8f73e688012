"""What the page of a round shows: areas of rows, assembled in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import uuid4

from assessments import histories, library, rounds, scoring
from assessments.models import Answer, Assessment, Exemption, Kind, RoundState
from assessments.scoring import Score, Standing
from assessments.wording import level_title, said
from core import clock
from core.content import text
from teams.models import Team

UNKNOWN, NOT_APPLICABLE = Kind.UNKNOWN.value, Kind.NOT_APPLICABLE.value  # choices beside the states


@dataclass(frozen=True)
class Typed:
    """What somebody sent that was not taken, shown again in its row."""

    choice: str = ""
    comment: str = ""
    link: str = ""
    seen: str = ""

    @classmethod
    def sent(cls) -> tuple[str, ...]:
        """The names under which a form sends it, in the order of the fields."""
        return ("choice", "comment", "link", "seen")


@dataclass(frozen=True)
class Choice:
    """A state to choose. `key`: the number on the keyboard. `was`: it was the answer before this round."""

    value: str
    key: str
    label: str
    looks_like: str
    is_chosen: bool
    was: bool


@dataclass(frozen=True)
class Row:
    """A criterion. `answer`: the newest of this round; `last`: the one that stood before it; `newest`: whatever was said last."""

    criterion: library.Criterion
    standing: Standing
    answer: Answer | None
    last: Answer | None
    newest: Answer | None
    exemption: Exemption | None
    provider: Team | None
    typed: Typed | None = None

    @property
    def key(self) -> str:
        """For ids in the page, where a dot means something else."""
        return self.criterion.id.replace(".", "-")

    @property
    def title(self) -> str:
        return text(self.criterion.title)

    @property
    def is_special(self) -> bool:
        """What stands was said apart from the states: inherited or exempt."""
        return self.newest is not None and self.newest.kind in (Kind.INHERITED, Kind.EXEMPT)

    @property
    def needs_answer(self) -> bool:
        return rounds.needs_answer(self.standing, answered=self.answer is not None)

    @property
    def chosen(self) -> str:
        """The value that is chosen: what was typed, else what this round says."""
        return self.typed.choice if self.typed else value_of(self.answer)

    @property
    def comment(self) -> str:
        if self.typed:
            return self.typed.comment
        return self.answer.comment.text if self.answer and self.answer.comment else ""

    @property
    def link(self) -> str:
        """The evidence: of a criterion not answered yet the last round's, so that the same answer keeps it."""
        if self.typed:
            return self.typed.link
        said = self.answer or self.last
        return said.link if said else ""

    @property
    def seen(self) -> int | str:
        """The version that the page shows; after a refusal still the one that was seen, or another's answer would be lost."""
        if self.typed:
            return self.typed.seen
        return self.newest.version if self.newest else 0

    @property
    def told(self) -> list[str]:
        """What the newest answer says besides its state."""
        newest = self.newest
        comment = newest.comment.text if newest and newest.comment else ""
        return [each for each in (comment, newest.link if newest else "") if each]

    @property
    def request_id(self) -> str:
        """New each time it is asked for: one save, one request."""
        return uuid4().hex

    @property
    def choices(self) -> list[Choice]:
        return [
            Choice(
                str(state.n),
                str(state.n + 1),
                text(state.label),
                text(state.looks_like),
                self.chosen == str(state.n),
                value_of(self.last) == str(state.n),
            )
            for state in self.criterion.states
        ]

    @property
    def others(self) -> list[Choice]:
        """Unknown and not applicable."""
        return [
            Choice(value, key, str(Kind(value).label), "", self.chosen == value, value_of(self.last) == value)
            for value, key in ((UNKNOWN, "U"), (NOT_APPLICABLE, "N"))
        ]

    @property
    def answer_said(self) -> str:
        return said(self.criterion, self.answer.kind, self.answer.state) if self.answer else ""

    @property
    def last_said(self) -> str:
        return said(self.criterion, self.last.kind, self.last.state) if self.last else ""

    @property
    def now_said(self) -> str:
        """What it counts as: of an inherited one what its provider says."""
        return said(self.criterion, self.standing.kind, self.standing.state)


def value_of(answer: Answer | None) -> str:
    """An answer as the page's choice; "" for none, and for what cannot be chosen there."""
    if answer is None:
        return ""
    if answer.kind == Kind.STATE:
        return str(answer.state)
    return answer.kind if answer.kind in (UNKNOWN, NOT_APPLICABLE) else ""


@dataclass(frozen=True)
class Section:
    area: library.Area
    rows: Sequence[Row]
    score: Score
    level_title: str

    @property
    def title(self) -> str:
        return text(self.area.title)

    @property
    def answered(self) -> int:
        return sum(not row.needs_answer for row in self.rows)

    @property
    def next_level(self) -> int | None:
        level = self.score.level
        return int(level) + 1 if self.score.to_next is not None and level is not None else None


class Sheet:
    """A round for one reader. The number of queries depends on nothing that people wrote."""

    def __init__(self, assessment: Assessment, typed: dict[str, Typed] | None = None) -> None:
        self.assessment = assessment
        self.team = assessment.team
        self.model = assessment.model
        # An earlier round shows what was said until it was handed in, and what that meant on that day.
        self.until = self._handed_in()
        self.day = clock.day_of(self.until or clock.now(), self.team.zone)
        self.typed = typed or {}

    def _handed_in(self) -> datetime | None:
        """When the round was submitted, the last time; None while it can be changed."""
        if self.assessment.is_draft:
            return None
        return self.assessment.steps.filter(to_state=RoundState.SUBMITTED).latest("recorded_at").recorded_at

    @cached_property
    def rows(self) -> list[Row]:
        history = histories.on_days([self.team.pk], [self.day], self.model.id)
        standings = histories.standings(self.team, history, self.day, self.model)
        answers = self._answers()
        requests = Exemption.objects.of_team(self.team.pk).open().filter(model_id=self.model.id).listed()
        open_requests = {each.criterion: each for each in requests} if self.until is None else {}
        return [
            self._row(each, standings[each.id], answers[each.id], open_requests.get(each.id))
            for each in self.model.criteria
        ]

    def _answers(self) -> dict[str, list[Answer]]:
        """By criterion, the oldest first."""
        found: dict[str, list[Answer]] = defaultdict(list)
        answers: Iterable[Answer] = (
            Answer.objects.of([self.team], self.model.id)
            .select_related("person", "comment", "provider")
            .order_by("version")
        )
        for answer in answers:
            if self.until is None or answer.recorded_at <= self.until:
                found[answer.criterion].append(answer)
        return found

    def _row(
        self, criterion: library.Criterion, standing: Standing, answers: list[Answer], exemption: Exemption | None
    ) -> Row:
        newest = answers[-1] if answers else None
        mine = [answer for answer in answers if answer.assessment_id == self.assessment.pk]
        before = [
            answer
            for answer in answers
            if answer.assessment_id != self.assessment.pk and answer.recorded_at <= self.assessment.started_at
        ]
        return Row(
            criterion=criterion,
            standing=standing,
            # What was inherited or exempted since stands instead of it.
            answer=mine[-1] if mine and newest is mine[-1] else None,
            last=before[-1] if before else None,
            newest=newest,
            exemption=exemption,
            provider=newest.provider if newest else None,
            typed=self.typed.get(criterion.id),
        )

    @cached_property
    def sections(self) -> list[Section]:
        by_area: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            by_area[row.criterion.area].append(row)
        return [self._section(area, by_area[area.key]) for area in self.model.areas]

    def _section(self, area: library.Area, rows: Sequence[Row]) -> Section:
        score = scoring.score([row.standing for row in rows], self.model.top)
        return Section(area, rows, score, level_title(self.model, None if score.level is None else int(score.level)))

    def row(self, criterion_id: str) -> Row:
        return next(row for row in self.rows if row.criterion.id == criterion_id)

    def section_of(self, criterion: library.Criterion) -> Section:
        return next(section for section in self.sections if section.area.key == criterion.area)

    # -- The round as a whole --

    @property
    def missing(self) -> list[Row]:
        return [row for row in self.rows if row.needs_answer]

    @property
    def total(self) -> int:
        return len(self.rows)

    @property
    def answered(self) -> int:
        return self.total - len(self.missing)

    @property
    def known(self) -> int:
        return sum(row.standing.is_known for row in self.rows if row.standing.applies)

    @property
    def applicable(self) -> int:
        return sum(row.standing.applies for row in self.rows)

    @property
    def linked(self) -> int:
        return sum(bool(row.newest and row.newest.link) for row in self.rows if row.standing.applies)

    @property
    def stale(self) -> int:
        return sum(row.standing.is_stale for row in self.rows)
