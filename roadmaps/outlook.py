"""Where a roadmap is heading, in two words: its forecast against the end of its twelve months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, cast

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.spans import days_text
from roadmaps.overview import Overview

Kind = Literal["ok", "risk", "late", "none"]

CLEAR_YEAR = timedelta(days=300)  # a day within it needs no year
DATE_FORMAT, DAY_FORMAT = "DATE_FORMAT", "MONTH_DAY_FORMAT"


@dataclass(frozen=True)
class Outlook:
    """`dates` says when ("12 Apr – 24 May"), `word` how that compares with the plan ("P50 +2 wk"); both may be "".

    ok: P85 lies within the twelve months, or everything is done. risk: only P50 does. late: not even P50, stalled, or the
    twelve months are over. none: nothing can be said yet.
    """

    kind: Kind
    dates: str
    word: str


def outlook(overview: Overview) -> Outlook:
    """docs/definitions.md, Portfolio."""
    if not overview.month:
        return Outlook("none", _("starts %(day)s") % {"day": _short(overview.span.first)}, "")
    if overview.forecast.kind == "weeks":
        return _forecast(overview)
    if not overview.scope:
        return Outlook("none", "", _("nothing to do"))
    if overview.has_ended and overview.left:
        return Outlook("late", _("ended %(day)s") % {"day": _short(overview.span.last)}, _("not finished"))
    kind, word = _WORDS[overview.forecast.kind]
    return Outlook(kind, "", str(word))


_WORDS: dict[str, tuple[Kind, Promise | str]] = {
    "finished": ("ok", gettext_lazy("all done")),
    "stalled": ("late", gettext_lazy("stalled")),
    "needs_more_data": ("none", gettext_lazy("needs more data")),
}


def _forecast(overview: Overview) -> Outlook:
    p50, p85, end = cast(date, overview.p50), cast(date, overview.p85), overview.span.last
    far = p85 - overview.today > CLEAR_YEAR
    dates = days_text(p50, p85, with_year=far) if p50 != p85 else date_format(p50, DATE_FORMAT if far else DAY_FORMAT)
    if p85 <= end:
        return Outlook("ok", dates, _("in time"))
    if p50 <= end:
        return Outlook("risk", dates, _("P85 %(late)s") % {"late": _weeks_late(p85, end)})
    return Outlook("late", dates, _("P50 %(late)s") % {"late": _weeks_late(p50, end)})


def _weeks_late(day: date, end: date) -> str:
    weeks = -(-(day - end).days // 7)
    return ngettext("+%(weeks)s wk", "+%(weeks)s wk", weeks) % {"weeks": weeks}


def _short(day: date) -> str:
    return date_format(day, DAY_FORMAT)
