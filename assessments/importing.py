"""Answers as a table: one row for a criterion on a day. What a row would say anew, and the table of what was said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments import library
from assessments.models import Answer, Kind
from assessments.services import MaturityError, many
from assessments.services.common import lock
from assessments.services.many import Wanted
from core import clock
from core.content import text
from core.imports import Difference, Importer, Once, Planned, RowState, planned_each
from core.refusals import Refused
from core.tables import cells
from core.tables.reading import Column, Row
from core.tables.writing import kept
from teams.models import Person, Team
from teams.zones import with_zone

SAID = (Kind.STATE, Kind.UNKNOWN, Kind.NOT_APPLICABLE)  # what a table may say anew


class AnswerImporter(Importer):
    kind = "answers"
    title = gettext_lazy("Answers of the assessment")
    about = gettext_lazy(
        "Brings answers to the criteria, also of past days: the levels of every day since are worked out anew, and those of the"
        " teams that inherit. They belong to the round that is open."
    )
    tab = "maturity"
    columns: ClassVar[Sequence[Column]] = (
        Column(
            "criterion",
            gettext_lazy("Criterion"),
            gettext_lazy("Its id, or its title."),
            "data.versioning",
            required=True,
            names=True,
        ),
        Column(
            "state",
            gettext_lazy("State"),
            gettext_lazy("0 to 3, or a state's name; unknown; not_applicable."),
            "2",
            required=True,
        ),
        Column(
            "day",
            gettext_lazy("Day"),
            gettext_lazy("The day since which it is so, else today."),
            "2026-04-01",
        ),
        Column("comment", gettext_lazy("Comment"), example=gettext_lazy("DVC for all training data")),
        Column(
            "link",
            gettext_lazy("Link"),
            gettext_lazy("To what shows it: http:// or https://."),
            "https://wiki.example.com",
        ),
        Column(
            "valid_until",
            gettext_lazy("Valid until"),
            gettext_lazy("The last day on which it counts; else as long as the criterion's answers do."),
        ),
    )

    def notes(self) -> Sequence[Any]:
        return [
            gettext_lazy(
                "A criterion has one answer a day. Another one of the same day replaces it; the earlier one is kept."
            ),
            gettext_lazy(
                "Exempt and inherited criteria stand in a file that was downloaded, and cannot be changed by one."
            ),
        ]

    def plan(self, rows: Sequence[Row], team: Team, by: Person) -> list[Planned]:
        return planned_each(rows, _Plan(with_zone(team)).of)

    def apply(self, planned: Sequence[Planned], team: Team, by: Person) -> None:
        if planned:
            draft = many.draft_of(team, library.DEFAULT)
            many.answer_many(assessment=draft, wanted=[each.todo for each in planned], by=by)

    def lock(self, team: Team) -> None:
        lock(team)

    def rows(self, team: Team) -> Iterable[Sequence[Any]]:
        told = _Told(team)
        for criterion in library.load().criteria:
            days = sorted(day for name, day in told.on_day if name == criterion.id)
            for day in days:
                yield as_row(told.on_day[criterion.id, day])

    def address(self, team: Team) -> str:
        return reverse("assessment", args=[team.pk])


def as_row(answer: Answer) -> Sequence[Any]:
    state = answer.state if answer.kind == Kind.STATE else Kind(answer.kind).label
    return [
        answer.criterion,
        state,
        answer.effective_on,
        answer.comment.text if answer.comment else "",
        answer.link,
        answer.valid_until,
    ]


class _Told:
    """What the team has said: of each criterion and day the last answer, and the one that stands. One query."""

    def __init__(self, team: Team) -> None:
        self.on_day: dict[tuple[str, date], Answer] = {}
        self.standing: dict[str, Answer] = {}
        answers = Answer.objects.of([team], library.DEFAULT).select_related("comment")
        for answer in answers.order_by("criterion", "effective_on", "version"):
            self.on_day[answer.criterion, answer.effective_on] = self.standing[answer.criterion] = answer


@dataclass(frozen=True)
class _Said:
    """What a row says, as text and not checked yet."""

    kind: str
    state: int | None
    day: date | None
    comment: str
    link: str
    valid_until: date | None


class _Plan:
    """What the rows of one file say anew. Three queries, whatever the file's length."""

    def __init__(self, team: Team) -> None:
        self.team, self.today = team, clock.today(team.zone)
        self.model, self.told, self.once = library.load(), _Told(team), Once()
        titles = [(each.id, title) for each in self.model.criteria for title in each.title.values()]
        self.criteria = cells.Choices([(each.id, each.id) for each in self.model.criteria], also=titles)
        self.states = {each.id: _states(each) for each in self.model.criteria}
        self.lacking = _lacking_round(team)

    def of(self, row: Row) -> Planned:
        criterion = self.model.criterion(self.criteria.of(row["criterion"]))
        assert criterion is not None  # it is one of the choices
        said = self._said(row, criterion)
        day = said.day or self.today
        self.once.check((criterion.id, day), row.number)
        title = f"{text(criterion.title)} · {date_format(day)}"
        there = self.told.on_day.get((criterion.id, day)) if said.day else self._standing(criterion)
        if there is not None and _is_said(there, said):
            return Planned(row.number, RowState.SAME, title)
        if said.kind not in SAID:
            raise Refused(
                _("An exemption is asked for and approved, and a provider is chosen, on the criterion's page.")
            )
        before = self.told.on_day.get((criterion.id, day))
        wanted = self._wanted(criterion, said, before)
        state = RowState.CHANGED if before else RowState.NEW
        return Planned(row.number, state, title, differences=_differences(criterion, before, wanted), todo=wanted)

    def _said(self, row: Row, criterion: library.Criterion) -> _Said:
        state = self.states[criterion.id].of(row["state"])
        is_number = state.isdecimal()
        return _Said(
            kind=str(Kind.STATE) if is_number else state,
            state=int(state) if is_number else None,
            day=cells.day(row["day"]),
            comment=row["comment"].strip(),
            link=row["link"].strip(),
            valid_until=cells.day(row["valid_until"]),
        )

    def _standing(self, criterion: library.Criterion) -> Answer | None:
        """The answer that stands today, with which a row without a day is compared; one that has expired is given again."""
        found = self.told.standing.get(criterion.id)
        is_stale = found is not None and found.valid_until is not None and found.valid_until < self.today
        return None if is_stale else found

    def _wanted(self, criterion: library.Criterion, said: _Said, before: Answer | None) -> Wanted:
        """An empty cell leaves what was said on that day."""
        if self.lacking:
            raise MaturityError(self.lacking)
        kept_until = before.valid_until if before and (before.kind, before.state) == (said.kind, said.state) else None
        return many.checked(
            team=self.team,
            criterion=criterion,
            kind=said.kind,
            state=said.state,
            day=said.day,
            comment=said.comment or _comment_of(before),
            link=said.link or (before.link if before else ""),
            valid_until=said.valid_until or kept_until,
        )


