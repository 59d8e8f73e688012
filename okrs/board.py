"""What the OKR page of a team or of the organisation shows of one cycle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from django.urls import reverse

from core import clock
from okrs import progress, status, summary, words
from okrs.days import today_of
from okrs.facts import facts_of
from okrs.forms import CheckInForm
from okrs.kinds import Kind, Status
from okrs.models import CheckIn, ChecklistEntry, Cycle, KeyResult, Objective
from okrs.rows import KeyResultRow, ObjectiveRow, current, objective_rows
from teams.models import Person, Team


@dataclass
class CheckInRow:
    """A key result with its check-in form, as the OKR page and "My check-ins" show it. `saved`: when the person did it today."""

    row: KeyResultRow
    form: CheckInForm
    page: str  # "okrs", "check-ins", "key-result": where a page without JavaScript goes back to
    saved: datetime | None = None

    @property
    def done(self) -> set[int]:
        """The ticked entries of a checklist."""
        return {int(pk) for pk in self.form["done"].value() or () if str(pk).isdecimal()}


def with_forms(rows: Sequence[KeyResultRow], page: str) -> list[CheckInRow]:
    """Each row with its form. One query for the entries of all checklists, if there are any."""
    wanted = [row.key_result.pk for row in rows if row.key_result.kind == Kind.CHECKLIST]
    entries: dict[int, list[tuple[int, str]]] = {pk: [] for pk in wanted}
    if wanted:
        for entry in ChecklistEntry.objects.filter(key_result__in=wanted, skipped=False):
            entries[entry.key_result_id].append((entry.pk, entry.title))
    return [
        CheckInRow(row, CheckInForm(standing=row.standing, entries=entries.get(row.key_result.pk)), page)
        for row in rows
    ]


def row_of(key_result: KeyResult) -> KeyResultRow:
    """One key result as it is now."""
    (facts,) = facts_of([key_result])
    return KeyResultRow(facts, facts.on(today_of(key_result.objective.team)))


@dataclass(frozen=True)
class Place:
    """Where a key result may move among those of its objective, counted from 0; None at an end."""

    before: int | None
    after: int | None


def place_of(key_result: KeyResult) -> Place:
    siblings = KeyResult.objects.live().filter(objective=key_result.objective_id).order_by("position", "pk")
    order = list(siblings.values_list("pk", flat=True))
    if key_result.pk not in order:
        return Place(None, None)
    here = order.index(key_result.pk)
    return Place(here - 1 if here else None, here + 1 if here + 1 < len(order) else None)


@dataclass(frozen=True)
class Block:
    """An objective with its key results and their check-in forms."""

    objective: ObjectiveRow
    rows: list[CheckInRow] = field(default_factory=list)
    supported_by: list[Objective] = field(default_factory=list)


class Board:
    """One cycle's objectives of `team`, or of the organisation. `chosen` names a cycle; else the running one is shown."""

    def __init__(self, team: Team | None, chosen: str = "") -> None:
        self.team = team
        self.today = today_of(team)
        self.cycles = list(Cycle.objects.usable_by(team).select_related("created_by").newest_first())
        self.cycle = self._cycle(chosen)

    def _cycle(self, chosen: str) -> Cycle | None:
        named = next((cycle for cycle in self.cycles if str(cycle.pk) == chosen), None)
        if named or not self.cycles:
            return named
        used = set(Objective.objects.live().of(self.team).values_list("cycle", flat=True))
        mine = [cycle for cycle in self.cycles if cycle.pk in used]
        running = [cycle for cycle in current(mine, self.today) if cycle.is_running(self.today)]
        return (running or current(self.cycles, self.today))[0]

    @cached_property
    def blocks(self) -> list[Block]:
        objectives = list(Objective.objects.live().of(self.team).filter(cycle=self.cycle).listed())
        found = objective_rows(objectives, lambda _team: self.today)
        rows = with_forms([row for each in found for row in each.rows], "okrs")
        supporting = list(Objective.objects.live().filter(supports__in=objectives).select_related("team", "cycle"))
        return [
            Block(
                each,
                [row for row in rows if row.row.key_result.objective_id == each.objective.pk],
                [other for other in supporting if other.supports_id == each.objective.pk],
            )
            for each in found
        ]

    @property
    def rows(self) -> list[KeyResultRow]:
        return [each.row for block in self.blocks for each in block.rows]

    @property
    def status(self) -> Status | None:
        return status.worst(row.status for row in self.rows)

    @property
    def progress(self) -> str:
        parts = [(each.objective.objective.weight, each.objective.progress) for each in self.blocks]
        return words.percent(progress.roll_up((weight, done) for weight, done in parts if done is not None))

    @property
    def on_track(self) -> int:
        return sum(row.status == Status.ON_TRACK for row in self.rows)

    @property
    def reporting(self) -> int:
        return sum(row.standing.is_reported for row in self.rows)

    @property
    def day_number(self) -> int:
        return self.cycle.day_number(self.today) if self.cycle else 0

    @property
    def is_frozen(self) -> bool:
        return self.cycle is not None and self.cycle.is_frozen(self.today)

    @property
    def takes_objectives(self) -> bool:
        """Whether somebody real may add to it."""
        return self.cycle is not None and not self.is_frozen and not self.cycle.is_sample

    @property
    def has_ended(self) -> bool:
        return self.cycle is not None and self.today > self.cycle.last_day

    @property
    def has_begun(self) -> bool:
        return self.cycle is not None and self.today >= self.cycle.first_day

    @cached_property
    def archived(self) -> list[Objective | KeyResult]:
        if self.cycle is None:
            return []
        objectives = Objective.objects.of(self.team).filter(cycle=self.cycle, archived_at__isnull=False)
        key_results = KeyResult.objects.filter(
            objective__cycle=self.cycle,
            objective__team=self.team,
            objective__archived_at=None,
            archived_at__isnull=False,
        )
        return [*objectives.listed(), *key_results.listed()]

    @cached_property
    def to_reassign(self) -> list[KeyResult]:
        return summary.to_reassign([self.team]) if self.team else []

    @property
    def url(self) -> str:
        return page_of(self.team)

    @property
    def check_ins_url(self) -> str:
        """Where the cycle's check-ins are had as a file."""
        team = self.team
        listed = reverse("okr-check-ins-csv", args=[team.pk]) if team else reverse("organisation-check-ins-csv")
        return f"{listed}?cycle={self.cycle.pk}" if self.cycle else listed


