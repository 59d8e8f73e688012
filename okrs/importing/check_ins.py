"""Check-ins, of past days too. One that is there already is the same; another value of that day corrects it by a newer row."""

from __future__ import annotations

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from core.addresses import pk_in
from core.imports import Difference, Importer, Planned, RowState, planned_each
from core.refusals import Refused
from core.tables.cells import Choices, day, plain, short
from core.tables.reading import Column, Row
from okrs import history
from okrs.facts import Facts
from okrs.importing import cells
from okrs.kinds import HUMAN, Kind, Source, Status
from okrs.models import CheckIn, ChecklistEntry, KeyResult
from okrs.querysets import CheckInQuerySet
from okrs.services import add_past
from okrs.services.checking_in import Past, check_opinion, checked_day, checked_value
from okrs.services.common import checked_text
from okrs.standing import Point
from teams.models import Person, Team

COLUMNS = (
    Column("key_result_id", _("Key result (id)"), _("Either the id or the title.")),
    Column("objective", _("Objective"), _("Tells two key results of one title apart.")),
    Column(
        "key_result",
        _("Key result"),
        _("Its title, of the cycle in which the day lies."),
        _("Lead time of a model change"),
    ),
    Column("day", _("Day"), "", "2026-11-02", required=True),
    Column("value", _("Value"), _("Of a milestone 1 or 0; of a checklist nothing."), "8.4"),
    Column("done", _("Done"), _("Of a checklist: the entries that are done, each on a line.")),
    Column("confidence", _("Confidence"), _("A whole number from 0 to 10."), "7"),
    Column("status", _("Status"), _("What the person says.")),
    Column("reason", _("Why better"), _("Where the status is better than the figures say.")),
    Column("comment", _("Comment")),
    Column("source", _("Source"), _("Where the value came from. What a figure fed is only compared.")),
)
_STATUSES = [(status.value, status.label) for status in HUMAN]

# A check-in without whose and when, which makes two of one day the same: day, value (of a checklist ""), the titles of what is
# done, confidence, status, reason, comment.
Said = tuple[date, str, tuple[str, ...], int | None, str, str, str]


class CheckIns(Importer):
    kind = "check-ins"
    title = _("Check-ins")
    about = _(
        "What key results stood at on past days. A check-in that is there already stays alone; another value for its day is kept "
        "as a newer check-in, which counts from then on."
    )
    tab = "okrs"
    columns = COLUMNS
    of_organisation = True

    def plan(self, rows: Sequence[Row], team: Team | None, by: Person) -> list[Planned]:
        return planned_each(rows, _Plan(team).of)

    def apply(self, planned: Sequence[Planned], team: Team | None, by: Person) -> None:
        add_past(rows=[each.todo for each in planned if each.todo is not None], by=by)

    def lock(self, team: Team | None) -> None:
        list(KeyResult.objects.filter(objective__team=team).select_for_update(of=("self",)).order_by("pk"))

    def rows(self, team: Team | None) -> Iterable[Sequence[Any]]:
        live = CheckIn.objects.filter(key_result__archived_at=None, key_result__objective__archived_at=None)
        return cells_of(in_order(live.filter(key_result__objective__team=team)))

    def address(self, team: Team | None) -> str:
        return reverse("okrs", args=[team.pk]) if team else reverse("organisation-okrs")


def in_order(rows: CheckInQuerySet) -> CheckInQuerySet:
    """By key result and day, the newest of a day last, as they are recorded again."""
    order = ("key_result__objective__position", "key_result__position", "key_result", "day", "number")
    return rows.select_related("remark", "key_result__objective").order_by(*order)


def cells_of(check_ins: Iterable[CheckIn]) -> Iterable[list[Any]]:
    """The cells of each in the order of COLUMNS; each comes with its key result, objective and remark."""
    known = list(check_ins)
    checklists = {each.key_result_id for each in known if each.key_result.kind == Kind.CHECKLIST}
    titles = (
        dict(ChecklistEntry.objects.filter(key_result__in=checklists).values_list("pk", "title")) if checklists else {}
    )
    for each in known:
        yield _cells(each, titles)


