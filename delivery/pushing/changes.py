"""The changes that pushed deployments bring: any deployment may name any change, and the first of them that counts brought it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from connectors.records import ChangeRecord
from core.refusals import Refused
from delivery.models import PUSHED, Change, Deployment, Service, Telling
from delivery.sanity import check_instant

if TYPE_CHECKING:
    from delivery.pushing.deployments import Pushed

MOST = 200  # changes of one deployment


def check(record: ChangeRecord, now: datetime) -> None:
    """Refused for what cannot have been so. A stage may be negative: it is dropped."""
    for field in ("first_commit_at", "opened_at", "first_review_at", "merged_at"):
        check_instant(field, getattr(record, field), now)
    if record.merged_at < record.opened_at:
        raise Refused(_("It was merged before it was opened."), "merged_at")


def keep(service: Service, group: Sequence[Pushed], now: datetime) -> None:
    """Keep the changes that these entries name, and say of each that their deployments touch which one brought it."""
    _keep_changes(service, [change for each in group for change in each.changes], now)
    named = {(each.record.key, PUSHED + change.key) for each in group for change in each.changes}
    rows = {row.key: row for row in service.changes.filter(key__in={key for _deployment, key in named})}
    deployments = {row.key: row for row in service.deployments.filter(key__in={each.record.key for each in group})}
    Telling.objects.bulk_create(
        [Telling(change=rows[change], deployment=deployments[deployment]) for deployment, change in sorted(named)],
        ignore_conflicts=True,
    )
    _settle(service, deployments.values())


def _keep_changes(service: Service, records: Iterable[ChangeRecord], now: datetime) -> None:
    """Of each change keep the greatest word, as of deployments."""
    newest: dict[str, Change] = {}
    for record in records:
        made = _row(service, record, now)
        known = newest.get(made.key)
        if known is None or _rank(made) > _rank(known):
            newest[made.key] = made
    stored = {row.key: row for row in service.changes.filter(key__in=list(newest))}
    changed = [row for key, row in newest.items() if key not in stored or _rank(row) > _rank(stored[key])]
    Change.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["service", "key"], update_fields=list(_FIELDS)
    )


_FIELDS = (
    "merged_at", "opened_at", "first_commit_at", "first_review_at", "number", "title", "url", "author", "branch", "merge_sha",
)  # fmt: skip


def _rank(row: Change) -> tuple[Any, ...]:
    """The one merged last; of what is left it only must not be by chance."""
    return tuple(str(getattr(row, field) or "") for field in _FIELDS)


def _row(service: Service, record: ChangeRecord, now: datetime) -> Change:
    return Change(
        service=service,
        key=PUSHED + record.key,
        number=record.number or None,
        title=record.title,
        url=record.url,
        author=record.author,
        branch=record.branch,
        merge_sha=record.merge_sha,
        first_commit_at=record.first_commit_at,
        opened_at=record.opened_at,
        first_review_at=record.first_review_at,
        merged_at=record.merged_at,
        recorded_at=now,
    )


def _settle(service: Service, deployments: Iterable[Deployment]) -> None:
    """`Change.told`: the first deployment that counts of those that name it, else the first of them."""
    touched = Change.objects.filter(tellings__deployment__in=[row.pk for row in deployments]).distinct()
    wanted = {row.pk: row for row in touched}
    tellers: dict[int, list[Deployment]] = {pk: [] for pk in wanted}
    for telling in Telling.objects.filter(change__in=list(wanted)).select_related("deployment"):
        tellers[telling.change_id].append(telling.deployment)
    changed = []
    for pk, row in wanted.items():
        told = min(tellers[pk], key=_first).key
        if row.told != told:
            row.told = told
            changed.append(row)
    Change.objects.bulk_update(changed, ["told"])


def _first(row: Deployment) -> tuple[Any, ...]:
    return not row.counts, row.finished_at or row.created_at, row.key
