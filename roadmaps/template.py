"""The roadmap template: what a team starts with, read from content/roadmaps/ and kept apart from what people write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from core import content
from roadmaps.dates import MONTHS_OF_A_PHASE, PHASES

DEFAULT = "guide-roadmap"
Text = dict[str, str]  # {"en": …, "ja": …}


@dataclass(frozen=True)
class Entry:
    """One item of a phase or of a checklist. Checklist entries have no `how`, no roles and are never mandatory."""

    key: str
    title: Text
    done_when: Text
    how: Text | None
    mandatory: bool
    roles: tuple[str, ...]
    criteria: tuple[tuple[str, int], ...] = ()  # (criterion of the maturity model, the state that this makes possible)


@dataclass(frozen=True)
class Part:
    """A phase (`n` 1 to 4) or a checklist (`n` None)."""

    id: str
    n: int | None
    title: Text
    summary: Text | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Session:
    """Training that comes again: in the `week_of_month`-th week of every so many months, `minutes` long."""

    id: str
    title: Text
    every_months: int
    week_of_month: int
    minutes: int
    purpose: Text
    how: Text

    @property
    def about(self) -> Text:
        return {language: f"{said}\n{self.how[language]}" for language, said in self.purpose.items()}


@dataclass(frozen=True)
class Template:
    id: str
    version: int
    phases: tuple[Part, ...]
    checklists: tuple[Part, ...]
    training: tuple[Session, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.phases + self.checklists

    def entry(self, key: str) -> Entry | None:
        """The entry with this key; None for a team's own item, and for one that a later version left out."""
        return _entries(self.id).get(key)

    def keys_with(self, words: str) -> list[str]:
        """Of the entries whose title, in the reader's language, holds these words."""
        wanted = words.casefold()
        return [key for key, entry in _entries(self.id).items() if wanted in content.text(entry.title).casefold()]

    def phase(self, n: int) -> Part:
        return self.phases[n - 1]

    def checklist(self, checklist_id: str) -> Part:
        return next(part for part in self.checklists if part.id == checklist_id)


@cache
def load(template_id: str = DEFAULT) -> Template:
    """The template in its present version. core.content.ContentError, with file, line and key, if the file is wrong."""
    document = content.document(f"roadmaps/{template_id}")
    _check(document)
    data = document.data
    return Template(
        id=data["id"],
        version=data["version"],
        phases=tuple(_part(phase, "items") for phase in data["phases"]),
        checklists=tuple(_part(checklist, "entries") for checklist in data["checklists"]),
        training=tuple(Session(**session) for session in data["training"]),
    )


@cache
def _entries(template_id: str) -> dict[str, Entry]:
    return {entry.key: entry for part in load(template_id).parts for entry in part.entries}


def _part(data: dict[str, Any], entries: str) -> Part:
    return Part(
        id=data["id"],
        n=data.get("n"),
        title=data["title"],
        summary=data.get("summary"),
        entries=tuple(
            Entry(
                key=entry["id"],
                title=entry["title"],
                done_when=entry["done_when"],
                how=entry.get("how"),
                mandatory=entry.get("mandatory", False),
                roles=tuple(entry.get("roles", ())),
                criteria=tuple((each["criterion"], each["state"]) for each in entry["criteria"]),
            )
            for entry in data[entries]
        ),
    )


def _check(document: content.Document) -> None:
    """What the schema cannot say: ids are used once; phases follow each other without gap or overlap, items lie in theirs."""
    seen: dict[str, tuple[str | int, ...]] = {}
    for key, entry_id in _ids(document.data):
        if entry_id in seen:
            raise document.error(key, f"the id {entry_id} is used twice")
        seen[entry_id] = key
    for index, phase in enumerate(document.data["phases"]):
        here = ("phases", index)
        first = MONTHS_OF_A_PHASE * index + 1
        wanted = {"n": PHASES[index], "month_from": first, "month_to": first + MONTHS_OF_A_PHASE - 1}
        for name, value in wanted.items():
            if phase[name] != value:
                raise document.error((*here, name), f"must be {value}: phases follow each other without gap or overlap")
        for number, item in enumerate(phase["items"]):
            if not wanted["month_from"] <= item["month_from"] <= item["month_to"] <= wanted["month_to"]:
                raise document.error((*here, "items", number, "month_from"), "the item's months lie outside its phase")


def _ids(data: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for parts, entries in (("phases", "items"), ("checklists", "entries")):
        for index, part in enumerate(data[parts]):
            yield (parts, index, "id"), part["id"]
            for number, entry in enumerate(part[entries]):
                yield (parts, index, entries, number, "id"), entry["id"]
