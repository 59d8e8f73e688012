"""Lead time, change failure rate, failed deployment recovery time and rework rate, each as a line with its table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _

from core.charts import Chart
from delivery.board import Board
from delivery.charts.lines import Drawn, alt_of, draw, hours_line, rounded, share_line
from delivery.figures import Share
from delivery.five import Five
from delivery.told import TITLES
from delivery.words import duration_text, percent_text


def lead_time_chart(board: Board) -> Chart:
    line = hours_line(board, _("median"), lambda row: row.five.lead_time.median)
    return draw(
        board,
        Drawn(
            id="lead-time",
            figure="lead_time",
            what=_("Hours from the first commit to production, by the time of the deployment"),
            unit=_("hours"),
            lines=[line],
            columns=[_("Changes"), _("Median (h)"), _("Longest (h)")],
            cells=[
                [
                    row.five.lead_time.changes,
                    rounded(row.five.lead_time.median),
                    rounded(row.five.lead_time.hours.longest),
                ]
                for row in board.by_bucket
            ],
            nothing=_("no data"),
            alt=alt_of(board, TITLES["lead_time"], line.values, duration_text),
        ),
    )


def failure_rate_chart(board: Board) -> Chart:
    return _share_chart(
        board,
        "change_failure_rate",
        lambda five: five.failure_rate,
        what=_("Share of counted deployments with a failure, by the time of the deployment"),
        name=_("change failure rate"),
        part=_("With a failure"),
    )


def rework_chart(board: Board) -> Chart:
    return _share_chart(
        board,
        "rework_rate",
        lambda five: five.rework,
        what=_("Share of counted deployments that are hotfixes, by the time of the deployment"),
        name=_("rework rate"),
        part=_("Hotfixes"),
    )


def _share_chart(board: Board, figure: str, of: Callable[[Five], Share], *, what: str, name: str, part: str) -> Chart:
    shares = [of(row.five) for row in board.by_bucket]
    line = share_line(board, name, lambda row: of(row.five))
    return draw(
        board,
        Drawn(
            id=figure.replace("_", "-"),
            figure=figure,
            what=what,
            unit=_("percent"),
            lines=[line],
            columns=[part, _("Deployments"), _("Rate")],
            cells=[_share_cells(each) for each in shares],
            nothing=_("Incidents are not read.") if _untold(shares) else _("no deployment"),
            alt=alt_of(board, TITLES[figure], line.values, percent_text),
            is_share=True,
        ),
    )


def _untold(shares: Sequence[Share]) -> bool:
    """Whether there are deployments, and nothing could tell of a failure of any."""
    return any(each.whole for each in shares) and all(each.part is None for each in shares)


def _share_cells(share: Share) -> list[int | str | None]:
    """No deployment is no data: the rate's cell stays empty then."""
    rate = None if share.value is None else percent_text(share.value)
    return [share.part if share.whole else None, share.whole, rate]


def recovery_chart(board: Board) -> Chart:
    line = hours_line(board, _("median"), lambda row: row.five.recovery.median)
    return draw(
        board,
        Drawn(
            id="recovery",
            figure="recovery",
            what=_("Hours from a failed deployment to the end of its incident, by the time of the deployment"),
            unit=_("hours"),
            lines=[line],
            columns=[_("Incidents attributed"), _("Resolved"), _("Median (h)"), _("Longest (h)")],
            cells=[_recovery_cells(row.five) for row in board.by_bucket],
            nothing=_("no attributed incident resolved") if board.reads.incidents else _("no data"),
            alt=alt_of(board, TITLES["recovery"], line.values, duration_text),
        ),
    )


def _recovery_cells(five: Five) -> list[float | None]:
    found = five.recovery
    return [five.attributed, found.count, rounded(found.median), rounded(found.hours.longest)]
