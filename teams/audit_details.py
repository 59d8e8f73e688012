"""What an entry of the audit log holds beside its sentence: before and after, and the other values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from teams import audit
from teams.models import AuditEvent, Person


@dataclass(frozen=True)
class Change:
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """An entry as the page shows it. `values`: (name, value) of what is no change."""

    event: AuditEvent
    sentence: str
    changes: list[Change]
    values: list[tuple[str, str]]


def entries(events: Iterable[AuditEvent]) -> list[Entry]:
    """In one query more, for the names."""
    listed = list(events)
    names = Person.objects.names(event.subject_person for event in listed)
    return [_entry(event, event.sentence(names)) for event in listed]


def _entry(event: AuditEvent, sentence: str) -> Entry:
    others = {name: value for name, value in event.data.items() if name not in ("before", "after")}
    values = [(audit.field_name(name), event.reads(value)) for name, value in others.items()]
    return Entry(event, sentence, list(_changes(event)), values)


def _changes(event: AuditEvent) -> Iterator[Change]:
    if not {"before", "after"} <= event.data.keys():
        return
    before, after = event.data["before"], event.data["after"]
    if not (isinstance(before, dict) and isinstance(after, dict)):
        what = event.action.rpartition(".")[2].removesuffix("_changed")
        yield Change(audit.field_name(what, _("value")), event.reads(before), event.reads(after))
        return
    for name in dict.fromkeys([*before, *after]):  # in their order
        if before.get(name) != after.get(name):
            yield Change(audit.field_name(name), event.reads(before.get(name)), event.reads(after.get(name)))


# -- As a file --------------------------------------------------------------------------------------------------------

CHUNK = 500


def header() -> list[str]:
    return [_("When"), _("Who"), _("Who (id)"), _("Token"), _("Team"), _("Team (id)"), _("Action"), _("Subject"), _("What"),
            _("Before"), _("After"), _("Other values")]  # fmt: skip


def cells(events: Iterator[AuditEvent], language: str) -> Iterator[list[Any]]:
    """A line for each of `events`, which are read in pieces; in `language`, since a response is streamed after its request."""
    while chunk := list(islice(events, CHUNK)):
        with override(language):
            lines = [_cells(entry) for entry in entries(chunk)]
        yield from lines


def _cells(entry: Entry) -> list[Any]:
    event = entry.event
    return [
        event.recorded_at, event.actor or _("The portal"), event.actor_id, event.token, event.team, event.team_id,
        event.action, event.subject, entry.sentence,
        _joined((change.name, change.before) for change in entry.changes),
        _joined((change.name, change.after) for change in entry.changes),
        _joined(entry.values),
    ]  # fmt: skip


def _joined(pairs: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in pairs)