def _cells(row: CheckIn, titles: dict[int, str]) -> list[Any]:
    is_checklist = row.key_result.kind == Kind.CHECKLIST
    remark = getattr(row, "remark", None)
    return [
        row.key_result_id,
        row.key_result.objective.title,
        row.key_result.title,
        row.day,
        None if is_checklist else row.value,
        "\n".join(title for pk, title in titles.items() if pk in row.done) if is_checklist else None,
        row.confidence,
        Status(row.status).label if row.status else None,
        remark.reason if remark else None,
        remark.comment if remark else None,
        Source(row.source).label,
    ]


def by_whom(check_in: CheckIn) -> str:
    """Who said it, or which figure fed it."""
    if check_in.source == Source.FIGURE:
        return history.figure_title(check_in.figure)
    return str(check_in.person)


@dataclass
class _Known:
    """A key result with its check-ins, those of the file among them as they come. `blanked`: what was said without words."""

    key_result: KeyResult
    points: list[Point] = field(default_factory=list)
    entries: dict[int, ChecklistEntry] = field(default_factory=dict)
    said: Counter[Said] = field(default_factory=Counter)
    fed: Counter[tuple[date, str]] = field(default_factory=Counter)
    blanked: Counter[Said] = field(default_factory=Counter)
    last: Said | None = None  # the row of the file before this one

    @property
    def is_checklist(self) -> bool:
        return self.key_result.kind == Kind.CHECKLIST

    def titles(self, done: Iterable[int]) -> tuple[str, ...]:
        return tuple(sorted(plain(self.entries[pk].title) for pk in done if pk in self.entries))

    @property
    def facts(self) -> Facts:
        kept = {pk for pk, entry in self.entries.items() if not entry.skipped}
        return Facts(self.key_result, self.points, kept)

    def current(self, on: date) -> Point | None:
        return next((point for point in reversed(self.points) if point.day == on), None)

    def is_there(self, said: Said) -> bool:
        """Whether it is recorded, or the row before says the same. Each recorded check-in stands for one row."""
        if said == self.last:
            return True
        for counted, key in ((self.said, said), (self.blanked, _without_words(said))):
            if counted[key] > 0:
                counted[key] -= 1
                return True
        return False


def _without_words(said: Said) -> Said:
    return (*said[:5], "", "")


