"""Items of a roadmap as a table: what a row would do to which item, and the table of what is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, ClassVar

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.imports import Difference, Importer, Once, Planned, RowState, planned_each
from core.refusals import Refused
from core.tables import cells
from core.tables.reading import Column, Row
from core.tables.writing import kept
from roadmaps import template
from roadmaps.dates import PHASES
from roadmaps.models import Checklist, Item, Roadmap, State
from roadmaps.services import RoadmapError, many
from roadmaps.services.many import Standing, Step, Wanted
from teams.models import Person, Team
from teams.zones import with_zone

ALREADY_HAD = "already_had"
STATES = [*State.choices, (ALREADY_HAD, gettext_lazy("Already had it at the start"))]
SECTIONS = [
    *((str(phase), format_lazy(gettext_lazy("Phase {n}"), n=phase)) for phase in PHASES),
    *Checklist.choices,
]


class ItemImporter(Importer):
    kind = "roadmap-items"
    title = gettext_lazy("Items of the roadmap")
    about = gettext_lazy("Adds items to the team's roadmap and changes those that are there, with their states.")
    tab = "roadmap"
    columns: ClassVar[Sequence[Column]] = (
        Column("id", gettext_lazy("No."), gettext_lazy("The item's number, as in a file that was downloaded here.")),
        Column("template_key", gettext_lazy("Key"), gettext_lazy("The key of an item of the guide's roadmap.")),
        Column(
            "section",
            gettext_lazy("Section"),
            gettext_lazy("1 to 4 for a phase, technical or organisational for a checklist. Needed for a new item."),
            "2",
        ),
        Column(
            "title",
            gettext_lazy("Item"),
            gettext_lazy("What is to be done. Without a number and a key, an item with this title is meant, or a new one."),
            gettext_lazy("Retrain the demand forecast every month"),
            names=True,
        ),
        Column("owner", gettext_lazy("Owner"), gettext_lazy("Name or mail address of somebody of the team.")),
        Column("due_date", gettext_lazy("Due"), gettext_lazy("A day. Of a new item: else the end of the phase."), "2026-09-30"),
        Column(
            "state",
            gettext_lazy("State"),
            gettext_lazy("to_do, in_progress, done, skipped (with a note), or already_had: done before the start."),
            gettext_lazy("In progress"),
        ),
        Column(
            "since",
            gettext_lazy("Since"),
            gettext_lazy("The day on which it came into this state, else today."),
            "2026-05-11",
        ),
        Column("note", gettext_lazy("Note"), gettext_lazy("Kept beside the change of state; the reason of a dropped item.")),
    )  # fmt: skip

    def notes(self) -> Sequence[Any]:
        return [
            gettext_lazy("A new item is in the scope of the burn-up from the day in “Since”, or from today."),
            gettext_lazy("Items are never moved between sections or removed by a file."),
        ]

    def plan(self, rows: Sequence[Row], team: Team, by: Person) -> list[Planned]:
        return planned_each(rows, _Plan(_roadmap(team)).of)

    def apply(self, planned: Sequence[Planned], team: Team, by: Person) -> None:
        steps = [each.todo for each in planned]
        if steps:
            many.take_steps(roadmap=steps[0].item.roadmap, steps=steps, by=by)

    def lock(self, team: Team) -> None:
        many.lock_roadmap(_roadmap(team))

    def rows(self, team: Team) -> Iterable[Sequence[Any]]:
        found = Roadmap.objects.filter(team=team).first()
        if found is None:
            return
        found.team = with_zone(team)
        stand = many.standing(found)
        for item in stand.items:
            yield _as_row(stand, item)

    def address(self, team: Team) -> str:
        return reverse("roadmap", args=[team.pk])


def _roadmap(team: Team) -> Roadmap:
    found = Roadmap.objects.filter(team=team).first()
    if found is None:
        raise RoadmapError(_("The team has no roadmap yet. Start it first."))
    found.team = with_zone(team)
    return found


def _as_row(stand: Standing, item: Item) -> Sequence[Any]:
    tick = stand.newest.get(item.pk)
    had = tick is not None and tick.already_had
    return [
        item.pk,
        item.template_key,
        dict(SECTIONS)[_section_of(item)],
        item.shown_title,
        item.owner or "",
        item.due_date,
        dict(STATES)[ALREADY_HAD if had else item.state],
        clock.day_of(tick.effective_at, stand.roadmap.team.zone) if tick and not had else None,
        stand.notes.get(item.pk, ""),
    ]


def _section_of(item: Item) -> str:
    return str(item.phase) if item.phase else item.checklist


def _titles(item: Item) -> set[str]:
    """How people may call the item, to be compared with `cells.plain`."""
    names = [item.title] if item.title or not item.entry else item.entry.title.values()
    return {cells.plain(name) for name in names}


class _Plan:
    """What the rows of one file do to one roadmap. Four queries, whatever the file's length."""

    def __init__(self, roadmap: Roadmap) -> None:
        self.roadmap = roadmap
        self.stand = many.standing(roadmap)
        self.members = list(Person.objects.filter(memberships__team=roadmap.team, is_active=True))
        self.by_id = {str(item.pk): item for item in self.stand.items}
        self.by_key = {item.template_key: item for item in self.stand.items if item.template_key}
        self.by_title: dict[str, list[Item]] = defaultdict(list)
        for item in self.stand.items:
            for title in _titles(item):
                self.by_title[title].append(item)
        self.states, self.once = cells.Choices(STATES), Once()
        # Asked for once: in a long file most of the time would go into translating the same words.
        self.names = {column.key: str(column.header) for column in ItemImporter.columns}
        self.labels = {value: str(label) for value, label in (*STATES, *SECTIONS)}
        self.shown_days: dict[date, str] = {}
        self.sections = cells.Choices(SECTIONS, also=_titles_of_parts(roadmap.template))

    def of(self, row: Row) -> Planned:
        section = self._section(row)
        item = self._item(row, section)
        self.once.check(item.pk if item else (section, cells.plain(row["title"])), row.number)
        wanted = self._wanted(row, section, item)
        step = many.step_to_edit(self.stand, item, wanted) if item else many.step_to_add(self.roadmap, wanted)
        state = RowState.NEW if step.is_new else RowState.CHANGED if step.does_something else RowState.SAME
        return Planned(row.number, state, step.item.shown_title, differences=self._differences(step), todo=step)

    def _section(self, row: Row) -> tuple[int | None, str] | None:
        found = self.sections.of(row["section"])
        if not found:
            return None
        return (int(found), "") if found.isdecimal() else (None, found)

    def _item(self, row: Row, section: tuple[int | None, str] | None) -> Item | None:
        """Which item the row is about: by its number, its key or its title, in this order; None for a new one."""
        number, key = row["id"].strip(), row["template_key"].strip()
        if number and number not in self.by_id:
            raise Refused(
                _("The roadmap has no item %(number)s. Leave the cell empty to add one.") % {"number": number}
            )
        if key and key not in self.by_key:
            raise Refused(_("The roadmap has no item with the key %(key)s.") % {"key": cells.short(key)})
        if number and key and self.by_id[number] is not self.by_key[key]:
            raise Refused(_("The number and the key belong to different items."))
        if number or key:
            return self.by_id[number] if number else self.by_key[key]
        if not row["title"].strip():
            raise Refused(_("Say which item is meant: by its number, its key or its title."))
        found = self.by_title.get(cells.plain(row["title"]), [])
        if section is not None:
            found = [item for item in found if (item.phase, item.checklist) == section]
        if len(found) > 1:
            raise Refused(_("Several items have this title. Say which one is meant by its number."))
        return found[0] if found else None

    def _wanted(self, row: Row, section: tuple[int | None, str] | None, item: Item | None) -> Wanted:
        state = self.states.of(row["state"])
        return Wanted(
            section=section,
            title=self._title(row, item),
            owner=self._owner(row["owner"], item),
            due_date=cells.day(row["due_date"]),
            state=str(State.DONE) if state == ALREADY_HAD else state,
            already_had=state == ALREADY_HAD,
            on=cells.day(row["since"]),
            note=self._note(row, item),
        )

    def _title(self, row: Row, item: Item | None) -> str | None:
        if item is None:
            return row["title"]
        if not (row["id"].strip() or row["template_key"].strip()):
            return None  # found by its title: written otherwise, it is still the same one
        return None if row["title"].strip() in ("", kept(item.shown_title)) else row["title"]

    def _note(self, row: Row, item: Item | None) -> str:
        """What the file says; what stands there already where that is what a file makes of it."""
        there = self.stand.notes.get(item.pk, "") if item else ""
        note = row["note"].strip()
        return there if note == kept(there).strip() else note

    def _owner(self, text: str, item: Item | None) -> Person | None:
        wanted = cells.plain(text)
        if not wanted:
            return None
        if item and item.owner and wanted in _called(item.owner):
            return item.owner  # also one who has left the team
        found = [person for person in self.members if wanted in _called(person)]
        if not found:
            raise Refused(_("Nobody in the team is called %(name)s.") % {"name": cells.short(text)})
        if len(found) > 1:
            raise Refused(
                _("Several people in the team are called %(name)s. Write the mail address.") % {"name": found[0].name}
            )
        return found[0]

    def _differences(self, step: Step) -> list[Difference]:
        item = step.item
        if step.is_new:
            told = [
                ("section", "", self.labels[_section_of(item)]),
                ("owner", "", item.owner),
                ("due_date", "", item.due_date),
            ]
        else:
            told = [(name, _old(item, name), value) for name, value in step.fields.items()]
        if step.ticks:
            before = "" if step.is_new else self.labels[item.state]
            after = self.labels[ALREADY_HAD if step.wanted.already_had else step.wanted.state]
            told.append(("state", before, after))
            told += [("since", "", step.wanted.on), ("note", "", step.wanted.note)]
        return [
            Difference(self.names[name], self._shown(old), self._shown(new)) for name, old, new in told if old or new
        ]

    def _shown(self, value: Any) -> str:
        if isinstance(value, date):
            if value not in self.shown_days:
                self.shown_days[value] = date_format(value)
            return self.shown_days[value]
        return str(value) if value else ""


def _titles_of_parts(found: template.Template) -> list[tuple[str, str]]:
    return [(str(part.n) if part.n else part.id, title) for part in found.parts for title in part.title.values()]


def _called(person: Person) -> set[str]:
    return {cells.plain(text) for text in (person.email, person.name, str(person)) if text}


def _old(item: Item, name: str) -> Any:
    return item.shown_title if name == "title" else getattr(item, name)
