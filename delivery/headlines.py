"""The two figures as a page says them: value, unit, band, and what they were computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delivery.board import Board
from delivery.charts import figure_text, hours_number, hours_text
from delivery.figures import Band, Frequency, Recovery


@dataclass(frozen=True)
class Headline:
    """`value` "" means no data. `facts` are sentences that say the numerator and denominator and what was left out."""

    id: str
    title: str
    value: str
    unit: str
    band: Band | None
    was: str
    facts: Sequence[str]
    band_reads: str = ""  # what the band looks at where that is not `value`

    @property
    def band_label(self) -> Promise | str:
        return self.band.label if self.band else ""


def frequency_headline(board: Board) -> Headline:
    """Median deployment days a week, a month where that is 0; always with "n deployments in m weeks"."""
    figure = board.frequency()
    before = board.frequency(board.before) if board.before else None
    return Headline(
        id="deployment_frequency",
        title=_("Deployment frequency"),
        value=figure_text(figure.value) if figure else "",
        unit=_unit(figure),
        band=figure.band if figure else None,
        was=_was(f"{figure_text(before.value)} {_unit(before)}" if before else ""),
        facts=_frequency_facts(board, figure),
    )


def _unit(figure: Frequency | None) -> str:
    if figure is None:
        return ""
    return _("days / week") if figure.is_weekly else _("days / month")


def _was(text: str) -> str:
    return _("was %(value)s") % {"value": text} if text else ""


def _frequency_facts(board: Board, figure: Frequency | None) -> list[str]:
    if figure is None:
        return [_("No deployment is known up to then.") if board.counts_deployments else _("Deployments are not read.")]
    count = ngettext("%(count)s deployment", "%(count)s deployments", figure.count) % {"count": figure.count}
    weeks = ngettext("%(count)s week", "%(count)s weeks", figure.weeks) % {"count": figure.weeks}
    facts = [_("%(deployments)s in %(weeks)s") % {"deployments": count, "weeks": weeks}]
    facts.append(_("median of deployment days a week") if figure.is_weekly else _("median of deployment days a month"))
    if figure.unknown:
        text = ngettext("%(count)s unknown, not counted", "%(count)s unknown, not counted", figure.unknown)
        facts.append(text % {"count": figure.unknown})
    return facts


def mttr_headline(board: Board) -> Headline:
    """The mean, with the median beside it, which the band reads."""
    figure = board.recovery()
    before = board.recovery(board.before) if board.before else None
    was = hours_text(before.mean) if before and before.mean is not None else ""
    return Headline(
        id="mttr",
        title=_("Time to restore (MTTR)"),
        value=hours_number(figure.mean) if figure.mean is not None else "",
        unit=_("h mean") if figure.mean is not None else "",
        band=figure.band,
        was=_was(_("%(hours)s mean") % {"hours": was} if was else ""),
        facts=_mttr_facts(board, figure),
        band_reads=_("by the median") if figure.band else "",
    )


def _mttr_facts(board: Board, figure: Recovery) -> list[str]:
    if not board.counts_incidents:
        return [_("Incidents are not read.")]
    facts = []
    if figure.median is not None:
        facts.append(_("median %(hours)s") % {"hours": hours_text(figure.median)})
        text = ngettext("%(count)s incident resolved", "%(count)s incidents resolved", figure.count)
        facts.append(text % {"count": figure.count})
    else:
        facts.append(_("No incident was resolved."))
    if figure.still_open:
        facts.append(ngettext("%(count)s open", "%(count)s open", figure.still_open) % {"count": figure.still_open})
    return facts
