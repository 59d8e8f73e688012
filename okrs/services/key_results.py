"""Making and editing key results of all kinds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core import clock, figures
from core.edits import merge
from okrs import feed
from okrs.figures import FIGURES
from okrs.kinds import MAINTAINED, MOVING, Kind
from okrs.models import TITLE_LENGTH, UNIT_LENGTH, ChecklistEntry, KeyResult, Objective
from okrs.numbers import LARGEST, written
from okrs.services.common import (
    OkrError,
    SameStartAndTarget,
    changed_by,
    check_open,
    checked_owner,
    checked_text,
    checked_weight,
    lock_key_result,
    lock_objective,
    merged,
    note_change,
)
from okrs.services.cycles import checked_grade
from teams.models import Person, Team

NUMBERS = ("start", "target", "low", "high")
FIELDS = (
    "title", "done_when", "kind", "unit", "weight", "owner", *NUMBERS, "phases", "due_day", "effective_on", "figure",
)  # fmt: skip
# The numbers that each kind has; the others are emptied.
NUMBERS_OF = {
    Kind.INCREASE: ("start", "target"),
    Kind.DECREASE: ("start", "target"),
    Kind.AT_LEAST: ("low",),
    Kind.AT_MOST: ("high",),
    Kind.BETWEEN: ("low", "high"),
    Kind.MILESTONE: (),
    Kind.CHECKLIST: (),
}


@transaction.atomic
def create_key_result(
    *,
    objective: Objective,
    title: str,
    kind: str,
    by: Person,
    start: float | None = None,
    target: float | None = None,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    weight: float = 1,
    owner: Person | None = None,
    done_when: str = "",
    phases: Sequence[tuple[str, float]] = (),
    due_day: date | None = None,
    effective_on: date | None = None,
    figure: str = "",
    entries: Sequence[str] = (),
    template_key: str = "",
    carried_from: KeyResult | None = None,
) -> KeyResult:
    """Add a key result at the end of its objective. OkrError; SameStartAndTarget; Frozen.

    `effective_on` None: today, but not before the cycle. `entries` are the titles of a checklist.
    """
    locked = lock_objective(objective)
    today = check_open(locked.cycle, locked.team)
    last = locked.key_results.aggregate(last=Max("position"))["last"] or 0
    made = KeyResult(
        objective=locked,
        title=title,
        kind=kind,
        start=start,
        target=target,
        low=low,
        high=high,
        unit=unit,
        weight=weight,
        owner=owner,
        done_when=done_when,
        phases=[list(each) for each in phases],
        due_day=due_day,
        effective_on=effective_on or min(max(today, locked.cycle.first_day), locked.cycle.last_day),
        defined_on=today,
        figure=figure,
        position=last + 1,
        template_key=template_key,
        carried_from=carried_from,
        created_by=by,
        created_at=clock.now(),
    )
    _normalise(made)
    check_feeds_another(made)
    made.save()
    if made.kind == Kind.CHECKLIST:
        _add_entries(made, entries)
    note_change(locked.cycle, locked, made, "added", "", made.title, by)
    feed.feed_now(made)
    return made


@transaction.atomic
def edit_key_result(
    *, key_result: KeyResult, by: Person, wanted: Mapping[str, Any], seen: Mapping[str, Any]
) -> KeyResult:
    """Change some of FIELDS: all of them, or none if one is refused. The past is not rewritten. StaleEdit; OkrError; Frozen."""
    locked = lock_key_result(key_result)
    today = check_open(locked.cycle, locked.objective.team)
    changes = merged(locked, wanted, seen)
    before = {name: getattr(locked, name) for name in changes}
    if "kind" in changes and locked.check_ins.exists():
        raise OkrError(
            _("The kind stays as it is, since there are check-ins. Archive this key result and add another one."),
            "kind",
        )
    for name, value in changes.items():
        setattr(locked, name, value)
    _normalise(locked)
    if "figure" in changes:
        check_feeds_another(locked)
    if any(getattr(locked, name) != before[name] for name in NUMBERS if name in before):
        locked.defined_on = today
    locked.save()
    for name in changes:
        note_change(locked.cycle, locked.objective, locked, name, before[name], getattr(locked, name), by)
    if "figure" in changes:
        feed.feed_now(locked)
    return locked


def entry_fields(entries: Iterable[ChecklistEntry]) -> dict[str, Any]:
    """What can be edited of them: {"title_<pk>": title, "skipped_<pk>": whether it is skipped}."""
    fields: dict[str, Any] = {}
    for each in entries:
        fields |= {f"title_{each.pk}": each.title, f"skipped_{each.pk}": each.skipped}
    return fields


@transaction.atomic
def set_entries(
    *, key_result: KeyResult, wanted: Mapping[str, Any], seen: Mapping[str, Any], added: Sequence[str], by: Person
) -> None:
    """Edit a checklist: some of its `entry_fields`, and the titles of new ones. Entries are skipped, never deleted. StaleEdit."""
    locked = lock_key_result(key_result)
    locked.defined_on = check_open(locked.cycle, locked.objective.team)
    entries = list(locked.entries.all())
    before, fields = [(each.title, each.skipped) for each in entries], entry_fields(entries)
    present = {name: value for name, value in wanted.items() if name in fields}
    changes = merge(
        current={name: fields[name] for name in present},
        seen=seen,
        wanted=present,
        changed_by=lambda _name: changed_by(locked, "entries"),
    )
    for entry in entries:
        entry.title = _entry_title(changes.get(f"title_{entry.pk}", entry.title))
        entry.skipped = changes.get(f"skipped_{entry.pk}", entry.skipped)
    ChecklistEntry.objects.bulk_update(entries, ["title", "skipped"])
    _add_entries(locked, added)
    locked.save(update_fields=["defined_on"])
    after = [(each.title, each.skipped) for each in ChecklistEntry.objects.filter(key_result=locked)]
    if after != before:
        old, new = (", ".join(title for title, skipped in each if not skipped) for each in (before, after))
        note_change(locked.cycle, locked.objective, locked, "entries", old, new, by)


@transaction.atomic
def set_grade(*, key_result: KeyResult, grade: float, seen: float | None, by: Person) -> KeyResult:
    """Put the closing grade right, during the grace period. StaleEdit if somebody else did since `seen`."""
    locked = lock_key_result(key_result)
    check_open(locked.cycle, locked.objective.team)
    if not locked.cycle.is_closed:
        raise OkrError(_("Grades are given when the cycle is closed."), "grade")
    if merged(locked, {"grade": checked_grade(grade)}, {"grade": seen}):
        before, locked.grade = locked.grade, grade
        locked.save(update_fields=["grade"])
        note_change(locked.cycle, locked.objective, locked, "grade", before, locked.grade, by)
    return locked


def _add_entries(key_result: KeyResult, titles: Sequence[str]) -> None:
    last = key_result.entries.aggregate(last=Max("position"))["last"] or 0
    wanted = [_entry_title(title) for title in titles if title.strip()]
    if not wanted and last == 0:
        raise OkrError(_("A checklist needs at least one entry, each on a line of its own."), "entries")
    ChecklistEntry.objects.bulk_create(
        ChecklistEntry(key_result=key_result, title=title, position=position)
        for position, title in enumerate(wanted, start=last + 1)
    )


def _entry_title(title: str) -> str:
    return checked_text(title, "entries", required=_("Give the entry a title."), length=TITLE_LENGTH)


def _normalise(row: KeyResult) -> None:
    normalise(row)
    checked_owner(row.cycle, row.objective.team, row.owner)


def normalise(row: KeyResult) -> None:
    """Check every field but the owner, and empty what does not belong to the kind. Asks no query."""
    if row.kind not in Kind.values:
        raise OkrError(_("There is no such kind."), "kind")
    row.title = checked_text(row.title, "title", required=_("Say what is measured."), length=TITLE_LENGTH)
    row.done_when = checked_text(row.done_when, "done_when")
    checked_weight(row.weight)
    for name in NUMBERS:
        if name not in NUMBERS_OF[Kind(row.kind)]:
            setattr(row, name, None)
    _check_numbers(row)
    _check_days(row)
    _check_figure(row)
    row.unit = (
        checked_text(row.unit, "unit", length=UNIT_LENGTH) if row.kind not in (Kind.MILESTONE, Kind.CHECKLIST) else ""
    )


def _check_numbers(row: KeyResult) -> None:
    for name in NUMBERS_OF[Kind(row.kind)]:
        value = getattr(row, name)
        if value is None:
            raise OkrError(_("Write a number."), name)
        if not abs(value) <= LARGEST:
            raise OkrError(_("This number is too large."), name)
    if row.kind in MOVING and row.start is not None and row.target is not None:
        _check_way(row.kind, row.start, row.target)
    if row.kind == Kind.BETWEEN and row.low is not None and row.high is not None and row.high <= row.low:
        raise OkrError(_("The upper bound must lie above the lower one, %(low)s.") % {"low": written(row.low)}, "high")


def _check_way(kind: str, start: float, target: float) -> None:
    if start == target:
        raise SameStartAndTarget(
            _("Start and target are the same, so nothing would move. Keep the value where it is instead?"), "target"
        )
    if kind == Kind.INCREASE and target < start:
        message = _("An increase needs a target above its start, %(start)s. Or choose “Decrease to a target”.")
        raise OkrError(message % {"start": written(start)}, "target")
    if kind == Kind.DECREASE and target > start:
        message = _("A decrease needs a target below its start, %(start)s. Or choose “Increase to a target”.")
        raise OkrError(message % {"start": written(start)}, "target")


def _check_days(row: KeyResult) -> None:
    cycle = row.cycle
    row.due_day = row.due_day if row.kind == Kind.MILESTONE else None
    row.phases = sorted([str(day), float(value)] for day, value in row.phases) if row.kind in MOVING else []
    phased = [("phases", date.fromisoformat(day)) for day, _value in row.phases]
    for field, day in [("effective_on", row.effective_on), ("due_day", row.due_day), *phased]:
        if day is not None and not cycle.first_day <= day <= cycle.last_day:
            message = _("%(day)s lies outside the cycle, which lasts from %(first)s to %(last)s.")
            words = {"day": day, "first": cycle.first_day, "last": cycle.last_day}
            raise OkrError(message % {name: date_format(each) for name, each in words.items()}, field)


def feeds_itself(team: Team | None, figure: str) -> bool:
    """Whether the figure is made up of the very key results of the team that it would feed."""
    return team is not None and figure in {each.id for each in FIGURES}


def check_feeds_another(row: KeyResult) -> None:
    if feeds_itself(row.objective.team, row.figure):
        raise OkrError(_("This figure is made up of the team's own key results: it would feed itself."), "figure")


def _check_figure(row: KeyResult) -> None:
    if not row.figure:
        return
    if row.kind not in MOVING and row.kind not in MAINTAINED:
        raise OkrError(_("Only a key result with a number can be fed by a figure."), "figure")
    try:
        figure = figures.get(row.figure)
    except KeyError as error:
        raise OkrError(_("There is no such figure."), "figure") from error
    if figure.is_share:
        row.unit = "%"
    elif not row.unit:
        row.unit = str(figure.unit)[:UNIT_LENGTH]
