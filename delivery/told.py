"""The figures of some days as plain numbers: what pages put into words, what the API answers with, what files hold.

All three take them from here, so that a page never says something else than the API.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from delivery import editions
from delivery.editions import MEANS, NOT_JUDGED, Judgement, judge
from delivery.figures import Share
from delivery.five import Five

TITLES: Mapping[str, Promise | str] = {
    "deployment_frequency": _("Deployment frequency"),
    "lead_time": _("Lead time for changes"),
    "change_failure_rate": _("Change failure rate"),
    "recovery": _("Failed deployment recovery time"),
    "mttr": _("Time to restore (MTTR)"),
    "rework_rate": _("Deployment rework rate"),
}
FIRST = "deployment_frequency"
UNITS: Mapping[str, Promise | str] = {
    "deployment_frequency": _("deployment days per week"),
    "lead_time": _("hours"),
    "change_failure_rate": _("share of deployments"),
    "recovery": _("hours"),
    "mttr": _("hours"),
    "rework_rate": _("share of deployments"),
}


@dataclass(frozen=True)
class Told:
    """`number` None: no data, and then there is no judgement. What numerator and denominator count: docs/definitions.md."""

    id: str
    number: float | None
    numerator: int | None
    denominator: int | None
    judged: Judgement = NOT_JUDGED
    also: Mapping[str, float | None] = field(default_factory=dict)  # what is said beside the value, by name

    @property
    def title(self) -> Promise | str:
        return TITLES[self.id]

    @property
    def unit(self) -> Promise | str:
        return UNITS[self.id]


def number_of(name: str, five: Five) -> float | None:
    """The value of one figure; None is no data."""
    return _NUMBERS[name](five)


_NUMBERS: Mapping[str, Callable[[Five], float | None]] = {
    "deployment_frequency": lambda five: five.frequency.per_week if five.frequency else None,
    "lead_time": lambda five: five.lead_time.median,
    "change_failure_rate": lambda five: five.failure_rate.value,
    "recovery": lambda five: five.recovery.median,
    "mttr": lambda five: five.mttr.mean,
    "rework_rate": lambda five: five.rework.value,
}


_ALSO: Mapping[str, Callable[[Five], Mapping[str, float | None]]] = {
    "deployment_frequency": lambda five: {"per_month": five.frequency.per_month if five.frequency else None},
    "lead_time": lambda five: {f"{stage.value}_median": hours for stage, hours in five.lead_time.stage_medians.items()},
    "change_failure_rate": lambda _five: {},
    "recovery": lambda five: {"detect_median": five.detect.median, "repair_median": five.repair.median},
    "mttr": lambda five: {"median": five.mttr.median, "still_open": float(five.mttr.still_open)},
    "rework_rate": lambda _five: {},
}


def numbers(five: Five, edition: str) -> dict[str, Told]:
    """All of them by id, in the order of the pages."""
    found = {}
    for name, (figure, numerator, denominator) in parts(five).items():
        number = number_of(name, five)
        judged = NOT_JUDGED if number is None else judge(edition, name, figure)
        found[name] = Told(name, number, numerator, denominator, judged, _ALSO[name](five))
    return found


@dataclass(frozen=True)
class Overall:
    """The score of 2025 over all: the mean of those of `scored`, of `of` figures that the edition knows. No score: no data."""

    judged: Judgement
    scored: Sequence[Told]
    of: int = len(MEANS)


def overall(found: Mapping[str, Told], edition: str) -> Overall | None:
    """None where the edition knows none."""
    if edition != "2025":
        return None
    scored = [each for each in found.values() if each.judged.score is not None]
    return Overall(editions.overall(each.judged for each in scored), scored)


Parts = tuple[Any, int | None, int | None]


def parts(five: Five) -> dict[str, Parts]:
    """Of each figure, what judges it, its numerator and its denominator."""
    often, lead, recovery, mttr = five.frequency, five.lead_time, five.recovery, five.mttr
    return {
        "deployment_frequency": (often, often.count if often else None, often.weeks if often else None),
        "lead_time": (lead, lead.count, lead.changes),
        "change_failure_rate": _of_share(five.failure_rate),
        "recovery": (recovery, recovery.count, five.attributed),
        "mttr": (mttr, mttr.count, mttr.count + mttr.still_open),
        "rework_rate": _of_share(five.rework),
    }


def _of_share(share: Share) -> Parts:
    return (share, share.part, share.whole) if share.whole else (share, None, None)
