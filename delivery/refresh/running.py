"""One refresh, from what was touched or from nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from delivery.models import (
    Change,
    Correction,
    CorrectionKind,
    Deployment,
    FailureKind,
    Incident,
    Policy,
    PreparedQuarter,
    Service,
)
from delivery.refresh import days, failures, incidents, links, marks, order, signs
from delivery.refresh.failures import keep_shown
from delivery.refresh.links import Moved
from delivery.refresh.touched import Touched, TouchedService, chunks, spans
from teams.models import Team
from teams.zones import zones_of


def lock(team_id: int) -> Policy:
    """The team's policy; nobody else refreshes anything of the team until the transaction ends."""
    Policy.objects.get_or_create(team_id=team_id)
    return Policy.objects.select_for_update(of=("self",)).select_related("team").get(team=team_id)


def lock_all(teams: Iterable[int]) -> None:
    """Before any of their rows are written, always in one order: whoever holds the lock may be about to write the same rows."""
    for team_id in sorted(set(teams)):
        lock(team_id)


def forget_prepared(team_id: int) -> None:
    """What was prepared is made anew later (delivery/quarters.py). With the lock: whoever prepares holds it until it is kept."""
    PreparedQuarter.objects.filter(team=team_id).delete()


@dataclass
class _Work:
    """What a refresh hands from one step to the next."""

    policy: Policy
    zone: ZoneInfo
    failed: set[int] = field(default_factory=set)  # deployments whose failures changed
    recounted: dict[int, TouchedService] = field(default_factory=dict)  # by service: whose days are to be counted


@transaction.atomic
def run(team_id: int, touched: Touched) -> None:
    """Bring everything into line with what was stored. What it reads is bounded by what was touched."""
    if not touched:
        return
    work = _begin(team_id)
    if work is None:
        everything(team_id)
        return
    asked = set(touched.incidents)
    for service_id, of in touched.services.items():
        ordered = [order.put_in_order(service_id, span) for span in spans(of.finishes)]
        for keys in chunks(of.deployments):
            order.forget_uncounted(Deployment.objects.filter(pk__in=keys))
        moved = links.link(service_id, of, ordered)
        places = {row.pk for each in ordered for row in each.replaced}
        _refresh_service(work, service_id, of, places | of.deployments, moved)
        asked |= incidents.movable(work.policy, service_id, ordered)
    _attribute(work, asked)
    _end(work, touched.services)


@transaction.atomic
def everything(team_id: int) -> None:
    """Make all rows anew of what hosts and people told: after a change of policy or rules, and after a bulk load."""
    policy = lock(team_id)
    forget_prepared(team_id)
    work = _Work(policy, zones_of([policy.team])[team_id])
    _restore_marks(team_id)
    kinds = {FailureKind.INCIDENT, FailureKind.HAND, *_signs(work.policy)}
    work.failed |= failures.drop_but(team_id, kinds)
    services = list(Service.objects.filter(team=team_id).order_by("pk").values_list("pk", flat=True))
    for service_id in services:
        _everything_of(work, service_id)
    _attribute(work, Incident.objects.filter(team=team_id).values_list("pk", flat=True))
    had = Deployment.objects.filter(service__team=team_id, failures__gt=0).values_list("pk", flat=True)
    failures.count(work.failed.union(had))
    _count_in(policy, work.zone)


def _everything_of(work: _Work, service_id: int) -> None:
    mine = Deployment.objects.filter(service=service_id)
    order.forget_uncounted(mine)
    keys = set(mine.values_list("pk", flat=True))
    counted = mine.counted().exclude(finished_at=None)
    first, last = (
        counted.order_by(by).values_list("finished_at", flat=True).first() for by in ("finished_at", "-finished_at")
    )
    if first is not None and last is not None:
        order.put_in_order(service_id, order.Span(first, last))
    moved = links.link_all(service_id)
    of = TouchedService(
        changes=set(
            Change.objects.filter(service=service_id).exclude(reverts="", reverts_title="").values_list("pk", flat=True)
        )
    )
    _refresh_service(work, service_id, of, keys, moved)


def _begin(team_id: int) -> _Work | None:
    """None for a team of which nothing was ever refreshed, as one that is older than this."""
    policy = lock(team_id)
    forget_prepared(team_id)
    zone = zones_of([policy.team])[team_id]
    if not policy.zone:
        return None
    if policy.zone != zone.key:
        _count_in(policy, zone)
    return _Work(policy, zone)