class _Plan:
    """What there is, loaded once in five queries, and what the rows so far add."""

    def __init__(self, team: Team | None) -> None:
        self.cycles = cells.Cycles(team)
        listed = KeyResult.objects.filter(objective__team=team).listed()
        self.known = {each.pk: _Known(each) for each in listed}
        self.statuses, self.sources = Choices(_STATUSES), Choices(Source.choices)
        self.called: dict[str, list[_Known]] = defaultdict(list)  # by title
        for each in self.known.values():
            self.called[plain(each.key_result.title)].append(each)
        for entry in ChecklistEntry.objects.filter(key_result__in=self.known):
            self.known[entry.key_result_id].entries[entry.pk] = entry
        stored = CheckIn.objects.filter(key_result__in=self.known).select_related("remark")
        for check_in in stored.oldest_first():
            self._remember(self.known[check_in.key_result_id], check_in)

    def _remember(self, known: _Known, row: CheckIn) -> None:
        known.points.append(
            Point(
                row.number, row.day, row.value, row.start, row.target, row.low, row.high, row.confidence, row.status,
                row.source, tuple(row.done),
            )
        )  # fmt: skip
        remark = getattr(row, "remark", None)
        words = (cells.words(remark.reason), cells.words(remark.comment)) if remark else ("", "")
        value, done = ("", known.titles(row.done)) if known.is_checklist else (cells.digits(row.value), ())
        said = (row.day, value, done, row.confidence, row.status, *words)
        if row.source == Source.FIGURE:
            known.fed[row.day, cells.digits(row.value)] += 1
        elif remark and remark.blanked_at:
            known.blanked[_without_words(said)] += 1
        else:
            known.said[said] += 1

    def of(self, row: Row) -> Planned:
        on = day(row["day"])
        if on is None:
            raise Refused(now("Say for which day."))
        known = self._key_result(row, on)
        title = f"{known.key_result.title}, {cells.shown(on)}"
        if self.sources.of(row["source"]) == Source.FIGURE:
            return self._fed(row, known, on, title)
        value = None if known.is_checklist else cells.number(row["value"])
        done = self._done(row, known) if known.is_checklist else []
        said = self._said(row, on, value, known.titles(done))
        if known.is_there(said):
            known.last = said
            return Planned(row.number, RowState.SAME, title)
        fields = checked_value(known.facts, value, done, None)
        self._check(known, on, fields, said)
        return self._planned(row.number, title, known, on, fields, said)

    def _planned(self, number: int, title: str, known: _Known, on: date, fields: dict[str, Any], said: Said) -> Planned:
        before, known.last = known.current(on), said
        *_compared, confidence, status, reason, comment = said
        todo = Past(known.key_result, on, fields, confidence, status, reason, comment)
        numbers = {name: getattr(known.key_result, name) for name in ("start", "target", "low", "high")} | fields
        numbers["done"] = tuple(fields.get("done", ()))
        point = Point(number=len(known.points) + 1, day=on, confidence=confidence, status=status, **numbers)
        insort(known.points, point, key=lambda each: (each.day, each.number))
        if before is None:
            return Planned(number, RowState.NEW, title, todo=todo)
        told = Difference(now("Value"), cells.exact(before.value), cells.exact(point.value))
        return Planned(number, RowState.CHANGED, title, differences=[told], todo=todo)

    def _check(self, known: _Known, on: date, fields: dict[str, Any], said: Said) -> None:
        """As services.check_in checks it, among the rows before."""
        row = known.key_result
        self.cycles.check_open(row.cycle)
        checked_day(row, on, self.cycles.today)
        *_compared, confidence, status, reason, comment = said
        checked_text(reason, "reason")
        checked_text(comment, "comment")
        check_opinion(known.facts, on, fields, confidence, status, reason)

    def _fed(self, row: Row, known: _Known, on: date, title: str) -> Planned:
        value = cells.number(row["value"])
        if value is None or not known.fed[on, cells.digits(value)]:
            raise Refused(now("What a figure feeds comes from the figure and cannot be brought."))
        return Planned(row.number, RowState.SAME, title)

    # -- What the cells say

    def _key_result(self, row: Row, on: date) -> _Known:
        if row["key_result_id"].strip():
            found = self.known.get(pk_in(row["key_result_id"].strip()) or 0)
            if found is None:
                words = {"id": short(row["key_result_id"])}
                raise Refused(now("No key result here has the id %(id)s.") % words)
            return found
        if not row["key_result"].strip():
            raise Refused(now("Name the key result by its id or its title."))
        called = self.called[plain(row["key_result"])]
        known = cells.only([each for each in called if _is_meant(each.key_result, row, on)], row["key_result"])
        if known is None:
            words = {"title": short(row["key_result"]), "day": cells.shown(on)}
            raise Refused(now("No key result here is called “%(title)s” in a cycle that holds %(day)s.") % words)
        return known  # type: ignore[no-any-return]

    def _done(self, row: Row, known: _Known) -> list[int]:
        """The entries by their titles; of two with one title the first that is not taken yet."""
        left = list(known.entries.values())
        found = []
        for title in cells.lines(row["done"]):
            entry = next((each for each in left if plain(each.title) == plain(title)), None)
            if entry is None:
                raise Refused(now("The checklist has no entry “%(title)s”.") % {"title": short(title)})
            left.remove(entry)
            found.append(entry.pk)
        return found

    def _said(self, row: Row, on: date, value: float | None, done: tuple[str, ...]) -> Said:
        return (
            on,
            "" if value is None else cells.digits(value),
            done,
            cells.whole(row["confidence"]),
            self.statuses.of(row["status"]),
            cells.words(row["reason"]),
            cells.words(row["comment"]),
        )


def _is_meant(key_result: KeyResult, row: Row, on: date) -> bool:
    """Of a key result with the title that the row names."""
    if key_result.archived_at or key_result.objective.archived_at:
        return False
    if not key_result.cycle.first_day <= on <= key_result.cycle.last_day:
        return False
    return not row["objective"].strip() or plain(row["objective"]) == plain(key_result.objective.title)
