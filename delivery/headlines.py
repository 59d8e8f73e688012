"""The figures as a page says them: value, unit, band or score, what they were computed from, and by which policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from delivery import facts, policies, told
from delivery.board import Board
from delivery.figures import Band
from delivery.sparks import Spark
from delivery.told import Told
from delivery.words import score_text


@dataclass(frozen=True)
class Headline:
    """`value` "" means no data. `facts` say numerator and denominator and what was left out; `told` has the plain numbers."""

    told: Told
    value: str
    unit: str
    was: str
    facts: Sequence[str]
    policy: str  # what of the team's policy decides it
    spark: Spark
    band_reads: str = ""  # what the band looks at where that is not `value`

    @property
    def id(self) -> str:
        return self.told.id

    @property
    def title(self) -> Promise | str:
        return self.told.title

    @property
    def band(self) -> Band | None:
        return self.told.judged.band

    @property
    def band_label(self) -> Promise | str:
        return self.band.label if self.band else ""

    @property
    def score(self) -> str:
        """ "6.0 / 10" by an edition that gives scores."""
        score = self.told.judged.score
        return "" if score is None else score_text(score)

    @property
    def score_said(self) -> str:
        """The industry's mean, to compare with."""
        mean = self.told.judged.mean
        return "" if mean is None else _("industry mean %(mean)s") % {"mean": score_text(mean)}


def of_board(board: Board, *, with_sparks: bool = True) -> list[Headline]:
    """All of them, in the order of the pages."""
    now = told.numbers(board.five, board.edition)
    before = board.five_before
    beside = policies.beside(board.policy)
    return [
        Headline(
            told=each,
            value=facts.words(name, board.five)[0],
            unit=facts.words(name, board.five)[1],
            was=_was(facts.words(name, before)) if before else "",
            facts=facts.of(name, board.five, board.reads),
            policy=beside[name],
            spark=_spark(board, name) if with_sparks else Spark(),
            band_reads=_("by the median") if name == "mttr" and each.judged.band else "",
        )
        for name, each in now.items()
    ]


def _was(words: tuple[str, str]) -> str:
    value, unit = words
    return _("was %(value)s") % {"value": f"{value} {unit}".strip()} if value else ""


def _spark(board: Board, name: str) -> Spark:
    whole = [row.five for row in board.by_bucket if row.bucket.last <= board.period.last]
    return facts.spark_of(name, facts.weekly(name, whole))
