"""Key results with their objectives. An objective is made where a new key result names one that is not there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from core import figures
from core.addresses import pk_in
from core.imports import Difference, Importer, Once, Planned, RowState, planned_each
from core.refusals import Refused
from core.tables.cells import Choices, day, plain, short
from core.tables.reading import Column, Row
from okrs.importing import cells
from okrs.kinds import Kind
from okrs.models import CheckIn, Cycle, KeyResult, Objective
from okrs.numbers import written
from okrs.querysets import KeyResultQuerySet
from okrs.services import create_key_result, create_objective, edit_key_result
from okrs.services.common import check_not_of_the_sample
from okrs.services.key_results import check_feeds_another, normalise
from okrs.services.objectives import checked_fields
from teams.models import Person, Team
from teams.named import Named

MOST = 1000  # rows of one file: each new key result is made by itself

COLUMNS = (
    Column("id", _("Key result (id)"), _("Names one that is there. Empty for a new one.")),
    Column(
        "cycle_begins",
        _("Cycle begins"),
        _("The cycle that runs, where it is left empty."),
        "2026-10-01",
    ),
    Column("cycle_ends", _("Cycle ends"), "", "2026-12-31"),
    Column("objective", _("Objective"), "", _("Deliver models twice as fast"), required=True),
    Column(
        "business_metric",
        _("Business metric"),
        _("Needed for a new objective."),
        _("Time to market"),
    ),
    Column("title", _("Key result"), "", _("Lead time of a model change"), required=True, names=True),
    Column("kind", _("Kind"), "", Kind.DECREASE.label),
    Column("unit", _("Unit"), "", _("days")),
    Column("start", _("Start value"), _("Of what increases or decreases."), "12"),
    Column("target", _("Target value"), _("Of what increases or decreases."), "6"),
    Column("low", _("At least"), _("The lower bound of what is kept.")),
    Column("high", _("At most"), _("The upper bound of what is kept.")),
    Column("phases", _("Phased targets"), _("A day and a value on each line: 2026-11-15 90.")),
    Column("due_day", _("Due"), _("Of a milestone; the end of the cycle where it is left empty.")),
    Column("effective_on", _("Takes effect"), _("Today, where it is left empty.")),
    Column("weight", _("Weight"), _("1 where it is left empty.")),
    Column(
        "owner",
        _("Owner"),
        _("A name or an e-mail address of somebody of the team, or of anybody for the organisation."),
    ),
    Column("done_when", _("Counts as done when")),
    Column("entries", _("Checklist"), _("Of a checklist: an entry on each line.")),
    Column("figure", _("Fed by"), _("The figure that feeds it.")),
)
_PLAIN = ("unit", "done_when")
_NUMBERS = ("start", "target", "low", "high", "weight")
_DAYS = ("due_day", "effective_on")


@dataclass(frozen=True)
class _New:
    """`objective` None: it is made, of this `objective_title`."""

    cycle: Cycle
    objective: Objective | None
    objective_title: str
    business_metric: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class _Edit:
    key_result: KeyResult
    wanted: dict[str, Any]
    seen: dict[str, Any]


class KeyResults(Importer):
    kind = "key-results"
    title = _("Key results")
    about = _(
        "Key results with their objectives. A row with the id or the title of a key result that is there changes it; any other "
        "adds one. Their check-ins are a table of their own."
    )
    tab = "okrs"
    columns = COLUMNS
    of_organisation = True
    at_once = 200  # each is made by itself
    then = ("check-ins",)

    def plan(self, rows: Sequence[Row], team: Team | None, by: Person) -> list[Planned]:
        if len(rows) > MOST:
            raise Refused(now("At most %(most)s key results can be brought at once.") % {"most": MOST})
        return planned_each(rows, _Plan(team, by).of)

    def apply(self, planned: Sequence[Planned], team: Team | None, by: Person) -> None:
        made: dict[tuple[int, str], Objective] = {}
        for each in planned:
            if isinstance(each.todo, _Edit):
                todo = each.todo
                edit_key_result(key_result=todo.key_result, by=by, wanted=todo.wanted, seen=todo.seen)
            elif isinstance(each.todo, _New):
                _make(each.todo, made, team, by)

    def lock(self, team: Team | None) -> None:
        """The cycles too: an objective is added under the lock of its cycle."""
        list(Cycle.objects.usable_by(team).select_for_update(of=("self",)).order_by("pk"))
        list(Objective.objects.filter(team=team).select_for_update(of=("self",)).order_by("pk"))
        list(KeyResult.objects.filter(objective__team=team).select_for_update(of=("self",)).order_by("pk"))

    def rows(self, team: Team | None) -> Iterable[Sequence[Any]]:
        return cells_of(_stored(team).live(), team)

    def address(self, team: Team | None) -> str:
        return reverse("okrs", args=[team.pk]) if team else reverse("organisation-okrs")


def _stored(team: Team | None) -> KeyResultQuerySet:
    return KeyResult.objects.filter(objective__team=team).listed().prefetch_related("entries")


def cells_of(key_results: Iterable[KeyResult], team: Team | None) -> Iterable[list[Any]]:
    """The cells of each in the order of COLUMNS. `team` None: the organisation's."""
    named = Named(team)
    for each in key_results:
        yield _cells(each, named)


