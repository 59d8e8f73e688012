"""What happened to a key result, as its page tells it: check-ins and edits, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core import figures
from okrs import words
from okrs.kinds import Kind, Source, Status
from okrs.models import Change, CheckIn, KeyResult, Remark
from teams.models import Person


def value_text(check_in: CheckIn) -> str:
    """The value as it was: "8.4 days", "3 of 4", "reached"."""
    row = check_in.key_result
    if row.kind == Kind.CHECKLIST:
        return _("%(done)s of %(total)s") % {
            "done": words.number(check_in.value),
            "total": words.number(check_in.target),
        }
    if row.kind == Kind.MILESTONE:
        return _("reached") if check_in.value >= 1 else _("not yet reached")
    return words.with_unit(check_in.value, row.unit)


def figure_title(figure_id: str) -> str:
    try:
        return str(figures.get(figure_id).title)
    except KeyError:
        return figure_id


@dataclass(frozen=True)
class Entry:
    """One line: a check-in, or an edit. `is_corrected`: a newer check-in of the same day is current instead."""

    what: str
    at: datetime
    by: str
    day: date | None = None
    check_in: CheckIn | None = None
    is_corrected: bool = False

    @property
    def status(self) -> Status | None:
        return Status(self.check_in.status) if self.check_in and self.check_in.status else None

    @property
    def remark(self) -> Remark | None:
        return getattr(self.check_in, "remark", None)

    @property
    def is_fed(self) -> bool:
        return self.check_in is not None and self.check_in.source == Source.FIGURE


def of(key_result: KeyResult) -> list[Entry]:
    """Three queries."""
    check_ins = list(key_result.check_ins.with_words().newest_first())
    changes = list(key_result.changes.select_related("person", "token"))
    people = _people(changes)
    found = [*_check_ins(key_result, check_ins), *(_change(each, people) for each in changes)]
    return sorted(found, key=lambda entry: (entry.at, entry.check_in is not None), reverse=True)


def by_day(entries: Sequence[Entry]) -> list[CheckIn]:
    """The check-ins among them, the newest day first, of one day the one recorded last."""
    found = [entry.check_in for entry in entries if entry.check_in]
    return sorted(found, key=lambda each: (each.day, each.number), reverse=True)


def _check_ins(key_result: KeyResult, check_ins: Sequence[CheckIn]) -> list[Entry]:
    seen: set[tuple[date, bool]] = set()
    found = []
    for each in check_ins:
        each.key_result = key_result
        fed = each.source == Source.FIGURE
        what = value_text(each)
        if each.confidence is not None:
            what = _("%(value)s, confidence %(confidence)s") % {"value": what, "confidence": each.confidence}
        by = figure_title(each.figure) if fed else _by(each.person, each.token)
        found.append(Entry(what, each.recorded_at, by, each.day, each, (each.day, fed) in seen))
        seen.add((each.day, fed))
    return found


def _by(person: Person | None, token: object) -> str:
    return _("%(person)s, token “%(token)s”") % {"person": person, "token": token} if token else str(person)


def _people(changes: Sequence[Change]) -> dict[int, str]:
    wanted = {int(value) for each in changes if each.field == "owner" for value in (each.old, each.new) if value}
    return Person.objects.all().names(wanted) if wanted else {}


def _change(change: Change, people: dict[int, str]) -> Entry:
    sentence = _sentences().get(change.field)
    if sentence is None:
        name = (
            getattr(KeyResult._meta.get_field(change.field), "verbose_name", "")
            if change.field != "entries"
            else _("checklist")
        )
        values = {
            "old": _readable(change.field, change.old, people),
            "new": _readable(change.field, change.new, people),
        }
        sentence = _("%(field)s: %(old)s → %(new)s") % {"field": str(name).capitalize(), **values}
    return Entry(sentence, change.recorded_at, _by(change.person, change.token))


def _sentences() -> dict[str, str]:
    return {"added": _("Key result added"), "archived": _("Archived"), "restored": _("Brought back")}


def _readable(field: str, value: str, people: dict[int, str]) -> str:
    if not value:
        return "–"
    if field == "owner":
        return people.get(int(value), "–")
    if field == "kind":
        return str(Kind(value).label)
    if field == "figure":
        return figure_title(value)
    day = parse_date(value) if field in ("due_day", "effective_on") else None
    return date_format(day) if day else value