def page_of(team: Team | None, cycle: Cycle | None = None) -> str:
    """The OKR page of a team or of the organisation."""
    page = reverse("okrs", args=[team.pk]) if team else reverse("organisation-okrs")
    return f"{page}?cycle={cycle.pk}" if cycle else page


@dataclass(frozen=True)
class MyCheckIns:
    """What a person answers for: `due` with those saved today, `later` the others."""

    due: list[CheckInRow]
    later: list[KeyResultRow]
    today: date

    @property
    def saved(self) -> int:
        return sum(bool(each.saved) for each in self.due)

    @property
    def left(self) -> int:
        return len(self.due) - self.saved

    @property
    def cycle(self) -> Cycle | None:
        """The one cycle of all that is due; None if there are several."""
        cycles = {each.row.key_result.cycle for each in self.due}
        return cycles.pop() if len(cycles) == 1 else None

    @property
    def day_number(self) -> int:
        return self.cycle.day_number(self.today) if self.cycle else 0

    @property
    def expected(self) -> str:
        cycle = self.cycle
        if cycle is None:
            return ""
        first, last = cycle.first_day, cycle.last_day
        return f"{100 * progress.expected(self.today, first=first, last=last, effective=first):.1f}%"


def my_check_ins(person: Person) -> MyCheckIns:
    """A constant number of queries."""
    rows = summary.rows_owned_by(person)
    saved = _saved_today(person, rows)
    due = [row for row in rows if row.standing.due.is_listed or row.key_result.pk in saved]
    listed = with_forms(due, "check-ins")
    for each in listed:
        if not each.row.standing.due.is_listed:
            each.saved = saved[each.row.key_result.pk]
    later = [row for row in rows if row not in due]
    return MyCheckIns(listed, later, today_of(None))


def _saved_today(person: Person, rows: Sequence[KeyResultRow]) -> dict[int, datetime]:
    """When the person checked in today, by key result."""
    now = clock.now()
    since = clock.start_of(clock.day_of(now, person.zone), person.zone)
    own = CheckIn.objects.recorded_since(since).filter(
        person=person, key_result__in=[row.key_result.pk for row in rows]
    )
    return dict(own.order_by("recorded_at").values_list("key_result", "recorded_at")) if rows else {}
