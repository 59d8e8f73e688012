"""Where a roadmap stands today: the numbers that its page, the team page and the API show alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from core import clock
from core.content import text
from core.spans import days_text, months_text
from roadmaps import progress
from roadmaps.dates import MONTHS, PHASES, Span, month_number, phase_on, span_of_phase
from roadmaps.facts import facts_of_phases
from roadmaps.models import Item, Roadmap, State
from roadmaps.progress import BurnUpDay, Facts, Forecast, Progress
from teams.zones import zones_of


@dataclass(frozen=True)
class Phase:
    """One of the four phases. `late` counts its open items whose due date has passed."""

    n: int
    title: str
    summary: str
    span: Span
    progress: Progress
    late: int
    is_current: bool
    is_past: bool

    @property
    def days(self) -> str:
        """Its days as the reader writes them, without the year."""
        return days_text(self.span.first, self.span.last, with_year=False)

    @property
    def months(self) -> str:
        return months_text(self.span.first, self.span.last)


@dataclass(frozen=True)
class Overview:
    """A roadmap on one day of its team. Progress, burn-up and forecast count phase items only."""

    roadmap: Roadmap
    items: Sequence[Item]  # those of the phases
    facts: Sequence[Facts]
    today: date

    months = MONTHS

    @property
    def span(self) -> Span:
        return self.roadmap.span

    @property
    def month(self) -> int:
        """Which of the twelve months it is; 0 before the start."""
        return month_number(self.roadmap.start_date, self.today)

    @property
    def has_ended(self) -> bool:
        return self.today > self.span.last

    @cached_property
    def progress(self) -> Progress:
        return progress.progress(item.state for item in self.items)

    @property
    def done(self) -> int:
        return self.progress.done

    @property
    def scope(self) -> int:
        return self.progress.total

    @property
    def left(self) -> int:
        return self.scope - self.done

    @cached_property
    def late_items(self) -> list[Item]:
        return [item for item in self.items if is_late(item, self.today)]

    @property
    def late(self) -> int:
        return len(self.late_items)

    @cached_property
    def phase_progress(self) -> dict[int, Progress]:
        return {n: progress.progress(item.state for item in self.items if item.phase == n) for n in PHASES}

    @cached_property
    def phases(self) -> list[Phase]:
        current = self.current_phase
        return [self._phase(n, current) for n in PHASES]

    def _phase(self, n: int, current: int) -> Phase:
        part = self.roadmap.template.phase(n)
        items = [item for item in self.items if item.phase == n]
        span = span_of_phase(self.roadmap.start_date, n)
        return Phase(
            n=n,
            title=text(part.title),
            summary=text(part.summary or {"en": ""}),
            span=span,
            progress=self.phase_progress[n],
            late=sum(1 for item in items if is_late(item, self.today)),
            is_current=n == current and not self.has_ended,
            is_past=span.last < self.today,
        )

    @cached_property
    def current_phase(self) -> int:
        """The phase that runs today; before the start the first, after the end the last."""
        return phase_on(self.roadmap.start_date, self.today) or (PHASES[0] if not self.month else PHASES[-1])

    @cached_property
    def history(self) -> list[int]:
        return progress.throughput(self.facts, self.roadmap.start_date, self.today)

    @cached_property
    def forecast(self) -> Forecast:
        return progress.forecast(self.history, self.left, progress.paced_done(self.facts, self.today))

    @property
    def p50(self) -> date | None:
        """The day by which the rest is done with 50 percent probability."""
        return progress.end_of_week(self.today, self.forecast.p50) if self.forecast.p50 else None

    @property
    def p85(self) -> date | None:
        return progress.end_of_week(self.today, self.forecast.p85) if self.forecast.p85 else None

    @property
    def quiet_weeks(self) -> int:
        """How many complete weeks up to now nothing was done in; 0 once nothing is left to do."""
        busy = next((number for number, count in enumerate(reversed(self.history)) if count), len(self.history))
        return busy if self.left else 0

    @cached_property
    def burn_up(self) -> list[BurnUpDay]:
        """Every day of the twelve months, and on to today if they are over."""
        last = max(self.span.last, self.today) if self.month else self.span.last
        days = (last - self.span.first).days + 1
        return progress.burn_up(self.facts, [self.span.first + timedelta(days=number) for number in range(days)])

    @property
    def next_due(self) -> list[Item]:
        """Open items by their due date, the earliest first."""
        return sorted(
            (item for item in self.items if item.state in (State.TO_DO, State.IN_PROGRESS) and item.due_date),
            key=lambda item: (item.due_date, item.phase, item.position),
        )


def is_late(item: Item, today: date) -> bool:
    """Open, and its due date has passed."""
    return item.state in (State.TO_DO, State.IN_PROGRESS) and item.due_date is not None and item.due_date < today


def overviews(roadmaps: Sequence[Roadmap]) -> list[Overview]:
    """The overviews of any number of roadmaps (with their `team`) in a constant number of queries."""
    zones = zones_of(roadmap.team for roadmap in roadmaps)
    facts = facts_of_phases(roadmaps, zones)
    items: dict[int, list[Item]] = {roadmap.pk: [] for roadmap in roadmaps}
    by_pk = {roadmap.pk: roadmap for roadmap in roadmaps}
    for item in (
        Item.objects.filter(roadmap__in=roadmaps)
        .of_phases()
        .select_related("owner")
        .order_by("phase", "position", "pk")
    ):
        item.roadmap = by_pk[item.roadmap_id]  # the same object, so that nothing asks for it again
        items[item.roadmap_id].append(item)
    return [
        Overview(roadmap, items[roadmap.pk], facts[roadmap.pk], clock.today(zones[roadmap.team_id]))
        for roadmap in roadmaps
    ]
