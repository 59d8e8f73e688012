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
from delivery.models import PUSHED, Change, Service, Telling
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
    """Keep the changes that these entries name, and which deployments named them: delivery/refresh/ says which one brought it."""
    told = [replace(change, key=PUSHED + change.key) for each in group for change in each.changes]
    keep_changes(service, _newest(service, told), now, touched=touched)
    named = {(each.record.key, PUSHED + change.key) for each in group for change in each.changes}
    rows = {row.key: row for row in service.changes.filter(key__in={key for _deployment, key in named})}
    deployments = {row.key: row for row in service.deployments.filter(key__in={each.record.key for each in group})}
    known = Telling.objects.filter(change__in=rows.values(), deployment__in=deployments.values())
    new = sorted(named - set(known.values_list("deployment__key", "change__key")))
    Telling.objects.bulk_create(
        [Telling(change=rows[change], deployment=deployments[deployment]) for deployment, change in new]
    )
    touched.changes(rows[change] for _deployment, change in new)


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
