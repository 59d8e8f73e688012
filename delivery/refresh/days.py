"""Counts what finished on each day of the team's zone: `DeliveryDay`. Only the touched days are counted again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from core import bulk, clock
from delivery.models import DeliveryDay, Deployment, EnvironmentClass, OutcomeChoice
from delivery.refresh.touched import MOST_SPANS

FIELDS = ("counted", "unknown", "failed", "hotfixes")
NEAR = timedelta(days=7)  # days closer than this are counted in one query

Counts = dict[tuple[str, date], dict[str, int]]  # by class and day


def count(service_id: int, instants: Iterable[datetime], zone: ZoneInfo) -> None:
    """Count the days on which these instants lie."""
    for first, last in _runs({clock.day_of(at, zone) for at in instants}):
        _count(service_id, (first, last), zone)


def count_all(service_id: int, zone: ZoneInfo) -> None:
    _count(service_id, None, zone)


def _runs(days: Iterable[date]) -> list[tuple[date, date]]:
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and day - found[-1][1] <= NEAR:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found if len(found) <= MOST_SPANS else [(found[0][0], found[-1][1])]


def _count(service_id: int, days: tuple[date, date] | None, zone: ZoneInfo) -> None:
    wanted = _wanted(service_id, days, zone)
    stored = DeliveryDay.objects.filter(service=service_id)
    if days is not None:
        # All classes there are, so that the index of (service, class, day) is asked and not all days of the service are read.
        stored = stored.filter(environment_class__in=EnvironmentClass.values, day__range=days)
    gone, moved = [], []
    for row in stored:
        counts = wanted.pop((row.environment_class, row.day), None)
        if counts is None:
            gone.append(row.pk)
        elif counts != {name: getattr(row, name) for name in FIELDS}:
            for name, value in counts.items():
                setattr(row, name, value)
            moved.append(row)
    made = [
        DeliveryDay(service_id=service_id, environment_class=each, day=day, **wanted[each, day]) for each, day in wanted
    ]
    DeliveryDay.objects.filter(pk__in=gone).delete()
    bulk.update(moved, FIELDS)
    bulk.insert(made)


def _wanted(service_id: int, days: tuple[date, date] | None, zone: ZoneInfo) -> Counts:
    found: Counts = defaultdict(lambda: dict.fromkeys(FIELDS, 0))
    rows = Deployment.objects.in_scope().filter(service=service_id, excluded=False, gone_at=None)
    finished = rows.filter(outcome=OutcomeChoice.SUCCEEDED, finished_at__isnull=False)
    failed, hotfixes = Count("pk", filter=Q(failures__gt=0)), Count("pk", filter=Q(hotfix=True))
    counts = {"counted": Count("pk"), "failed": failed, "hotfixes": hotfixes}
    for key, of_day in _by_day(finished, "finished_at", days, zone, counts):
        found[key] |= of_day
    unknown = rows.filter(outcome=OutcomeChoice.UNKNOWN)
    for key, of_day in _by_day(unknown, "created_at", days, zone, {"unknown": Count("pk")}):
        found[key] |= of_day
    return dict(found)


def _by_day(
    rows: Any, column: str, days: tuple[date, date] | None, zone: ZoneInfo, counts: dict[str, Count]
) -> Iterable[tuple[tuple[str, date], dict[str, int]]]:
    if days is not None:
        first, last = clock.start_of(days[0], zone), clock.end_of(days[1], zone)
        rows = rows.filter(**{f"{column}__gte": first, f"{column}__lt": last})
    by_day = rows.annotate(on=TruncDate(column, tzinfo=zone)).values("environment_class", "on").annotate(**counts)
    for row in by_day.order_by():
        yield (row["environment_class"], row["on"]), {name: row[name] for name in counts}
