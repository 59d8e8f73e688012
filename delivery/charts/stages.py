"""The bottleneck: which stage of lead time or of recovery takes longest, and which grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.charts import Chart
from delivery.board import Board
from delivery.charts.lines import Drawn, Line, alt_of, draw, rounded
from delivery.figures import Stage
from delivery.five import Five
from delivery.words import duration_text

Medians = Mapping[str, float]


@dataclass(frozen=True)
class Bottleneck:
    """`said`: which stage takes longest now, and which grew most since the period before."""

    id: str
    title: str
    said: str
    chart: Chart


def bottlenecks(board: Board) -> list[Bottleneck]:
    """Of lead time and of recovery."""
    return [_of(board, "lead_time", _("Stages of lead time")), _of(board, "recovery", _("Stages of recovery"))]


def stage_labels(figure: str) -> dict[str, Promise | str]:
    if figure == "lead_time":
        return {stage.value: stage.label for stage in Stage}
    return {"detect": _("Until it was noticed"), "repair": _("From then until resolved")}


def stage_medians(figure: str, five: Five) -> dict[str, float]:
    """The median hours of each stage that has any, by its name."""
    if figure == "lead_time":
        found = {stage.value: hours for stage, hours in five.lead_time.stage_medians.items()}
    else:
        found = {"detect": five.detect.median, "repair": five.repair.median}
    return {name: hours for name, hours in found.items() if hours is not None}


def growing(now: Medians, before: Medians) -> tuple[str, float] | None:
    """The stage that grew most, and by how many hours; None where none grew or nothing is known to compare with."""
    grown = {name: hours - before[name] for name, hours in now.items() if name in before}
    most = max(grown.items(), key=lambda each: each[1], default=None)
    return most if most and most[1] > 0 else None


def _of(board: Board, figure: str, title: str) -> Bottleneck:
    return Bottleneck(f"stages-{figure.replace('_', '-')}", title, _said(board, figure), stage_chart(board, figure))


def _said(board: Board, figure: str) -> str:
    labels, now = stage_labels(figure), stage_medians(figure, board.five)
    if not now:
        return _("No data in this period, so no stage can be told.")
    longest = max(now.items(), key=lambda each: each[1])
    first = _("Longest: %(stage)s, median %(hours)s.") % {
        "stage": labels[longest[0]],
        "hours": duration_text(longest[1]),
    }
    return f"{first} {_grown(labels, now, board, figure)}".strip()


def _grown(labels: Mapping[str, Promise | str], now: Medians, board: Board, figure: str) -> str:
    if board.five_before is None:
        return ""
    before = stage_medians(figure, board.five_before)
    grown = growing(now, before)
    if grown is None:
        return _("No stage grew against the 13 weeks before.") if before else ""
    return _("Grew most against the 13 weeks before: %(stage)s, %(before)s → %(now)s.") % {
        "stage": labels[grown[0]],
        "before": duration_text(before[grown[0]]),
        "now": duration_text(now[grown[0]]),
    }


def _line(name: Promise | str, values: Sequence[float | None]) -> Line:
    return Line(str(name), values, [duration_text(value) for value in values])


def stage_chart(board: Board, figure: str) -> Chart:
    labels = stage_labels(figure)
    by_bucket = [stage_medians(figure, row.five) for row in board.by_bucket]
    lines = [_line(label, [medians.get(name) for medians in by_bucket]) for name, label in labels.items()]
    return draw(
        board,
        Drawn(
            id=f"stages-{figure.replace('_', '-')}",
            figure=figure,
            what=_("Median hours of each stage, by the time of the deployment"),
            unit=_("hours"),
            lines=lines,
            columns=[_("%(stage)s (h)") % {"stage": label} for label in labels.values()],
            cells=[[rounded(medians.get(name)) for name in labels] for medians in by_bucket],
            nothing=_("no data"),
            alt=" ".join(
                alt_of(board, label, line.values, duration_text)
                for label, line in zip(labels.values(), lines, strict=True)
            ),
        ),
    )
