"""The changes that pushed deployments bring: any deployment may name any change, and the first of them that counts brought it.

Two memories make the order of arrival not count: of each change the greatest word, whoever said it (`Change.told_at`, then what
it says), and of each deployment the newest list, also an empty one (`Deployment.changes_told_at`); docs/adr/0023.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from connectors import reverts
from connectors.records import ChangeRecord
from core.refusals import Refused
from delivery.changes import keep_changes
from delivery.models import PUSHED, Change, Deployment, Service, Telling
from delivery.refresh import Touched
from delivery.sanity import check_instant

if TYPE_CHECKING:
    from delivery.pushing.deployments import Pushed

MOST = 200  # changes of one deployment
NEVER = datetime.min.replace(tzinfo=UTC)
_TEXTS = ("title", "url", "author", "branch", "merge_sha")


def check(changes: Iterable[ChangeRecord], now: datetime) -> None:
    """Refused for what cannot have been so. A stage may be negative: it is dropped."""
    for place, record in enumerate(changes):
        with _at(place):
            for field in ("first_commit_at", "opened_at", "first_review_at", "merged_at"):
                check_instant(field, getattr(record, field), now)
            if record.merged_at < record.opened_at:
                raise Refused(_("It was merged before it was opened."), "merged_at")


@contextmanager
def _at(place: int) -> Iterator[None]:
    try:
        yield
    except Refused as error:
        raise Refused(error.message, f"changes.{place}.{error.field}") from None


@dataclass
class _Named:
    """The changes that a deployment names, and of when that word is; both as stored, and as they become."""

    row: Deployment
    stored: dict[str, int]  # by key of a change, the Telling
    at: datetime | None
    keys: frozenset[str]

    def hear(self, at: datetime | None, keys: frozenset[str]) -> bool:
        """A newer list replaces this one, one of the same instant adds to it. Whether other changes are named now."""
        before, mine, other = self.keys, self.at or NEVER, at or NEVER
        if self.at is None or other > mine:
            self.at, self.keys = at, keys
        elif other == mine:
            self.keys |= keys
        return self.keys != before


def keep(service: Service, group: Sequence[tuple[int, Pushed]], now: datetime, touched: Touched) -> set[int]:
    """Keep the changes that these entries name, and which deployments name them: delivery/refresh/ says which one brought it.

    The entries of which something was stored, by their index.
    """
    telling = [(index, each, _words(each)) for index, each in group if each.changes is not None]
    if not telling:
        return set()
    newest, news = _newest(service, [(index, words) for index, _each, words in telling])
    keep_changes(service, list(newest.values()), now, touched=touched)
    named = _named(service, {each.record.key for _index, each, _words in telling})
    for index, each, words in telling:
        if named[each.record.key].hear(each.record.told_at, frozenset(word.key for word in words)):
            news.add(index)
    _write(service, list(named.values()), touched)
    return news


def _words(each: Pushed) -> list[ChangeRecord]:
    return [
        replace(
            change,
            key=PUSHED + change.key,
            told_at=each.record.told_at,
            reverts_title=reverts.quoted(change.title),
        )
        for change in each.changes or ()
    ]


def _newest(
    service: Service, telling: Iterable[tuple[int, Sequence[ChangeRecord]]]
) -> tuple[dict[str, ChangeRecord], set[int]]:
    """Of each change the greatest word, where it is greater than what is stored; and the entries that brought greater ones."""
    telling = list(telling)
    keys = {record.key for _index, words in telling for record in words}
    ranks = {row.key: _rank(row) for row in service.changes.filter(key__in=keys)}
    newest: dict[str, ChangeRecord] = {}
    news: set[int] = set()
    for index, words in telling:
        for record in words:
            rank = _rank(record)
            if record.key not in ranks or rank > ranks[record.key]:
                ranks[record.key], newest[record.key] = rank, record
                news.add(index)
    return newest, news


def _rank(row: ChangeRecord | Change) -> tuple[Any, ...]:
    """What was told later, else the one merged last; of what is left it only must not be by chance."""
    instants = (row.merged_at, row.opened_at, row.first_commit_at or row.opened_at)
    review = (row.first_review_at is not None, row.first_review_at or row.opened_at)
    texts = (getattr(row, field) for field in _TEXTS)
    return (row.told_at or NEVER, *instants, *review, row.number or 0, *texts)


def _named(service: Service, keys: set[str]) -> dict[str, _Named]:
    rows = list(service.deployments.filter(key__in=keys))
    known: dict[int, dict[str, int]] = defaultdict(dict)
    telling = Telling.objects.filter(deployment__in=rows)
    for pk, deployment, change in telling.values_list("pk", "deployment", "change__key"):
        known[deployment][change] = pk
    return {row.key: _Named(row, known[row.pk], row.changes_told_at, frozenset(known[row.pk])) for row in rows}


def _write(service: Service, named: Sequence[_Named], touched: Touched) -> None:
    """The lists as they became."""
    keys = {key for each in named for key in each.stored.keys() ^ each.keys}
    rows = {row.key: row for row in service.changes.filter(key__in=keys)}
    gone = [pk for each in named for key, pk in each.stored.items() if key not in each.keys]
    Telling.objects.filter(pk__in=gone).delete()
    new = [(key, each.row) for each in named for key in sorted(each.keys - each.stored.keys())]
    Telling.objects.bulk_create([Telling(change=rows[key], deployment=row) for key, row in new])
    moved = [each for each in named if each.at != each.row.changes_told_at]
    for each in moved:
        each.row.changes_told_at = each.at
    Deployment.objects.bulk_update([each.row for each in moved], ["changes_told_at"])
    touched.changes(rows.values())
