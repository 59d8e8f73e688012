"""Opening, editing and closing cycles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core import clock
from okrs.days import today_of
from okrs.facts import facts_of
from okrs.models import CheckIn, Cycle, KeyResult
from okrs.services.common import OkrError, check_open, checked_text, merged, note_change
from teams import audit
from teams.models import Person, Team

LONGEST = timedelta(days=731)
FIELDS = ("title", "first_day", "last_day", "weekday", "every_weeks")


@transaction.atomic
def create_cycle(
    *,
    first_day: date,
    last_day: date,
    by: Person,
    team: Team | None = None,
    title: str = "",
    weekday: int = 0,
    every_weeks: int = 1,
    grace_days: int = 7,
) -> Cycle:
    """Open a cycle for a team, or for the organisation and all its teams. OkrError if there is one of the same days already."""
    _check_days(first_day, last_day)
    _check_cadence(weekday, every_weeks)
    _check_free(team, first_day, last_day)
    cycle = Cycle(
        team=team,
        title=checked_text(title, "title", length=80),
        first_day=first_day,
        last_day=last_day,
        weekday=weekday,
        every_weeks=every_weeks,
        grace_days=grace_days,
        created_by=by,
        created_at=clock.now(),
    )
    _save(cycle)
    note_change(cycle, None, None, "added", "", f"{first_day} {last_day}", by)
    return cycle


@transaction.atomic
def edit_cycle(*, cycle: Cycle, by: Person, wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> Cycle:
    """Change some of FIELDS. StaleEdit; Frozen; OkrError."""
    locked = _locked(cycle)
    check_open(locked, locked.team)
    changes = merged(locked, wanted, seen)
    for name, value in changes.items():
        note_change(locked, None, None, name, getattr(locked, name), value, by)
        setattr(locked, name, value)
    locked.title = checked_text(locked.title, "title", length=80)
    _check_days(locked.first_day, locked.last_day)
    _check_cadence(locked.weekday, locked.every_weeks)
    if changes.keys() & {"first_day", "last_day"}:
        _check_free(locked.team, locked.first_day, locked.last_day)
        _check_contents(locked)
    if changes:
        _save(locked)
    return locked


@transaction.atomic
def close_cycle(*, cycle: Cycle, by: Person, grades: Mapping[int, float] | None = None) -> Cycle:
    """Close it and grade its key results: by `grades` {key_result.pk: 0.0 to 1.0}, else by their progress. Twice does nothing.

    Values and grades can still be put right during the grace period, then everything is frozen.
    """
    locked = _locked(cycle)
    if locked.is_closed:
        return locked
    today = today_of(locked.team)
    if today < locked.first_day:
        raise OkrError(_("This cycle has not begun yet."))
    key_results = list(KeyResult.objects.live().filter(objective__cycle=locked).select_related("objective__cycle"))
    for facts in facts_of(key_results):
        given = (grades or {}).get(facts.key_result.pk)
        facts.key_result.grade = checked_grade(
            given if given is not None else round(facts.on(today).progress or 0.0, 2)
        )
    KeyResult.objects.bulk_update(key_results, ["grade"])
    locked.closed_on, locked.closed_by = today, by
    locked.save(update_fields=["closed_on", "closed_by"])
    note_change(locked, None, None, "closed", "", today, by)
    audit.record("okr.cycle_closed", actor=by, subject=locked, team=locked.team, cycle=locked.shown_title)
    return locked


@transaction.atomic
def reopen_cycle(*, cycle: Cycle, by: Person) -> Cycle:
    """Take a closing back, with its grades, during the grace period only. Their history keeps them. Frozen after it."""
    locked = _locked(cycle)
    check_open(locked, locked.team)
    if locked.is_closed:
        locked.closed_on, locked.closed_by = None, None
        locked.save(update_fields=["closed_on", "closed_by"])
        graded = KeyResult.objects.filter(objective__cycle=locked, grade__isnull=False).select_related("objective")
        for row in graded:
            note_change(locked, row.objective, row, "grade", row.grade, None, by)
        graded.update(grade=None)
        note_change(locked, None, None, "reopened", "", "", by)
        audit.record("okr.cycle_reopened", actor=by, subject=locked, team=locked.team, cycle=locked.shown_title)
    return locked


def checked_grade(grade: float) -> float:
    if not 0 <= grade <= 1:
        raise OkrError(_("A grade lies between 0.0 and 1.0."), "grade")
    return grade


def _locked(cycle: Cycle) -> Cycle:
    found = Cycle.objects.select_for_update(of=("self",)).get(pk=cycle.pk)
    if found.team_id:
        found.team = Team.objects.get(pk=found.team_id)
    return found


def _save(cycle: Cycle) -> None:
    """Save; the constraint, not an earlier look, decides whether these days are free."""
    try:
        with transaction.atomic():
            cycle.save()
    except IntegrityError as error:
        same = Cycle.objects.of_days(cycle.first_day, cycle.last_day).filter(team=cycle.team_id)
        raise _taken(by_sample=not same.real().exists()) from error


def _check_free(team: Team | None, first_day: date, last_day: date) -> None:
    """Two cycles of a team's choice would look alike: its own and the organisation's."""
    if team and Cycle.objects.usable_by(team).of_days(first_day, last_day).filter(team=None).exists():
        raise _taken()


def _check_contents(cycle: Cycle) -> None:
    """Nothing in the cycle, archived or not, may come to lie outside its days."""
    for row in KeyResult.objects.filter(objective__cycle=cycle).order_by("pk"):
        _check_inside(cycle, row.effective_on, _("“%(title)s” takes effect on %(day)s. Change that first."), row)
        if row.due_day:
            _check_inside(cycle, row.due_day, _("“%(title)s” is due on %(day)s. Change that first."), row)
        for day, _value in row.phases:
            message = _("“%(title)s” has a target for %(day)s. Change that first.")
            _check_inside(cycle, date.fromisoformat(day), message, row)
    checked_in = CheckIn.objects.filter(key_result__objective__cycle=cycle).select_related("key_result")
    for outside in checked_in.exclude(day__range=(cycle.first_day, cycle.last_day)).order_by("day", "pk")[:1]:
        message = _("“%(title)s” has a check-in for %(day)s: the cycle must hold that day.")
        _check_inside(cycle, outside.day, message, outside.key_result)


def _check_inside(cycle: Cycle, day: date, message: str, row: KeyResult) -> None:
    if not cycle.first_day <= day <= cycle.last_day:
        field = "first_day" if day < cycle.first_day else "last_day"
        raise OkrError(message % {"title": row.title, "day": date_format(day)}, field)


def _taken(*, by_sample: bool = False) -> OkrError:
    if by_sample:
        return OkrError(
            _("The sample organisation has a cycle of these days. Remove the sample first, or choose other days."),
            "first_day",
        )
    return OkrError(_("There is a cycle of these days already. Choose it above the objectives."), "first_day")


def _check_days(first_day: date, last_day: date) -> None:
    if last_day <= first_day:
        raise OkrError(
            _("The last day must come after the first, %(first)s.") % {"first": date_format(first_day)}, "last_day"
        )
    if last_day - first_day > LONGEST:
        raise OkrError(_("A cycle lasts two years at most."), "last_day")


def _check_cadence(weekday: int, every_weeks: int) -> None:
    if not 0 <= weekday <= 6:
        raise OkrError(_("Choose a day of the week."), "weekday")
    if not 1 <= every_weeks <= 13:
        raise OkrError(_("Check-ins are due every 1 to 13 weeks."), "every_weeks")
