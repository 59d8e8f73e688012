"""Keeps changes and comparisons, and says which comparisons are wanted. Storing twice is as storing once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef

from connections.models import Source
from connectors.records import ChangeRecord, ComparisonRecord
from delivery import refresh
from delivery.models import Change, ComparedCommit, Comparison, Deployment, Service
from delivery.refresh import Touched
from delivery.writing import write

MERGED_BEFORE = timedelta(
    days=30
)  # what was merged so long before the deployment before was in that one, or in an earlier
MOST_WANTED = 500  # comparisons that a sync is asked for at once; the newest first

_CHANGE_FIELDS = (
    "number", "title", "url", "author", "branch", "labels", "merge_sha", "first_commit_at", "opened_at",
    "first_review_at", "merged_at", "reverts", "reverts_title", "told_at",
)  # fmt: skip


@contextmanager
def refreshing(team_id: int, touched: Touched | None) -> Iterator[Touched]:
    """What was stored is told to `touched`, whose owner refreshes what follows; without one that is done here."""
    found = Touched() if touched is None else touched
    yield found
    if touched is None:
        refresh.run(team_id, found)


def keep_changes(
    service: Service, records: Sequence[ChangeRecord], now: datetime, *, touched: Touched | None = None
) -> int:
    newest = {record.key: record for record in records}
    stored = {row.key: row for row in service.changes.filter(key__in=list(newest))}
    made = [_change(service, record, now) for record in newest.values()]
    changed = [row for row in made if _is_news(stored.get(row.key), row)]
    write(changed, stored, _CHANGE_FIELDS)
    with refreshing(service.team_id, touched) as found:
        found.changes([*changed, *(stored[row.key] for row in changed if row.key in stored)])
    return len(changed)


def _is_news(stored: Change | None, made: Change) -> bool:
    return stored is None or any(getattr(stored, name) != getattr(made, name) for name in _CHANGE_FIELDS)


def _change(service: Service, record: ChangeRecord, now: datetime) -> Change:
    return Change(
        service_id=service.pk,
        key=record.key,
        number=record.number,
        title=record.title[:500],
        url=record.url[:1000],
        author=record.author[:255],
        branch=record.branch[:255],
        labels=list(record.labels),
        merge_sha=record.merge_sha[:64],
        first_commit_at=record.first_commit_at,
        opened_at=record.opened_at,
        first_review_at=record.first_review_at,
        merged_at=record.merged_at,
        reverts=record.reverts[:100],
        reverts_title=record.reverts_title[:500],
        recorded_at=now,
        told_at=record.told_at,
    )


def keep_comparisons(
    service: Service, records: Sequence[ComparisonRecord], now: datetime, *, touched: Touched | None = None
) -> int:
    """One that the host could not make is asked for no more, but may be told later."""
    told = {(each.base, each.head): each for each in records}
    heads = {head for _base, head in told}
    stored = {(row.base, row.head): row for row in service.comparisons.filter(head__in=heads)}
    news = [each for pair, each in told.items() if pair not in stored or (stored[pair].reason and not each.reason)]
    rows = [
        Comparison(
            service=service, base=each.base, head=each.head, recorded_at=now,
            reason="" if each.shas is not None else each.reason or "unknown",
            files=list(each.files) if each.files is not None else None,
        )
        for each in news
    ]  # fmt: skip
    Comparison.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["service", "base", "head"], update_fields=["reason", "files"]
    )
    commits = [
        ComparedCommit(comparison=row, sha=sha)
        for row, each in zip(rows, news, strict=True)
        for sha in dict.fromkeys(each.shas or ())
    ]
    ComparedCommit.objects.bulk_create(commits, batch_size=1000, ignore_conflicts=True)
    with refreshing(service.team_id, touched) as found:
        found.comparisons(rows)
    return len(rows)


def comparisons_wanted(source: Source) -> list[tuple[str, str]]:
    """(base, head) of counted deployments and the counted ones before them that nobody compared yet, the newest first.

    Only where a change may lie between: without one merged up to then, or not long before, there is nothing to look for.
    """
    since = ExpressionWrapper(OuterRef("previous__finished_at") - MERGED_BEFORE, output_field=DateTimeField())
    merged = Change.objects.filter(
        service=OuterRef("service"), merged_at__lte=OuterRef("finished_at"), merged_at__gte=since
    )
    known = Comparison.objects.filter(service=OuterRef("service"), base=OuterRef("previous__sha"), head=OuterRef("sha"))
    rows = Deployment.objects.counted().filter(
        ~Exists(known), Exists(merged), service__source=source, service__ended_at=None, previous__isnull=False
    )
    rows = (
        rows.exclude(sha="").exclude(previous__sha="").exclude(sha=F("previous__sha")).order_by("-finished_at", "-pk")
    )
    return list(dict.fromkeys(rows.values_list("previous__sha", "sha")[:MOST_WANTED]))
