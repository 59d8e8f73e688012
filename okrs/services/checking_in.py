"""Check-ins and the remarks beside them; docs/definitions.md, OKRs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core import clock
from okrs.facts import Facts, facts_of
from okrs.feed import append
from okrs.kinds import HUMAN, Kind, Source, Status
from okrs.models import CheckIn, KeyResult, Remark
from okrs.numbers import LARGEST
from okrs.services.common import OkrError, check_open, checked_text, lock_key_result
from okrs.standing import Point, Standing
from okrs.status import is_better
from teams import audit
from teams.models import Person


@transaction.atomic
def check_in(
    *,
    key_result: KeyResult,
    by: Person,
    value: float | None = None,
    done: Collection[int] | None = None,
    seen_done: Collection[int] | None = None,
    confidence: int | None = None,
    status: str = "",
    reason: str = "",
    comment: str = "",
    day: date | None = None,
    request_id: str = "",
) -> CheckIn:
    """Say what the key result stands at on a day (the team's; None is today). A newer one of the same day corrects it; both stay.

    A milestone's value is 0 or 1. Of a checklist, `done` are the pks of its done entries and `seen_done` those that the person
    saw as done: what others ticked meanwhile stays ticked. A repeated request id changes nothing. OkrError for a day outside the
    cycle, a text that is too long, a status that is better than the automatic one without a reason; Frozen.
    """
    locked = lock_key_result(key_result)
    if request_id and (before := locked.check_ins.filter(request_id=request_id).first()):
        return before
    today = check_open(locked.cycle, locked.objective.team)
    on = checked_day(locked, day, today)
    comment, reason = checked_text(comment, "comment"), checked_text(reason, "reason")
    (facts,) = facts_of([locked])
    fields = checked_value(facts, value, done, seen_done)
    check_opinion(facts, on, fields, confidence, status, reason)
    made = append(
        locked,
        day=on,
        **fields,
        confidence=confidence,
        status=status,
        source=Source.PUSHED if by.token else Source.PERSON,
        person=by,
        token=by.token,
        request_id=request_id,
    )
    if comment or reason:
        Remark.objects.create(check_in=made, comment=comment, reason=reason)
    return made


def checked_day(key_result: KeyResult, day: date | None, today: date) -> date:
    cycle = key_result.cycle
    if key_result.archived_at or key_result.objective.archived_at:
        raise OkrError(_("This key result is archived."))
    if today < cycle.first_day:
        raise OkrError(_("The cycle begins on %(day)s.") % {"day": date_format(cycle.first_day)}, "day")
    if day is None:
        return min(today, cycle.last_day)
    if day > today:
        raise OkrError(_("This day lies in the future. Choose today or an earlier day."), "day")
    if not cycle.first_day <= day <= cycle.last_day:
        message = _("%(day)s lies outside the cycle, which lasts from %(first)s to %(last)s.")
        words = {"day": day, "first": cycle.first_day, "last": cycle.last_day}
        raise OkrError(message % {name: date_format(each) for name, each in words.items()}, "day")
    return day


def checked_value(
    facts: Facts, value: float | None, done: Collection[int] | None, seen_done: Collection[int] | None
) -> dict[str, object]:
    """`value`, and of a checklist `done` and `target` too."""
    if facts.key_result.kind == Kind.CHECKLIST:
        present = set(facts.points[-1].done) if facts.points else set()
        wanted, seen = set(done or ()), set(seen_done) if seen_done is not None else present
        if not wanted <= set(facts.entries) | present:
            raise OkrError(_("There is no such entry in this checklist."), "done")
        # Only what this person changed: what others ticked since the page was loaded stays.
        ticked = (present | (wanted - seen)) - (seen - wanted)
        shown = ticked & set(facts.entries)
        return {"value": float(len(shown)), "done": sorted(ticked), "start": 0.0, "target": float(len(facts.entries))}
    if value is None:
        raise OkrError(_("Write a number."), "value")
    if not abs(value) <= LARGEST:
        raise OkrError(_("This number is too large."), "value")
    if facts.key_result.kind == Kind.MILESTONE and value not in (0, 1):
        raise OkrError(_("A milestone is done or not: 1 or 0."), "value")
    return {"value": float(value)}


def check_opinion(
    facts: Facts, on: date, fields: dict[str, object], confidence: int | None, status: str, reason: str
) -> None:
    if confidence is not None and not 0 <= confidence <= 10:
        raise OkrError(_("Confidence is a whole number from 0 to 10."), "confidence")
    if not status:
        return
    if status not in HUMAN:
        raise OkrError(_("There is no such status."), "status")
    automatic = after(facts, on, fields).automatic
    if not reason and is_better(Status(status), automatic) and automatic is not None:
        message = _("“%(yours)s” is better than the figures say (“%(theirs)s”): say why.")
        raise OkrError(message % {"yours": Status(status).label, "theirs": automatic.label}, "reason")


def after(facts: Facts, on: date, fields: dict[str, object]) -> Standing:
    """Where it would stand on that day with one more check-in."""
    before = [point for point in facts.points if point.day <= on]
    row = facts.key_result
    numbers = {"start": row.start, "target": row.target, "low": row.low, "high": row.high} | fields
    numbers["done"] = tuple(fields.get("done", ()))  # type: ignore[arg-type]
    point = Point(number=len(facts.points) + 1, day=on, **numbers)  # type: ignore[arg-type]
    return Standing(row, [*before, point], on, facts.entries)


@dataclass(frozen=True)
class Past:
    """A check-in from elsewhere, checked as `check_in` checks. `fields`: its value, and of a checklist what is done."""

    key_result: KeyResult
    day: date
    fields: dict[str, Any]
    confidence: int | None = None
    status: str = ""
    reason: str = ""
    comment: str = ""


@transaction.atomic
def add_past(*, rows: Sequence[Past], by: Person) -> list[CheckIn]:
    """Record many check-ins in their order, in four queries. Their key results are locked, as for `check_in`."""
    wanted = {row.key_result.pk for row in rows}
    locked = {each.pk: each for each in KeyResult.objects.select_for_update().filter(pk__in=wanted).order_by("pk")}
    numbers: dict[int, int] = defaultdict(int)
    last = CheckIn.objects.filter(key_result__in=wanted).values("key_result").annotate(last=Max("number"))
    numbers.update(last.values_list("key_result", "last"))
    now, made = clock.now(), []
    for row in rows:
        of = locked[row.key_result.pk]
        numbers[of.pk] += 1
        as_now = {"start": of.start, "target": of.target, "low": of.low, "high": of.high}
        check_in = CheckIn(
            key_result=of,
            number=numbers[of.pk],
            day=row.day,
            **(as_now | row.fields),
            confidence=row.confidence,
            status=row.status,
            source=Source.PUSHED if by.token else Source.PERSON,
            person=by,
            token=by.token,
            recorded_at=now,
        )
        made.append(check_in)
    CheckIn.objects.bulk_create(made)
    said = [
        Remark(check_in=check_in, comment=row.comment, reason=row.reason)
        for check_in, row in zip(made, rows, strict=True)
        if row.comment or row.reason
    ]
    Remark.objects.bulk_create(said)
    return made


@transaction.atomic
def blank_remark(*, remark: Remark, by: Person) -> Remark:
    """Take away what was written beside a check-in. That something was, whose and when, stays; the audit log tells who did it."""
    locked = Remark.objects.select_for_update(of=("self",)).get(pk=remark.pk)
    if locked.blanked_at is None:
        locked.comment, locked.reason, locked.blanked_at, locked.blanked_by = "", "", clock.now(), by
        locked.save(update_fields=["comment", "reason", "blanked_at", "blanked_by"])
        team = locked.check_in.key_result.objective.team
        audit.record(
            "okr.remark_blanked", actor=by, subject=locked, team=team, key_result=locked.check_in.key_result_id
        )
    return locked
