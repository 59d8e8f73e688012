"""What happened since a person last looked, from every room. Constant numbers of queries, however many teams."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

import delivery.summary
import okrs.summary
import roadmaps.history
import roadmaps.summary
from core import clock
from insights import changes
from teams.models import Team
from teams.zones import zones_of

AT_FIRST = timedelta(days=14)  # what is new at somebody's first visit
SHOWN = 12


@dataclass(frozen=True)
class News:
    at: datetime
    icon: str
    team: Team
    title: str
    what: str
    url: str


def since_of(last_visit: datetime | None) -> datetime:
    return last_visit or clock.now() - AT_FIRST


def of_teams(teams: Sequence[Team], mine: Collection[int], since: datetime) -> list[News]:
    """The newest of it, newest first: levels and incidents of all these teams; of one's own also the daily work."""
    own = [team for team in teams if team.pk in mine]
    found = [*_levels(teams, since), *_incidents(teams, since)] if teams else []
    if own:
        found += [*_ticks(own, since), *_check_ins(own, since), *_deployments(own, since)]
    return sorted(found, key=lambda each: each.at, reverse=True)[:SHOWN]


def _levels(teams: Sequence[Team], since: datetime) -> Iterator[News]:
    """They are known by the day; of the day of the last visit too, since nobody knows at what hour."""
    zones = zones_of(teams)
    for each in changes.since(teams, since.date(), SHOWN):
        at = clock.start_of(each.day, zones[each.team.pk])
        what = _("rose by a level") if each.rose else _("fell back")
        yield News(at, "arrow-up" if each.rose else "arrow-down", each.team, each.said, what, each.url)


def _check_ins(teams: Sequence[Team], since: datetime) -> Iterator[News]:
    for each in okrs.summary.recent_check_ins(teams, since, SHOWN):
        team = each.key_result.objective.team
        if team:
            what = f"{okrs.summary.said_of(each)} · {each.person}"
            url = reverse("okrs", args=[team.pk])
            yield News(each.recorded_at, "flag", team, each.key_result.title, what, url)


def _ticks(teams: Sequence[Team], since: datetime) -> Iterator[News]:
    for tick in roadmaps.summary.recent_ticks(teams, since, SHOWN):
        item = tick.item
        what = f"{roadmaps.history.said_of(tick)} · {tick.person}"
        yield News(tick.recorded_at, "list-check", item.roadmap.team, item.shown_title, what, item.get_absolute_url())


def _deployments(teams: Sequence[Team], since: datetime) -> Iterator[News]:
    """One line for each service, dated by its newest: a lively team would fill the page otherwise."""
    for service, finished in delivery.summary.deployments_by_service(teams, since):
        title = ngettext("%(number)s deployment to production", "%(number)s deployments to production", len(finished))
        url = reverse("deployments", args=[service.team_id])
        yield News(max(finished), "rocket", service.team, title % {"number": len(finished)}, service.name, url)


def _incidents(teams: Sequence[Team], since: datetime) -> Iterator[News]:
    for each in delivery.summary.recent_incidents(teams, since, SHOWN):
        team = each.team
        sentence = _("Incident resolved · %(service)s") if each.resolved_at else _("Incident open · %(service)s")
        what = sentence % {"service": each.service}
        at = each.resolved_at or each.began_at
        yield News(at, "alert-triangle", team, str(each), what, reverse("incidents", args=[team.pk]))
