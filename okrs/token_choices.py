"""Which key results a token can be made for, as the page of tokens asks (teams/key_results.py)."""

from __future__ import annotations

from collections.abc import Iterable

from okrs.models import KeyResult
from okrs.querysets import KeyResultQuerySet
from teams import key_results
from teams.models import Team


def register() -> None:
    key_results.register(key_results.Source(open_of=_open_of, titled=_titled))


def _open_of(team: Team) -> list[key_results.KnownKeyResult]:
    return _known(KeyResult.objects.of_teams([team]).live().in_open_cycles())


def _titled(pks: Iterable[int]) -> list[key_results.KnownKeyResult]:
    return _known(KeyResult.objects.filter(pk__in=set(pks)))


def _known(rows: KeyResultQuerySet) -> list[key_results.KnownKeyResult]:
    found = list(rows.listed())
    taking = set(rows.live().in_open_cycles().values_list("pk", flat=True))
    return [key_results.KnownKeyResult(row.pk, row.title, row.get_absolute_url(), row.pk in taking) for row in found]