def _refresh_service(work: _Work, service_id: int, of: TouchedService, keys: set[int], moved: Moved) -> None:
    """Hotfixes, and the failures that no incident tells of."""
    policy, team_id = work.policy, work.policy.team_id
    marked = marks.mark(policy, keys | moved.deployments)
    recounted = work.recounted.setdefault(service_id, TouchedService())
    recounted.finishes |= {row.finished_at for row in marked if row.finished_at}
    asked = signs.followers(policy, keys | {row.pk for row in marked}, of.versions, service_id)
    for kind, shown in (
        (FailureKind.HOTFIX, signs.hotfixes(policy, asked)),
        (FailureKind.ROLLBACK, signs.rollbacks(policy, service_id, asked)),
    ):
        work.failed |= keep_shown(team_id, kind, asked, shown)
    work.failed |= keep_shown(team_id, FailureKind.HAND, keys, signs.by_hand(keys), by_hand=True)
    if policy.reverts:
        reverting = of.changes | _reverting(service_id, of, moved)
        work.failed |= keep_shown(team_id, FailureKind.REVERT, reverting, signs.reverts(policy, service_id, reverting))


def _reverting(service_id: int, of: TouchedService, moved: Moved) -> set[int]:
    keys = of.change_keys | {row.key for row in moved.changes}
    titles = of.change_titles | {row.title for row in moved.changes if row.title}
    return signs.reverting(service_id, of.changes, keys, titles)


def _attribute(work: _Work, asked: Iterable[int]) -> None:
    asked = list(asked)
    found = incidents.attribute(work.policy, asked)
    work.failed |= failures.keep(work.policy.team_id, FailureKind.INCIDENT, asked, found)


def _end(work: _Work, services: dict[int, TouchedService]) -> None:
    """Count the failures of each deployment, and the days of everything that changed."""
    instants = {key: of.finishes | of.unknown for key, of in services.items()}
    for key, of in work.recounted.items():
        instants[key] = instants.get(key, set()) | of.finishes
    for row in failures.count(work.failed):
        if row.finished_at is not None:
            instants.setdefault(row.service_id, set()).add(row.finished_at)
    for service_id, of_service in instants.items():
        days.count(service_id, of_service, work.zone)


# -- From nothing -------------------------------------------------------------------------------------------------


def _signs(policy: Policy) -> list[FailureKind]:
    chosen = {
        FailureKind.ROLLBACK: policy.rollbacks,
        FailureKind.REVERT: policy.reverts,
        FailureKind.HOTFIX: policy.hotfixes,
    }
    return [kind for kind, is_failure in chosen.items() if is_failure]


def _restore_marks(team_id: int) -> None:
    """What people excluded or dismissed, as the corrections in force say."""
    said = Correction.objects.in_force().filter(team=team_id)
    excluded = said.filter(kind=CorrectionKind.EXCLUDE).values("deployment")
    dismissed = said.filter(kind=CorrectionKind.NOT_INCIDENT).values("incident")
    deployments, mine = Deployment.objects.filter(service__team=team_id), Incident.objects.filter(team=team_id)
    deployments.filter(excluded=False, pk__in=excluded).update(excluded=True)
    deployments.filter(excluded=True).exclude(pk__in=excluded).update(excluded=False)
    mine.filter(dismissed=False, pk__in=dismissed).update(dismissed=True)
    mine.filter(dismissed=True).exclude(pk__in=dismissed).update(dismissed=False)


# -- What is due --------------------------------------------------------------------------------------------------


def due() -> list[int]:
    """Teams whose days stand in another time zone than theirs, or of which nothing was ever refreshed."""
    told = Q(services__isnull=False) | Q(incidents__isnull=False)
    teams = list(Team.objects.filter(told).select_related("delivery_policy").distinct().order_by("pk"))
    zones = zones_of(teams)
    return [team.pk for team in teams if _zone_of(team) != zones[team.pk].key]


def _zone_of(team: Team) -> str:
    return team.delivery_policy.zone if hasattr(team, "delivery_policy") else ""


@transaction.atomic
def prepare(team_id: int) -> None:
    """Do what is due of a team, if it still is."""
    if _begin(team_id) is None:
        everything(team_id)


def _count_in(policy: Policy, zone: ZoneInfo) -> None:
    for service_id in Service.objects.filter(team=policy.team_id).values_list("pk", flat=True):
        days.count_all(service_id, zone)
    policy.zone = zone.key
    policy.save(update_fields=["zone"])
