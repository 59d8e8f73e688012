"""The figures in words: the value with its unit, and the sentences that say numerator, denominator and what was left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delivery import sparks, told
from delivery.figures import Frequency, Stage
from delivery.five import Five
from delivery.models import Service
from delivery.sparks import Spark
from delivery.words import duration_text, figure_text, hours_number, hours_text, percent_text, short_hours


@dataclass(frozen=True)
class Reads:
    """What is read of a team at all: without it no data says nothing."""

    deployments: bool
    incidents: bool


def reads(services: Iterable[Service]) -> Reads:
    services = list(services)
    return Reads(
        any(service.deployment_source != "none" for service in services),
        any(service.incident_labels for service in services),
    )


def words(name: str, five: Five, *, narrow: bool = False) -> tuple[str, str]:
    """The value and its unit; "" is no data."""
    return _NARROW[name](five) if narrow and name in _NARROW else _WORDS[name](five)


def of(name: str, five: Five, reads: Reads) -> list[str]:
    """What it was computed from."""
    return _FACTS[name](reads, five)


def spark_of(name: str, values: Sequence[float | None]) -> Spark:
    """A small drawing of `weekly` values: bars of deployments, else a line; with gaps where there is no data."""
    if name == "deployment_frequency":
        return sparks.bars([None if value is None else int(value) for value in values])
    return sparks.line(values)


def weekly(name: str, fives: Iterable[Five]) -> list[float | None]:
    """What a spark draws of each week: the number of deployments, else the figure."""
    if name == "deployment_frequency":
        return [five.frequency.count if five.frequency else None for five in fives]
    return [told.number_of(name, five) for five in fives]


# -- The value and its unit; "" is no data ------------------------------------------------------------------------------


def _frequency(five: Five) -> tuple[str, str]:
    figure = five.frequency
    if figure is None:
        return "", ""
    text = figure_text(figure.value)
    if text == "1":
        return text, _("day / week") if figure.is_weekly else _("day / month")
    return text, _("days / week") if figure.is_weekly else _("days / month")


def _hours(hours: float | None) -> tuple[str, str]:
    return ("", "") if hours is None else short_hours(hours)


def _percent(share: float | None) -> tuple[str, str]:
    return ("", "") if share is None else (percent_text(share), "")


def _mttr(five: Five) -> tuple[str, str]:
    """In hours, exactly as people compare it with the incidents themselves."""
    return ("", "") if five.mttr.mean is None else (hours_number(five.mttr.mean), _("h mean"))


_WORDS: dict[str, Callable[[Five], tuple[str, str]]] = {
    "deployment_frequency": _frequency,
    "lead_time": lambda five: _hours(five.lead_time.median),
    "change_failure_rate": lambda five: _percent(five.failure_rate.value),
    "recovery": lambda five: _hours(five.recovery.median),
    "mttr": _mttr,
    "rework_rate": lambda five: _percent(five.rework.value),
}


def _narrow_frequency(five: Five) -> tuple[str, str]:
    figure = five.frequency
    if figure is None:
        return "", ""
    return figure_text(figure.value), _("/wk") if figure.is_weekly else _("/mo")


_NARROW: dict[str, Callable[[Five], tuple[str, str]]] = {
    "deployment_frequency": _narrow_frequency,
    "mttr": lambda five: _hours(five.mttr.mean),
}


# -- What it was computed from ------------------------------------------------------------------------------------------


def _frequency_facts(reads: Reads, five: Five) -> list[str]:
    figure = five.frequency
    if figure is None:
        return [_("No deployment is known up to then.") if reads.deployments else _("Deployments are not read.")]
    count = ngettext("%(count)s deployment", "%(count)s deployments", figure.count) % {"count": figure.count}
    weeks = ngettext("%(count)s week", "%(count)s weeks", figure.weeks) % {"count": figure.weeks}
    facts = [_("%(deployments)s in %(weeks)s") % {"deployments": count, "weeks": weeks}, _median_of(figure)]
    if figure.unknown:
        text = ngettext("%(count)s unknown, not counted", "%(count)s unknown, not counted", figure.unknown)
        facts.append(text % {"count": figure.unknown})
    return facts


def _median_of(figure: Frequency) -> str:
    return _("median of deployment days a week") if figure.is_weekly else _("median of deployment days a month")


def _lead_time_facts(reads: Reads, five: Five) -> list[str]:
    figure = five.lead_time
    if not figure.changes:
        return [_("No change is known to have been deployed.")]
    text = ngettext("median of %(count)s change", "median of %(count)s changes", figure.count)
    facts = [text % {"count": figure.count}]
    unknown = figure.changes - figure.count
    if unknown:
        text = ngettext(
            "%(count)s without a first commit known before its deployment",
            "%(count)s without a first commit known before their deployment",
            unknown,
        )
        facts.append(text % {"count": unknown})
    longest = longest_stage(five)
    if longest:
        stage, hours = longest
        facts.append(_("longest stage: %(stage)s, %(hours)s") % {"stage": stage.label, "hours": duration_text(hours)})
    return facts


def longest_stage(five: Five) -> tuple[Stage, float] | None:
    known = [(stage, hours) for stage, hours in five.lead_time.stage_medians.items() if hours is not None]
    return max(known, key=lambda each: each[1], default=None)


def _failure_facts(reads: Reads, five: Five) -> list[str]:
    share = five.failure_rate
    if not share.whole:
        return [_("No deployment was counted.")]
    if share.part is None:
        return [_("Incidents are not read.")]
    text = ngettext(
        "%(part)s of %(whole)s deployment with a failure",
        "%(part)s of %(whole)s deployments with a failure",
        share.whole,
    )
    return [text % {"part": share.part, "whole": share.whole}]


def _are_told(reads: Reads, five: Five) -> bool:
    """Whether incidents are read, or programs or people told of some."""
    return bool(reads.incidents or five.attributed or five.mttr.count or five.mttr.still_open)


def _recovery_facts(reads: Reads, five: Five) -> list[str]:
    if not _are_told(reads, five):
        return [_("Incidents are not read.")]
    figure, caused = five.recovery, five.attributed
    if not caused:
        return [_("No incident is attributed to a deployment of the period.")]
    text = ngettext(
        "median of %(count)s of %(all)s attributed incident",
        "median of %(count)s of %(all)s attributed incidents",
        caused,
    )
    facts = [text % {"count": figure.count, "all": caused}] if figure.count else []
    waiting = caused - figure.count
    if waiting:
        text = ngettext("%(count)s not resolved in the period", "%(count)s not resolved in the period", waiting)
        facts.append(text % {"count": waiting})
    return facts


def _mttr_facts(reads: Reads, five: Five) -> list[str]:
    if not _are_told(reads, five):
        return [_("Incidents are not read.")]
    figure, facts = five.mttr, []
    if figure.median is not None:
        facts.append(_("median %(hours)s") % {"hours": hours_text(figure.median)})
        text = ngettext("%(count)s incident resolved", "%(count)s incidents resolved", figure.count)
        facts.append(text % {"count": figure.count})
    else:
        facts.append(_("No incident was resolved."))
    if figure.still_open:
        facts.append(ngettext("%(count)s open", "%(count)s open", figure.still_open) % {"count": figure.still_open})
    return facts


def _rework_facts(reads: Reads, five: Five) -> list[str]:
    share = five.rework
    if not share.whole:
        return [_("No deployment was counted.")]
    text = ngettext(
        "%(part)s of %(whole)s deployment is a hotfix", "%(part)s of %(whole)s deployments are hotfixes", share.whole
    )
    return [text % {"part": share.part, "whole": share.whole}]


_FACTS: dict[str, Callable[[Reads, Five], list[str]]] = {
    "deployment_frequency": _frequency_facts,
    "lead_time": _lead_time_facts,
    "change_failure_rate": _failure_facts,
    "recovery": _recovery_facts,
    "mttr": _mttr_facts,
    "rework_rate": _rework_facts,
}
