"""Which counted deployment of a service came right before which: `Deployment.previous`.

The order is that of the finish, then of the beginning, then of the key. It is made in Python: databases sort texts in many ways.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet

from core import bulk
from delivery.models import Deployment
from delivery.refresh.touched import Span


class Placed(NamedTuple):
    """A counted deployment. As a tuple it sorts by the order of deployments."""

    finished_at: datetime
    created_at: datetime
    key: str
    pk: int
    sha: str
    previous: int | None


@dataclass(frozen=True)
class Ordered:
    """The counted deployments of a span, in order, with the neighbours on both sides."""

    span: Span
    rows: list[Placed]
    before: Placed | None
    after: Placed | None

    @property
    def replaced(self) -> list[Placed]:
        """Those whose predecessor may be another one now."""
        return [*self.rows, self.after] if self.after else self.rows


def placed(rows: QuerySet[Deployment]) -> list[Placed]:
    columns = rows.values_list("finished_at", "created_at", "key", "pk", "sha", "previous")
    return sorted(Placed(at, *rest) for at, *rest in columns if at is not None)  # type: ignore[call-arg,arg-type]


def last_before(rows: QuerySet[Deployment], instant: datetime) -> Placed | None:
    """The last one in order that finished strictly before."""
    earlier = rows.filter(finished_at__lt=instant).order_by("-finished_at").values("finished_at")[:1]
    return max(placed(rows.filter(finished_at=earlier)), default=None)


def first_after(rows: QuerySet[Deployment], instant: datetime) -> Placed | None:
    later = rows.filter(finished_at__gt=instant).order_by("finished_at").values("finished_at")[:1]
    return min(placed(rows.filter(finished_at=later)), default=None)


def put_in_order(service_id: int, span: Span) -> Ordered:
    """Say of each counted deployment of the span, and of the next one, which came before it."""
    counted = Deployment.objects.counted().filter(service=service_id)
    ordered = Ordered(
        span,
        placed(counted.filter(finished_at__gte=span.first, finished_at__lte=span.last)),
        last_before(counted, span.first),
        first_after(counted, span.last),
    )
    _write(ordered.before, ordered.replaced)
    return ordered


def _write(before: Placed | None, rows: Iterable[Placed]) -> None:
    moved = []
    for row in rows:
        if row.previous != (before.pk if before else None):
            moved.append(Deployment(pk=row.pk, previous_id=before.pk if before else None))
        before = row
    bulk.update(moved, ["previous"])


def forget_uncounted(rows: QuerySet[Deployment]) -> None:
    """What does not count, or no longer does, has no place in the order and is no hotfix."""
    rows.not_counted().exclude(previous=None, hotfix=False).update(previous=None, hotfix=False)  # type: ignore[attr-defined]