def _lacking_round(team: Team) -> str:
    """Why nothing can be answered at present; "" if a round is open."""
    try:
        many.draft_of(team, library.DEFAULT)
    except MaturityError as error:
        return error.message
    return ""


def _states(criterion: library.Criterion) -> cells.Choices:
    numbers = [(str(state.n), str(state.n)) for state in criterion.states]
    labels = [(str(state.n), label) for state in criterion.states for label in state.label.values()]
    kinds = [(str(kind), kind.label) for kind in Kind if kind != Kind.STATE]
    return cells.Choices([*numbers, *kinds], also=labels)


def _comment_of(answer: Answer | None) -> str:
    return answer.comment.text if answer and answer.comment else ""


def _is_said(there: Answer, said: _Said) -> bool:
    """Whether the answer says all that the row says."""
    return (
        (there.kind, there.state) == (said.kind, said.state)
        and said.comment in ("", kept(_comment_of(there)).strip())
        and said.link in ("", kept(there.link))
        and said.valid_until in (None, there.valid_until)
    )


def _differences(criterion: library.Criterion, before: Answer | None, wanted: Wanted) -> list[Difference]:
    names = {column.key: str(column.header) for column in AnswerImporter.columns}
    told = [
        ("state", _state(criterion, before.kind, before.state) if before else "", _state(criterion, wanted.kind, wanted.state)),
        ("comment", _comment_of(before), wanted.comment),
        ("link", before.link if before else "", wanted.link),
        ("valid_until", _day(before.valid_until) if before else "", _day(wanted.valid_until)),
    ]  # fmt: skip
    return [Difference(names[name], old, new) for name, old, new in told if old != new]


def _state(criterion: library.Criterion, kind: str, state: int | None) -> str:
    if state is None:
        return str(Kind(kind).label)
    return f"{state} {text(criterion.states[state].label)}"


def _day(day: date | None) -> str:
    return date_format(day) if day else ""
