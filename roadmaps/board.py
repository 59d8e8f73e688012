"""What the roadmap's page shows: sections of rows, assembled in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db.models import Prefetch
from django.http import QueryDict
from django.utils.functional import cached_property

from core import clock
from core.content import text
from roadmaps.facts import day_of, facts_of
from roadmaps.models import Item, Note, Roadmap, State, Tick
from roadmaps.overview import Overview, Phase, is_late
from roadmaps.progress import Progress, progress
from teams.models import JobRole, Person
from teams.zones import zones_of


@dataclass(frozen=True)
class Filter:
    """What the address asks to see. All that is set must hold."""

    mine: bool = False
    open: bool = False
    overdue: bool = False

    @classmethod
    def of(cls, query: QueryDict) -> Filter:
        return cls(*(bool(query.get(name)) for name in ("mine", "open", "overdue")))

    @property
    def is_set(self) -> bool:
        return self.mine or self.open or self.overdue

    @property
    def query(self) -> str:
        """The filter as an address has it, "?mine=1&open=1"; "" for none."""
        names = [name for name in ("mine", "open", "overdue") if getattr(self, name)]
        return "?" + "&".join(f"{name}=1" for name in names) if names else ""

    def holds(self, row: Row, person: Person) -> bool:
        return (
            (not self.mine or row.item.owner_id == person.pk)
            and (not self.open or row.is_open)
            and (not self.overdue or row.is_late)
        )


@dataclass(frozen=True)
class Row:
    """One item as the page shows it, with its ticks (oldest first) and notes."""

    item: Item
    ticks: Sequence[Tick]
    notes: Sequence[Note]
    today: date
    zone: ZoneInfo

    @property
    def newest(self) -> Tick | None:
        return self.ticks[-1] if self.ticks else None

    @property
    def day(self) -> date | None:
        """The team's day on which the item came into its state."""
        return day_of(self.newest, self.item.roadmap.start_date, self.zone) if self.newest else None

    @property
    def told_on(self) -> date | None:
        """The team's day on which that was entered."""
        return clock.day_of(self.newest.recorded_at, self.zone) if self.newest else None

    @property
    def is_open(self) -> bool:
        return self.item.state in (State.TO_DO, State.IN_PROGRESS)

    @property
    def is_done(self) -> bool:
        return self.item.state == State.DONE

    @property
    def is_skipped(self) -> bool:
        return self.item.state == State.SKIPPED

    @property
    def is_in_progress(self) -> bool:
        return self.item.state == State.IN_PROGRESS

    @property
    def is_late(self) -> bool:
        return is_late(self.item, self.today)

    @property
    def days_late(self) -> int:
        """Days from the due date to the day it was done, or to today while it is open; 0 when in time."""
        due, end = self.item.due_date, self.day if self.is_done else self.today
        return max(0, (end - due).days) if due and end and (self.is_open or self.is_done) else 0

    @property
    def note(self) -> Note | None:
        """What was written beside the newest tick."""
        beside = (note for note in self.notes if self.newest and note.tick_id == self.newest.pk and note.text)
        return next(beside, None)

    @property
    def can_undo(self) -> bool:
        return self.newest is not None and not self.newest.undoes_id

    @property
    def is_fresh(self) -> bool:
        """The newest tick was recorded today."""
        return self.told_on == self.today

    @property
    def click(self) -> str:
        """The state that a click on the box asks for."""
        return State.TO_DO if self.is_done else State.DONE

    @property
    def done_when(self) -> str:
        return text(self.item.entry.done_when) if self.item.entry else ""

    @property
    def how(self) -> str:
        return text(self.item.entry.how) if self.item.entry and self.item.entry.how else ""

    @property
    def roles(self) -> list[str]:
        return [str(JobRole(role).label) for role in self.item.entry.roles] if self.item.entry else []

    @property
    def request_id(self) -> str:
        """New each time it is asked for: one page, one request."""
        return uuid4().hex


@dataclass(frozen=True)
class Section:
    """A phase or a checklist. `shown` are the rows that the filter lets through."""

    key: str
    title: str
    phase: Phase | None
    rows: Sequence[Row]
    shown: Sequence[Row]
    progress: Progress
    is_unfolded: bool

    @property
    def hidden(self) -> int:
        return len(self.rows) - len(self.shown)

    @property
    def mandatory(self) -> list[Row]:
        return [row for row in self.rows if row.item.mandatory]

    @property
    def mandatory_open(self) -> list[Row]:
        return [row for row in self.mandatory if row.is_open]

    @property
    def mandatory_settled(self) -> int:
        return len(self.mandatory) - len(self.mandatory_open)


class Board:
    """The whole roadmap for one reader. Four queries whatever the number of items: items, ticks, notes, organisation."""

    def __init__(
        self, roadmap: Roadmap, person: Person, chosen: Filter | None = None, unfold: int | None = None
    ) -> None:
        self.roadmap = roadmap
        self.person = person
        self.filter = chosen or Filter()
        self.unfold = unfold  # the item whose section is open although it would be folded
        self.zone = zones_of([roadmap.team])[roadmap.team.pk]
        self.today = clock.today(self.zone)
        self.rows = self._rows()

    def _rows(self) -> list[Row]:
        ticks = Tick.objects.select_related("person", "token").order_by("version")
        notes = Note.objects.select_related("person")
        items = self.roadmap.items.listed().prefetch_related(Prefetch("ticks", ticks), Prefetch("notes", notes))
        rows = []
        for item in items:
            item.roadmap = self.roadmap  # the same object, so that nothing asks for it again
            rows.append(Row(item, list(item.ticks.all()), list(item.notes.all()), self.today, self.zone))
        return rows

    @cached_property
    def overview(self) -> Overview:
        rows = [row for row in self.rows if row.item.phase]
        start = self.roadmap.start_date
        facts = [facts_of(row.item, row.ticks, start, self.zone) for row in rows]
        return Overview(self.roadmap, [row.item for row in rows], facts, self.today)

    @cached_property
    def phases(self) -> list[Section]:
        return [self._section(f"phase-{phase.n}", phase.title, phase) for phase in self.overview.phases]

    @cached_property
    def checklists(self) -> list[Section]:
        return [self._section(part.id, text(part.title), None) for part in self.roadmap.template.checklists]

    @property
    def gate(self) -> Section:
        """The earliest phase whose gate is not met, whatever the calendar says; the present phase when all are met."""
        unmet = (section for section in self.phases if section.mandatory_open)
        return next(unmet, self.phases[self.overview.current_phase - 1])

    @cached_property
    def _by_section(self) -> dict[str, list[Row]]:
        found = defaultdict(list)
        for row in self.rows:
            found[section_key(row.item)].append(row)
        return found

    def _section(self, key: str, title: str, phase: Phase | None) -> Section:
        rows = self._by_section[key]
        shown = [row for row in rows if self.filter.holds(row, self.person)]
        unfolded = (
            phase is None
            or phase.n == self.overview.current_phase
            or bool(phase.late)
            or (self.filter.is_set and bool(shown))
            or any(row.item.pk == self.unfold for row in rows)
        )
        return Section(key, title, phase, rows, shown, progress(row.item.state for row in rows), unfolded)

    def row(self, item: Item) -> Row:
        return next(row for row in self.rows if row.item.pk == item.pk)

    def section_of(self, item: Item) -> Section:
        return next(section for section in (*self.phases, *self.checklists) if section.key == section_key(item))


def section_key(item: Item) -> str:
    return f"phase-{item.phase}" if item.phase else item.checklist
