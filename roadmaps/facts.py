"""Loads what progress.py reads: items with their events, in a constant number of queries for any number of roadmaps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from core import clock
from roadmaps.models import Item, Roadmap, Tick
from roadmaps.progress import Event, Facts


def facts_of_phases(roadmaps: Sequence[Roadmap], zones: dict[int, ZoneInfo]) -> dict[int, list[Facts]]:
    """The facts of all phase items, by roadmap. Two queries."""
    items = Item.objects.filter(roadmap__in=roadmaps).of_phases().order_by("pk")
    ticks: dict[int, list[Tick]] = defaultdict(list)
    for tick in Tick.objects.filter(item__roadmap__in=roadmaps, item__phase__isnull=False).order_by(
        "item_id", "version"
    ):
        ticks[tick.item_id].append(tick)
    by_pk = {roadmap.pk: roadmap for roadmap in roadmaps}
    found: dict[int, list[Facts]] = {roadmap.pk: [] for roadmap in roadmaps}
    for item in items:
        roadmap = by_pk[item.roadmap_id]
        found[roadmap.pk].append(facts_of(item, ticks[item.pk], roadmap.start_date, zones[roadmap.team_id]))
    return found


def facts_of(item: Item, ticks: Sequence[Tick], start: date, zone: ZoneInfo) -> Facts:
    """One item's facts from its ticks, which are in the order of their version."""
    return Facts(
        phase=item.phase,
        added=item.added_on or start,
        due=item.due_date,
        events=tuple(
            Event(tick.version, day_of(tick, start, zone), tick.to_state, not tick.already_had)
            for tick in standing(ticks)
        ),
    )


def day_of(tick: Tick, start: date, zone: ZoneInfo) -> date:
    """The team's day on which the tick took effect; the roadmap's start for "already had it"."""
    return start if tick.already_had else clock.day_of(tick.effective_at, zone)


def standing(ticks: Sequence[Tick]) -> list[Tick]:
    """The ticks without each "already had it" that was undone, and without its undoing.

    It is dated at the start: left in, it would linger from there to the day it was undone.
    """
    by_pk = {tick.pk: tick for tick in ticks}
    gone = set()
    for tick in ticks:
        undone = by_pk.get(tick.undoes_id) if tick.undoes_id else None
        if undone and undone.already_had:
            gone |= {tick.pk, undone.pk}
    return [tick for tick in ticks if tick.pk not in gone]
