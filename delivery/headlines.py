"""The figures as a page says them: value, unit, band or score, what they were computed from, and by which policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.spans import list_text
from delivery import facts, policies, told
from delivery.board import Board
from delivery.editions import Judgement
from delivery.figures import Band
from delivery.sparks import Spark
from delivery.told import Overall, Told
from delivery.words import score_text


def score_said(judged: Judgement) -> str:
    """ "6.0 / 10"; "" without one."""
    return "" if judged.score is None else score_text(judged.score)


def mean_said(judged: Judgement) -> str:
    """The industry's mean, to compare with."""
    return "" if judged.mean is None else _("industry mean %(mean)s") % {"mean": score_text(judged.mean)}


@dataclass(frozen=True)
class OverallSaid:
    """The overall score as a page says it. `value` "" means no data."""

    told: Overall
    value: str
    facts: Sequence[str]  # of which figures it is the mean, and the industry's


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
        """By an edition that gives them."""
        return score_said(self.told.judged)

    @property
    def score_said(self) -> str:
        return mean_said(self.told.judged)


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


def overall(board: Board) -> OverallSaid | None:
    """Of 2025; None by an edition that knows none."""
    found = told.overall(told.numbers(board.five, board.edition), board.edition)
    if found is None:
        return None
    if not found.scored:
        return OverallSaid(found, "", [_("None of the %(of)s figures has data.") % {"of": found.of}])
    names = list_text(str(each.title) for each in found.scored)
    text = ngettext(
        "the score of %(known)s of %(of)s figures: %(names)s",
        "mean of the scores of %(known)s of %(of)s figures: %(names)s",
        len(found.scored),
    )
    facts = [text % {"known": len(found.scored), "of": found.of, "names": names}, mean_said(found.judged)]
    return OverallSaid(found, score_said(found.judged), facts)


def _was(words: tuple[str, str]) -> str:
    value, unit = words
    return _("was %(value)s") % {"value": f"{value} {unit}".strip()} if value else ""


def _spark(board: Board, name: str) -> Spark:
    whole = [row.five for row in board.by_bucket if row.bucket.last <= board.period.last]
    return facts.spark_of(name, facts.weekly(name, whole))
