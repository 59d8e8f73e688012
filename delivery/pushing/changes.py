"""The changes that pushed deployments bring: any deployment may name any change, and the first of them that counts brought it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from connectors.records import ChangeRecord
from core.refusals import Refused
from delivery.changes import keep_changes
from delivery.models import PUSHED, Change, Deployment, Service, Telling
from delivery.refresh import Touched
from delivery.sanity import check_instant

if TYPE_CHECKING:
    from delivery.pushing.deployments import Pushed

MOST = 200  # changes of one deployment
_TEXTS = ("title", "url", "author", "branch", "merge_sha")


def check(record: ChangeRecord, now: datetime) -> None:
    """Refused for what cannot have been so. A stage may be negative: it is dropped."""
    for field in ("first_commit_at", "opened_at", "first_review_at", "merged_at"):
        check_instant(field, getattr(record, field), now)
    if record.merged_at < record.opened_at:
        raise Refused(_("It was merged before it was opened."), "merged_at")


def keep(service: Service, group: Sequence[Pushed], now: datetime, touched: Touched) -> None:
    """Keep the changes that these entries name, and say of each that their deployments touch which one brought it."""
    told = [replace(change, key=PUSHED + change.key) for each in group for change in each.changes]
    keep_changes(service, _newest(service, told), now, touched=touched)
    named = {(each.record.key, PUSHED + change.key) for each in group for change in each.changes}
    rows = {row.key: row for row in service.changes.filter(key__in={key for _deployment, key in named})}
    deployments = {row.key: row for row in service.deployments.filter(key__in={each.record.key for each in group})}
    Telling.objects.bulk_create(
        [Telling(change=rows[change], deployment=deployments[deployment]) for deployment, change in sorted(named)],
        ignore_conflicts=True,
    )
    touched.changes(_settle(deployments.values()))


def _newest(service: Service, records: Iterable[ChangeRecord]) -> list[ChangeRecord]:
    """Of each change the greatest word, where it is greater than what is stored; as of deployments."""
    newest: dict[str, ChangeRecord] = {}
    for record in records:
        known = newest.get(record.key)
        if known is None or _rank(record) > _rank(known):
            newest[record.key] = record
    stored = {row.key: row for row in service.changes.filter(key__in=list(newest))}
    return [each for key, each in newest.items() if key not in stored or _rank(each) > _rank(stored[key])]


def _rank(row: ChangeRecord | Change) -> tuple[Any, ...]:
    """The one merged last; of what is left it only must not be by chance."""
    instants = (row.merged_at, row.opened_at, row.first_commit_at or row.opened_at)
    review = (row.first_review_at is not None, row.first_review_at or row.opened_at)
    return (*instants, *review, row.number or 0, *(getattr(row, field) for field in _TEXTS))


def _settle(deployments: Iterable[Deployment]) -> list[Change]:
    """`Change.told`: the first deployment that counts of those that name it, else the first of them. Those that it moves."""
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
    return changed


def _first(row: Deployment) -> tuple[Any, ...]:
    return not row.counts, row.finished_at or row.created_at, row.key
