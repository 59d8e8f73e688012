"""The portfolio and trends as tables of plain values, all that the pages show. Numbers are as the figures' registry has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from assessments.summary import AreaStanding
from core.tables.writing import Table
from insights import levels
from insights.levels import AreaTrend
from insights.portfolio import Portfolio, Row
from insights.trends import Trends


def of_portfolio(found: Portfolio) -> Table:
    """All teams that the filter leaves, of whichever page."""
    return Table("portfolio", _header(found.areas), map(_cells, found.rows))


def of_levels(found: Sequence[AreaTrend]) -> Table:
    """The number of teams at each level: a row an area and day."""
    rows = [[area.title, day, *counts] for area in found for day, counts in zip(area.days, area.counts, strict=True)]
    return Table("teams-by-level", [_("Area"), _("Day"), *(f"L{level}" for level, _name in levels.names())], rows)


def _header(areas: Sequence[AreaStanding]) -> list[str]:
    return [
        _("Team"), _("Group"), _("Product owner"), _("Standing"), _("Reasons"),
        _("Lowest level"), *(name for area in areas for name in (area.title, _("change in 13 weeks"))),
        _("Criteria known"), _("Criteria that apply"), _("Next best step"),
        _("Roadmap done"), _("Roadmap items"), _("Roadmap ends"), _("P50"), _("P85"), _("Forecast"),
        _("Key results"), _("Key results on track"), _("Worst status"),
        _("Deployments"), _("Deployment days per week (median)"), _("Band"),
        _("Changes deployed"), _("Lead time for changes, h median"), _("Band"),
        _("Deployments with a failure"), _("Change failure rate"), _("Band"),
        _("Attributed incidents resolved"), _("Failed deployment recovery time, h median"), _("Band"),
        _("Hotfixes"), _("Deployment rework rate"),
        _("Incidents resolved"), _("Time to restore (MTTR), h mean"), _("h median"), _("Band"), _("Incidents open"),
    ]  # fmt: skip


def _cells(row: Row) -> list[Any]:
    """One team. An empty cell is "no data"."""
    return [
        row.team.name,
        row.team.group,
        ", ".join(str(each.person) for each in row.owners),
        row.need.label,
        "; ".join(reason.text for reason in row.reasons),
        *_maturity(row),
        *_roadmap(row),
        *_okrs(row),
        *_delivery(row),
    ]


def _maturity(row: Row) -> list[Any]:
    found = row.maturity
    step = found.next_step
    return [
        found.overall,
        *(cell for area in found.areas for cell in (area.level, area.change)),
        found.known,
        found.applicable,
        step.title if step else None,
    ]


def _okrs(row: Row) -> list[Any]:
    found = row.okrs
    return [found.total, found.on_track, found.status.label] if found.status else [None] * 3


def _roadmap(row: Row) -> list[Any]:
    if row.roadmap is None:
        return [None] * 6
    overview, outlook = row.roadmap.overview, row.roadmap.outlook
    return [overview.done, overview.scope, overview.span.last, overview.p50, overview.p85, outlook.word]


def _delivery(row: Row) -> list[Any]:
    cells, mttr = row.delivery.by_id, row.delivery.mttr
    of_figures = [
        cell
        for name in ("deployment_frequency", "lead_time", "change_failure_rate", "recovery")
        for cell in (cells[name].count, _rounded(cells[name].number), cells[name].label)
    ]
    rework = cells["rework_rate"]
    return [
        *of_figures, rework.count, _rounded(rework.number),
        mttr.count, _rounded(mttr.number), _rounded(mttr.median), mttr.label, mttr.still_open,
    ]  # fmt: skip


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def of_trends(found: Trends) -> Table:
    """One row a day: the figures as the registry has them."""
    columns: list[tuple[str, Sequence[float | None]]] = []
    for trend in found.of_figures:
        columns.append((str(trend.figure.title), trend.values))
        if trend.expected:
            columns.append((trend.expected_name, trend.expected))
    for area in found.of_levels:
        for level, _name in levels.names():
            columns.append((f"{area.title}: L{level}", [counts[level] for counts in area.counts]))
    header = [_("Teams"), _("Day"), *(name for name, _values in columns)]
    rows = [
        [found.scope.title, day, *(values[number] for _name, values in columns)]
        for number, day in enumerate(found.days)
    ]
    return Table("trends", header, rows)
