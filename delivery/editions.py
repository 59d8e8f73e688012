"""What the reports of the years make of a figure: bands in 2021 and 2023, in 2025 a score of 0 to 10 beside the industry's mean.

docs/definitions.md, Editions. The clusters of 2024 are in no order (its high fails more often than its medium): none is
here. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from delivery.figures import Band, Frequency, LeadTime, Recovery, Share

EDITIONS = ("2021", "2023", "2025")

HOUR, DAY, WEEK = 1.0, 24.0, 7 * 24.0
MONTH, HALF_YEAR = 30 * DAY, 182 * DAY
BANDS = tuple(Band)

# By edition and figure: below the first the elite's, below the second high, below the third medium.
_HOURS: Mapping[str, Mapping[str, Sequence[float]]] = {
    "2021": {"lead_time": (HOUR, WEEK, HALF_YEAR), "mttr": (HOUR, DAY, WEEK)},
    "2023": {
        "lead_time": (DAY, WEEK, MONTH),
        "mttr": (HOUR, DAY, WEEK),
        "recovery": (HOUR, DAY, WEEK),
    },
}
# Up to and with these shares.
_FAILURES: Mapping[str, Sequence[float]] = {"2021": (0.15, 0.20, 0.30), "2023": (0.05, 0.10, 0.15)}

# The five of 2025, as scores. The report gives the two rates as they are, in tenths: 19 % and 22 %.
MEANS: Mapping[str, float] = {
    "lead_time": 5.5,
    "deployment_frequency": 4.8,
    "recovery": 7.4,
    "change_failure_rate": 10 - 1.9,
    "rework_rate": 10 - 2.2,
}
# The answers of the questionnaire, 1 to 6: the longest duration first.
_ANSWERS = (HALF_YEAR, MONTH, WEEK, DAY, HOUR)

Judged = Frequency | LeadTime | Recovery | Share


@dataclass(frozen=True)
class Judgement:
    """`band` in 2021 and 2023, `score` and the industry's `mean` in 2025; all None where the edition does not know the figure."""

    band: Band | None = None
    score: float | None = None
    mean: float | None = None


NOT_JUDGED = Judgement()


def judge(edition: str, name: str, figure: Judged | None) -> Judgement:
    """What the edition makes of a figure by its name; no data is not judged."""
    if figure is None:
        return NOT_JUDGED
    if edition == "2025":
        score = _score(name, figure)
        return NOT_JUDGED if score is None else Judgement(score=score, mean=MEANS[name])
    return Judgement(band=_band(edition, name, figure))


def overall(judgements: Iterable[Judgement]) -> Judgement:
    """The score of 2025: the mean of those that are known, beside the industry's mean of the same ones."""
    known = [(each.score, each.mean) for each in judgements if each.score is not None and each.mean is not None]
    if not known:
        return NOT_JUDGED
    return Judgement(score=fmean(score for score, _mean in known), mean=fmean(mean for _score, mean in known))


# -- Bands --------------------------------------------------------------------------------------------------------


def _band(edition: str, name: str, figure: Judged) -> Band | None:
    if isinstance(figure, Frequency):
        return figure.band if edition == "2023" else _frequency_of_2021(figure)
    if isinstance(figure, Share):
        limits = _FAILURES[edition] if name == "change_failure_rate" else ()
        return _first(share <= limit for limit in limits) if limits and (share := figure.value) is not None else None
    hours_limits = _HOURS[edition].get(name, ())
    middle = figure.median
    return _first(middle < limit for limit in hours_limits) if hours_limits and middle is not None else None


def _first(fits: Iterable[bool]) -> Band:
    return next((band for band, fit in zip(BANDS, fits, strict=False) if fit), Band.LOW)


def _frequency_of_2021(figure: Frequency) -> Band:
    """On demand, once a month or more often, once in six months, more seldom."""
    if figure.per_week >= 5:
        return Band.ELITE
    if figure.per_week >= 1 or figure.per_month >= 1:
        return Band.HIGH
    return Band.MEDIUM if figure.count else Band.LOW


# -- The score of 2025 --------------------------------------------------------------------------------------------


def _score(name: str, figure: Judged) -> float | None:
    if name not in MEANS:
        return None
    if isinstance(figure, Share):
        return None if figure.value is None else 10 - 10 * figure.value
    if isinstance(figure, Frequency):
        return _of_answer(_frequency_answer(figure))
    middle = figure.median
    return None if middle is None else _of_answer(1 + sum(middle < limit for limit in _ANSWERS))


def _of_answer(answer: int) -> float:
    """1 to 6 as 0 to 10."""
    return 2.0 * (answer - 1)


def _frequency_answer(figure: Frequency) -> int:
    """More often than hourly is on demand; then hour to day, day to week, week to month, month to half a year, more seldom."""
    if figure.per_week >= 5:
        return 6 if figure.count > 24 * figure.deployment_days else 5
    if figure.per_week >= 1:
        return 4
    if figure.per_month >= 1:
        return 3
    return 2 if figure.count else 1
