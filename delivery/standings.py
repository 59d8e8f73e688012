"""Where many teams stand in delivery, one cell a figure: value, band, what it was counted from, and the rows behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.db.models import Count
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from delivery import reading, sparks
from delivery.charts import figure_text, hours_number, hours_text
from delivery.figures import Band, Frequency, Recovery
from delivery.models import Incident
from delivery.periods import WEEKS, Period, weeks_before
from delivery.reading import TeamDeployments, TeamIncidents
from delivery.sparks import Spark
from teams.models import Team
from teams.zones import zones_of

_ORDER = list(Band)


@dataclass(frozen=True)
class Cell:
    """One figure of a team. `value` "" means that there is none, and `said` why; else `said` is what it was counted from.

    `band` is that of the period, `was` that of the 13 weeks before; `number` is what CSV and sorting read, as the registry
    has it (deployment days a week, mean hours).
    """

    title: str
    value: str
    unit: str
    number: float | None
    band: Band | None
    was: Band | None
    said: str
    spark: Spark
    url: str
    count: int | None = None  # of the deployments or resolved incidents it was computed from; None: no data
    median: float | None = None
    still_open: int | None = None

    @property
    def label(self) -> Promise | str:
        return self.band.label if self.band else ""

    @property
    def got_worse(self) -> bool:
        """Whether it fell into a lower band; "no data" on either side says nothing."""
        return bool(self.band and self.was) and _ORDER.index(self.band) > _ORDER.index(self.was)  # type: ignore[arg-type]


@dataclass(frozen=True)
class DeliveryStanding:
    """One team over the 13 complete weeks before its present day."""

    period: Period
    frequency: Cell
    recovery: Cell

    @property
    def cells(self) -> tuple[Cell, Cell]:
        return self.frequency, self.recovery

    @property
    def is_empty(self) -> bool:
        return self.frequency.number is None and self.recovery.number is None


def for_teams(teams: Sequence[Team], today: date | None = None) -> dict[int, DeliveryStanding]:
    """By team, today's or another day's. A constant number of queries, however many teams."""
    if not teams:
        return {}
    days = {pk: today or clock.today(zone) for pk, zone in zones_of(teams).items()}
    now = {pk: weeks_before(day) for pk, day in days.items()}
    reach = Period(min(map(_before, now.values()), key=lambda each: each.first).first, max(days.values()))
    services = reading.services_with_first(teams)
    deployments = reading.deployments(teams, reach, services)
    incidents = reading.incidents(teams, reach)
    still_open = _still_open(teams)
    reads = {service.team_id for service in services if service.incident_labels}
    return {
        team.pk: DeliveryStanding(
            now[team.pk],
            _frequency_cell(team, now[team.pk], deployments[team.pk]),
            _recovery_cell(team, now[team.pk], incidents[team.pk], still_open[team.pk], reads=team.pk in reads),
        )
        for team in teams
    }


def _before(period: Period) -> Period:
    return Period(period.first - timedelta(weeks=WEEKS), period.first - timedelta(days=1))


def _still_open(teams: Sequence[Team]) -> Counter[int]:
    rows = Incident.objects.of_teams(teams).unresolved().values("team").annotate(count=Count("pk"))
    return Counter({row["team"]: row["count"] for row in rows})


def _listing(name: str, team: Team, period: Period, **more: str) -> str:
    query = {"from": period.first.isoformat(), "to": period.last.isoformat(), **more}
    return f"{reverse(name, args=[team.pk])}?{urlencode(query)}"


def _frequency_cell(team: Team, period: Period, rows: TeamDeployments) -> Cell:
    figure, before = rows.frequency(period), rows.frequency(_before(period))
    return Cell(
        title=_("Deployment frequency"),
        value=_frequency_value(figure) if figure else "",
        unit="" if figure is None else _("/wk") if figure.is_weekly else _("/mo"),
        number=figure.per_week if figure else None,
        band=figure.band if figure else None,
        was=before.band if before else None,
        said=_frequency_said(figure) if figure else _("no data"),
        spark=sparks.bars(figure.week_days if figure else ()),
        # Without anything counted there is no row to lead to: the team's delivery page says what to connect.
        url=_listing("deployments", team, period, show="counted") if figure else reverse("delivery", args=[team.pk]),
        count=figure.count if figure else None,
    )


def _frequency_value(figure: Frequency) -> str:
    """The median; where it is 0 although something was deployed, "<1"."""
    return "<1" if figure.value == 0 and figure.count else figure_text(figure.value)


def _frequency_said(figure: Frequency) -> str:
    return ngettext(
        "%(count)s deployment in 13 weeks, on %(days)s days", "%(count)s deployments in 13 weeks, on %(days)s days", figure.count
    ) % {"count": figure.count, "days": figure.deployment_days}  # fmt: skip


def _recovery_cell(team: Team, period: Period, rows: TeamIncidents, still_open: int, *, reads: bool) -> Cell:
    figure, before = rows.recovery(period, still_open), rows.recovery(_before(period))
    value, unit = short_hours(figure.mean) if figure.mean is not None else ("", "")
    known = figure.mean is not None
    return Cell(
        title=_("Time to restore (MTTR)"),
        value=value,
        unit=unit,
        number=figure.mean,
        band=figure.band,
        was=before.band,
        said=_recovery_said(figure) if known else _none_said(figure, reads),
        spark=sparks.line(_weekly_means(rows, period)),
        url=_incidents_url(team, period, figure, reads=reads),
        count=figure.count if known or reads else None,
        median=figure.median,
        still_open=still_open if known or reads else None,
    )


def _incidents_url(team: Team, period: Period, figure: Recovery, *, reads: bool) -> str:
    if figure.count or (reads and not figure.still_open):
        return _listing("incidents", team, period)
    return (
        f"{reverse('incidents', args=[team.pk])}?show=open"
        if figure.still_open
        else reverse("delivery", args=[team.pk])
    )


def _recovery_said(figure: Recovery) -> str:
    said = ngettext(
        "%(count)s incident resolved in 13 weeks: mean %(mean)s, median %(median)s",
        "%(count)s incidents resolved in 13 weeks: mean %(mean)s, median %(median)s",
        figure.count,
    ) % {"count": figure.count, "mean": hours_text(figure.mean or 0), "median": hours_text(figure.median or 0)}
    return f"{said} · {_open_said(figure)}" if figure.still_open else said


def _none_said(figure: Recovery, reads: bool) -> str:
    if figure.still_open:
        return _open_said(figure)
    return _("no incident") if reads else _("no data")


def _open_said(figure: Recovery) -> str:
    return ngettext("%(count)s open", "%(count)s open", figure.still_open) % {"count": figure.still_open}


def _weekly_means(rows: TeamIncidents, period: Period) -> list[float | None]:
    return [rows.recovery(Period(week, week + timedelta(days=6))).mean for week in period.weeks]


def short_hours(hours: float) -> tuple[str, str]:
    """A duration for a narrow column: minutes below an hour, days from two days on."""
    if hours < 1:
        return figure_text(round(hours * 60)), _("min")
    if hours < 48:
        return hours_number(round(hours, 1)), _("h")
    return hours_number(round(hours / 24, 1)), _("d")