def _cells(row: KeyResult, named: Named) -> list[Any]:
    return [
        row.pk,
        row.cycle.first_day,
        row.cycle.last_day,
        row.objective.title,
        row.objective.business_metric,
        row.title,
        Kind(row.kind).label,
        row.unit,
        row.start,
        row.target,
        row.low,
        row.high,
        "\n".join(f"{day} {cells.exact(value)}" for day, value in row.phases),
        row.due_day,
        row.effective_on,
        row.weight,
        named.written(row.owner),
        row.done_when,
        "\n".join(entry.title for entry in row.entries.all() if not entry.skipped),
        row.figure,
    ]


def _make(todo: _New, made: dict[tuple[int, str], Objective], team: Team | None, by: Person) -> None:
    key = todo.cycle.pk, plain(todo.objective_title)
    objective = todo.objective or made.get(key)
    if objective is None:
        objective = made[key] = create_objective(
            cycle=todo.cycle, team=team, title=todo.objective_title, business_metric=todo.business_metric, by=by
        )
    create_key_result(objective=objective, by=by, **todo.fields)


@dataclass
class _Plan:
    """What there is, loaded once, and what the rows so far would do."""

    team: Team | None
    by: Person
    once: Once = field(default_factory=Once)
    new_objectives: dict[tuple[int, str], str] = field(default_factory=dict)  # with the business metric

    def __post_init__(self) -> None:
        self.cycles, self.named = cells.Cycles(self.team), Named(self.team)
        has_check_ins = Exists(CheckIn.objects.filter(key_result=OuterRef("pk")))
        self.stored = list(_stored(self.team).annotate(has_check_ins=has_check_ins))
        self.objectives = list(
            Objective.objects.live().of(self.team).select_related("cycle").order_by("position", "pk")
        )
        self.kinds = Choices(Kind.choices)
        self.figures = Choices((each.id, each.title) for each in figures.all_figures())
        self.by_pk = {each.pk: each for each in self.stored}
        self.called: dict[tuple[int, str, str], list[KeyResult]] = defaultdict(list)
        for each in self.stored:
            if not (each.archived_at or each.objective.archived_at):
                key = each.objective.cycle_id, plain(each.objective.title), plain(each.title)
                self.called[key].append(each)

    def of(self, row: Row) -> Planned:
        found = self._by_id(row) if row["id"] else None
        cycle = found.cycle if found and not (row["cycle_begins"] or row["cycle_ends"]) else self.cycles.of(row)
        found = found or self._by_title(row, cycle)
        self.once.check(found.pk if found else (cycle.pk, plain(row["objective"]), plain(row["title"])), row.number)
        return self._edit(row, found, cycle) if found else self._new(row, cycle)

    def _by_id(self, row: Row) -> KeyResult:
        found = self.by_pk.get(pk_in(row["id"]) or 0)
        if found is None:
            raise Refused(now("No key result here has the id %(id)s.") % {"id": short(row["id"])})
        if found.archived_at or found.objective.archived_at:
            raise Refused(now("This key result is archived."))
        return found

    def _by_title(self, row: Row, cycle: Cycle) -> KeyResult | None:
        found = self.called.get((cycle.pk, plain(row["objective"]), plain(row["title"])), [])
        return cells.only(found, row["title"])  # type: ignore[no-any-return]

    # -- A key result that is there

    def _edit(self, row: Row, found: KeyResult, cycle: Cycle) -> Planned:
        self._check_place(row, found, cycle)
        self._check_entries(row, found)
        given = self._fields(row, found)
        changed = copy(found)
        for name, value in given.items():
            setattr(changed, name, value)
        if any(_differs(changed, found, name) for name in given):
            normalise(changed)
        wanted = {name: getattr(changed, name) for name in given if _differs(changed, found, name)}
        title = f"{found.objective.title}: {found.title}"
        if not wanted:
            return Planned(row.number, RowState.SAME, title)
        self._check_edit(found, changed, wanted)
        seen = {name: getattr(found, name) for name in wanted}
        told = [Difference(str(_HEADERS[name]), _told(name, seen[name]), _told(name, wanted[name])) for name in wanted]
        return Planned(row.number, RowState.CHANGED, title, differences=told, todo=_Edit(found, wanted, seen))

    def _check_place(self, row: Row, found: KeyResult, cycle: Cycle) -> None:
        if cycle.pk != found.objective.cycle_id or plain(row["objective"]) != plain(found.objective.title):
            message = now("This key result belongs to the objective “%(title)s” of %(cycle)s and stays there.")
            raise Refused(message % {"title": short(found.objective.title), "cycle": found.cycle.shown_title})
        self._check_metric(row, found.objective.business_metric)

    def _check_metric(self, row: Row, stored: str) -> None:
        if row["business_metric"].strip() and plain(row["business_metric"]) != plain(stored):
            message = now("The objective serves “%(metric)s”. Change that on its page.")
            raise Refused(message % {"metric": short(stored)})

    def _check_entries(self, row: Row, found: KeyResult) -> None:
        wanted = cells.lines(row["entries"])
        stored = [cells.words(entry.title) for entry in found.entries.all() if not entry.skipped]
        if wanted and wanted != stored:
            raise Refused(now("The checklist is not the one that is there. Change it on the page of the key result."))

    def _check_edit(self, found: KeyResult, changed: KeyResult, wanted: dict[str, Any]) -> None:
        self.cycles.check_open(found.cycle)
        if "kind" in wanted and found.has_check_ins:  # type: ignore[attr-defined]
            raise Refused(now("The kind stays as it is, since there are check-ins."))
        if "figure" in wanted:
            check_feeds_another(changed)

    # -- A new one

    def _new(self, row: Row, cycle: Cycle) -> Planned:
        self.cycles.check_open(cycle)
        check_not_of_the_sample(cycle, self.by)
        if not row["kind"].strip():
            raise Refused(now("Say of which kind it is."))
        there = [
            each
            for each in self.objectives
            if each.cycle_id == cycle.pk and plain(each.title) == plain(row["objective"])
        ]
        if len(there) > 1:
            raise Refused(now("There are several objectives “%(title)s”.") % {"title": short(row["objective"])})
        objective = there[0] if there else None
        metric = self._metric(row, cycle, objective)
        made = KeyResult(
            objective=objective or Objective(cycle=cycle, team=self.team, title=row["objective"]),
            title=row["title"],
            effective_on=min(max(self.cycles.today, cycle.first_day), cycle.last_day),
        )
        fields = {"title": row["title"], **self._fields(row, None)}
        for name, value in fields.items():
            setattr(made, name, value)
        normalise(made)
        check_feeds_another(made)
        fields["entries"] = self._entries(row, made)
        todo = _New(cycle, objective, row["objective"], metric, fields)
        return Planned(row.number, RowState.NEW, f"{row['objective']}: {made.title}", todo=todo)

    def _metric(self, row: Row, cycle: Cycle, objective: Objective | None) -> str:
        """The business metric of the objective, which a row before may have named."""
        if objective is not None:
            self._check_metric(row, objective.business_metric)
            return objective.business_metric
        key = cycle.pk, plain(row["objective"])
        if key not in self.new_objectives:
            named = {"title": row["objective"], "business_metric": row["business_metric"]}
            self.new_objectives[key] = checked_fields(cycle, self.team, named)["business_metric"]
        self._check_metric(row, self.new_objectives[key])
        return self.new_objectives[key]

    def _entries(self, row: Row, made: KeyResult) -> list[str]:
        entries = cells.lines(row["entries"])
        if made.kind == Kind.CHECKLIST and not entries:
            raise Refused(now("A checklist needs at least one entry, each on a line of its own."))
        return entries if made.kind == Kind.CHECKLIST else []

    # -- What the cells say

    def _fields(self, row: Row, found: KeyResult | None) -> dict[str, Any]:
        """Of the cells that are not empty. A text that is stored as the cell says counts as it is stored."""
        given: dict[str, Any] = {}
        for name in ("title", *_PLAIN):
            if row[name].strip():
                is_stored = found is not None and cells.words(row[name]) == cells.words(getattr(found, name))
                given[name] = getattr(found, name) if is_stored else row[name]
        for name in _NUMBERS:
            number, stored = cells.number(row[name]), getattr(found, name, None)
            is_stored = None not in (number, stored) and cells.digits(number) == cells.digits(stored)  # type: ignore[arg-type]
            given[name] = stored if is_stored else number
        for name in _DAYS:
            given[name] = day(row[name])
        given["kind"] = self.kinds.of(row["kind"]) or None
        given["phases"] = cells.phases(row["phases"]) or None
        given["figure"] = self._figure(row, found)
        given["owner"] = self._owner(row, found)
        return {name: value for name, value in given.items() if value is not None}

    def _figure(self, row: Row, found: KeyResult | None) -> str | None:
        if found is not None and row["figure"] == found.figure:
            return found.figure  # also one of a room that is gone
        return self.figures.of(row["figure"]) or None

    def _owner(self, row: Row, found: KeyResult | None) -> Person | None:
        if not row["owner"].strip():
            return None
        if found is not None and plain(row["owner"]) == plain(self.named.written(found.owner)):
            return found.owner
        return self.named.of(row["owner"])


_HEADERS = {column.key: column.header for column in COLUMNS}


def _differs(changed: KeyResult, found: KeyResult, name: str) -> bool:
    return bool(getattr(changed, name) != getattr(found, name))


def _told(name: str, value: Any) -> str:
    if name == "kind":
        return str(Kind(value).label)
    if name == "phases":
        return "; ".join(f"{day} {written(number)}" for day, number in value)
    if isinstance(value, float):
        return written(value)
    return cells.shown(value)
