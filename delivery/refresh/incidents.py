"""Which deployment an incident belongs to: by hand, else by the team's policy. docs/definitions.md, Attribution."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from delivery.models import Correction, CorrectionKind, Deployment, Incident, Policy, Scope
from delivery.refresh.order import Ordered, Placed, first_after, last_before, placed
from delivery.refresh.touched import chunks, spans

# By incident, the deployment and whether a person said so; None: none.
Attributed = dict[int, tuple[int, bool] | None]


def look_back(policy: Policy) -> timedelta | None:
    return None if policy.look_back_days is None else timedelta(days=policy.look_back_days)


def within(policy: Policy, finished: datetime | None, began: datetime | None) -> bool:
    """Whether what began then is not too late for a deployment that finished then."""
    most = look_back(policy)
    return most is None or (finished is not None and began is not None and began - finished <= most)


# -- Which incidents to look at -----------------------------------------------------------------------------------


def movable(policy: Policy, service_id: int, ordered: Iterable[Ordered]) -> set[int]:
    """The incidents that the deployments of the span can have gained or lost."""
    team = Deployment.objects.counted().filter(service__team=policy.team_id)
    found: set[int] = set()
    for each in ordered:
        first, last = each.span.first, each.span.last
        of_service = _began(policy, first, last, each.after).filter(service=service_id)
        of_team = _began(policy, first, last, first_after(team, last)).filter(team=policy.team_id)
        if policy.scope == Scope.SERVICE:
            found |= set(of_team.filter(service=None).values_list("pk", flat=True))
            found |= set(of_service.values_list("pk", flat=True))
        else:
            found |= set(of_team.values_list("pk", flat=True))
    return found


def _began(policy: Policy, first: datetime, last: datetime, after: Placed | None) -> QuerySet[Incident]:
    """Those that began after the span's first deployment and before any other than the span's or the next one is the latest."""
    rows = Incident.objects.filter(began_at__gt=first)
    most = look_back(policy)
    if after is not None:
        rows = rows.filter(began_at__lte=after.finished_at)
    return rows if most is None else rows.filter(began_at__lte=last + most)


# -- What they belong to ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Asked:
    """An incident that counts."""

    pk: int
    began_at: datetime


def attribute(policy: Policy, incidents: Iterable[int]) -> Attributed:
    found: Attributed = {}
    asked: dict[int | None, list[_Asked]] = defaultdict(list)  # by service; None: of the team
    for keys in chunks(incidents):
        by_hand = attributed_by_hand(keys)
        counted = {pk: (service, began) for pk, service, began in _counted(keys)}
        for pk in keys:
            if pk not in counted:
                found[pk] = None
            elif pk in by_hand:
                target = by_hand[pk]
                found[pk] = None if target is None else (target, True)
            else:
                service, began = counted[pk]
                asked[service if policy.scope == Scope.SERVICE else None].append(_Asked(pk, began))
    for service, rows in asked.items():
        scope = Q(service=service) if service is not None else Q(service__team=policy.team_id)
        found |= _latest_before(policy, Deployment.objects.counted().filter(scope), rows)
    return found


def _counted(keys: Sequence[int]) -> QuerySet[Incident, tuple[int, int | None, datetime]]:
    return Incident.objects.counted().filter(pk__in=keys).values_list("pk", "service", "began_at")


def attributed_by_hand(keys: Sequence[int]) -> dict[int, int | None]:
    """What people said last, by incident; None: no deployment caused it."""
    said = Correction.objects.in_force().filter(incident__in=keys, kind=CorrectionKind.ATTRIBUTE).order_by("pk")
    return dict(said.values_list("incident", "target"))


def _latest_before(policy: Policy, counted: QuerySet[Deployment], asked: Iterable[_Asked]) -> Attributed:
    """By incident, the latest deployment that finished strictly before it began, if the policy looks back so far."""
    by_instant: dict[datetime, list[int]] = defaultdict(list)
    for each in asked:
        by_instant[each.began_at].append(each.pk)
    found: Attributed = {}
    for span in spans(by_instant):
        before = last_before(counted, span.first)
        rows = placed(counted.filter(finished_at__gte=span.first, finished_at__lt=span.last))
        rows = [before, *rows] if before else rows
        finishes = [row.finished_at for row in rows]
        for began in (at for at in by_instant if span.first <= at <= span.last):
            place = bisect_left(finishes, began)
            latest = rows[place - 1] if place else None
            near = latest is not None and within(policy, latest.finished_at, began)
            found |= dict.fromkeys(by_instant[began], (latest.pk, False) if latest and near else None)
    return found
