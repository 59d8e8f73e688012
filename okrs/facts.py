"""Loads what standing.py reads: check-ins and checklists of many key results, in a constant number of queries."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from okrs.models import CheckIn, ChecklistEntry, KeyResult
from okrs.standing import Point, Standing

_FIELDS = (
    "number", "day", "value", "start", "target", "low", "high", "confidence", "status", "source", "done",
)  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """A key result with its points in the order of (day, number) and its entries that are not skipped."""

    key_result: KeyResult
    points: Sequence[Point]
    entries: Collection[int] = ()

    def on(self, day: date) -> Standing:
        """Where it stands at the end of `day`, from the check-ins dated until then."""
        until = bisect_right(self.points, day, key=lambda point: point.day)
        return Standing(self.key_result, self.points[:until], day, self.entries)


def facts_of(key_results: Iterable[KeyResult]) -> list[Facts]:
    """The facts of each, in their order. They come with `objective.cycle`. Two queries."""
    known = list(key_results)
    points: dict[int, list[Point]] = defaultdict(list)
    rows = CheckIn.objects.filter(key_result__in=[each.pk for each in known]).oldest_first()
    for pk, *values in rows.values_list("key_result", *_FIELDS):
        values[-1] = tuple(values[-1])
        points[pk].append(Point(*values))
    entries: dict[int, set[int]] = defaultdict(set)
    wanted = [each.pk for each in known if each.kind == "checklist"]
    if wanted:
        kept = ChecklistEntry.objects.filter(key_result__in=wanted, skipped=False)
        for pk, entry in kept.values_list("key_result", "pk"):
            entries[pk].add(entry)
    return [Facts(each, points[each.pk], entries[each.pk]) for each in known]
