"""Which deployment brought a change: `Change.deployment`. docs/definitions.md, Lead time for changes.

It is the first counted one whose commits since the counted one before it hold the merge commit. Where nobody compared the two
versions (yet, or for ever), it is the first that finished after the merge. A service's first deployment has no known changes.
One that was pushed belongs to a deployment that names it, or to none.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core import bulk
from delivery.models import PUSHED, Change, ComparedCommit, Comparison, Deployment, Linked, Telling
from delivery.refresh.order import Ordered, Placed, first_after, placed
from delivery.refresh.touched import TouchedService, chunks, spans

Pair = tuple[str, str]  # (base, head)
Place = tuple[datetime, datetime, str]  # of a deployment in the order
Found = tuple[Place, int, Linked]


@dataclass
class Moved:
    """Changes whose deployment is another one now, and the deployments that they left or came to."""

    changes: list[Change]
    deployments: set[int]


def link(service_id: int, touched: TouchedService, ordered: Iterable[Ordered]) -> Moved:
    """Look at the changes that the touched deployments, comparisons and changes can move."""
    asked = set(touched.changes)
    for each in ordered:
        asked |= _around(service_id, each)
    asked |= _brought_by(service_id, touched.deployments) | _named_by(touched.deployments)
    asked |= _compared(service_id, touched.compared)
    moved = Moved([], set())
    for keys in chunks(asked):
        _link(service_id, keys, moved)
    return moved


def link_all(service_id: int) -> Moved:
    moved = Moved([], set())
    for keys in chunks(Change.objects.filter(service=service_id).values_list("pk", flat=True)):
        _link(service_id, keys, moved)
    return moved


# -- Which changes to look at -------------------------------------------------------------------------------------


def _around(service_id: int, ordered: Ordered) -> set[int]:
    """Those brought by a deployment of the span or by the next one, those merged in it, and those in its comparisons."""
    first = ordered.before.finished_at if ordered.before else ordered.span.first
    last = ordered.after.finished_at if ordered.after else ordered.span.last
    changes = Change.objects.filter(service=service_id)
    found = set(changes.filter(merged_at__gte=first, merged_at__lt=last).values_list("pk", flat=True))
    keys = {row.pk for row in ordered.replaced}
    found |= _brought_by(service_id, keys)
    pairs: set[Pair] = set()
    for chunk in chunks(keys):
        pairs |= set(Deployment.objects.filter(pk__in=chunk).values_list("previous__sha", "sha"))
    return found | _compared(service_id, pairs)


def _brought_by(service_id: int, deployments: Iterable[int]) -> set[int]:
    changes = Change.objects.filter(service=service_id)
    found: set[int] = set()
    for chunk in chunks(deployments):
        found |= set(changes.filter(deployment__in=chunk).values_list("pk", flat=True))
    return found


def _named_by(deployments: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for chunk in chunks(deployments):
        found |= set(Telling.objects.filter(deployment__in=chunk).values_list("change", flat=True))
    return found


def _compared(service_id: int, pairs: set[Pair]) -> set[int]:
    """Changes in the comparisons of these pairs, and those that came by time to a deployment which is compared now."""
    pairs = {(base, head) for base, head in pairs if base and head}
    comparisons, shas, found = set[int](), set[str](), set[int]()
    for heads in chunks(head for _base, head in pairs):
        rows = Comparison.objects.filter(service=service_id, head__in=heads).values_list("pk", "base", "head")
        comparisons |= {pk for pk, base, head in rows if (base, head) in pairs}
        compared = Deployment.objects.filter(service=service_id, sha__in=heads).values_list("pk", flat=True)
        found |= _brought_by(service_id, compared)
    for chunk in chunks(comparisons):
        shas |= set(ComparedCommit.objects.filter(comparison__in=chunk).values_list("sha", flat=True))
    for chunk_of_shas in chunks(shas):
        changes = Change.objects.filter(service=service_id, merge_sha__in=chunk_of_shas)
        found |= set(changes.values_list("pk", flat=True))
    return found


# -- Which deployment brought them --------------------------------------------------------------------------------


def _link(service_id: int, keys: Sequence[int], moved: Moved) -> None:
    rows = list(Change.objects.filter(pk__in=keys).order_by("merged_at", "pk"))
    by_commits = _by_commits(service_id, {row.merge_sha for row in rows if row.merge_sha})
    by_time = _by_time(service_id, [row.merged_at for row in rows])
    told = _told(keys)
    changed = []
    for row in rows:
        candidates = [by_commits.get(row.merge_sha), by_time.get(row.merged_at)]
        is_told = row.pk in told or row.key.startswith(PUSHED)  # of what is pushed nobody but deployments tells
        found = told.get(row.pk) if is_told else min(filter(None, candidates), default=None)
        if _point(row, found, moved):
            changed.append(row)
    bulk.update(changed, ["deployment", "deployed_at", "linked"])


def _point(row: Change, found: Found | None, moved: Moved) -> bool:
    """Let the change point to what was found; whether that is other than before."""
    new = (found[1], found[0][0], found[2].value) if found else (None, None, "")
    if (row.deployment_id, row.deployed_at, row.linked) == new:
        return False
    moved.changes.append(row)
    moved.deployments |= {pk for pk in (row.deployment_id, new[0]) if pk is not None}
    row.deployment_id, row.deployed_at, row.linked = new
    return True


def _by_commits(service_id: int, shas: set[str]) -> dict[str, Found]:
    """By merge commit, the first deployment whose comparison with the one before it holds it."""
    holding: dict[Pair, list[str]] = {}
    commits = ComparedCommit.objects.filter(comparison__service=service_id, sha__in=shas)
    for sha, base, head in commits.values_list("sha", "comparison__base", "comparison__head"):
        holding.setdefault((base, head), []).append(sha)
    found: dict[str, Found] = {}
    for heads in chunks(head for _base, head in holding):
        rows = Deployment.objects.counted().filter(service=service_id, sha__in=heads, previous__isnull=False)
        columns = rows.values_list("finished_at", "created_at", "key", "pk", "previous__sha", "sha")
        for finished, created, key, pk, base, head in columns:
            assert finished is not None  # it counts
            place: Found = ((finished, created, key), pk, Linked.COMMITS)
            for sha in holding.get((base, head), ()):
                found[sha] = min(found.get(sha, place), place)
    return found


def _by_time(service_id: int, merged: Sequence[datetime]) -> dict[datetime, Found]:
    """By the instant of a merge: the first deployment that finished after it, where nobody compared that one."""
    next_of = _next_of(service_id, merged)
    unclear = _not_compared(service_id, {row.pk for row in next_of.values()})
    return {
        at: ((row.finished_at, row.created_at, row.key), row.pk, Linked.TIME)
        for at, row in next_of.items()
        if row.pk in unclear
    }


def _next_of(service_id: int, instants: Sequence[datetime]) -> dict[datetime, Placed]:
    """By instant, the first counted deployment that finished after it."""
    counted = Deployment.objects.counted().filter(service=service_id)
    found: dict[datetime, Placed] = {}
    for span in spans(instants):
        rows = placed(counted.filter(finished_at__gt=span.first, finished_at__lte=span.last))
        after = first_after(counted, span.last)
        rows += [after] if after else []
        finishes = [row.finished_at for row in rows]
        for at in instants:
            place = bisect_right(finishes, at)
            if span.first <= at <= span.last and place < len(rows):
                found[at] = rows[place]
    return found


def _not_compared(service_id: int, deployments: set[int]) -> set[int]:
    """Those that follow another counted one and of which nobody knows which commits lie between."""
    pairs: dict[int, Pair] = {}
    for chunk in chunks(deployments):
        rows = Deployment.objects.filter(pk__in=chunk, previous__isnull=False)
        pairs |= {pk: (base, head) for pk, base, head in rows.values_list("pk", "previous__sha", "sha")}
    known: set[Pair] = set()
    for heads in chunks(head for _base, head in pairs.values()):
        rows_of = Comparison.objects.filter(service=service_id, head__in=heads, reason="")
        known |= set(rows_of.values_list("base", "head"))
    return {pk for pk, (base, head) in pairs.items() if (base, head) not in known and not (base and base == head)}


def _told(changes: Sequence[int]) -> dict[int, Found | None]:
    """By change that deployments name as theirs, the first of these that counts; None: none does."""
    named: dict[int, list[int]] = defaultdict(list)
    for change, deployment in Telling.objects.filter(change__in=changes).values_list("change", "deployment"):
        named[change].append(deployment)
    found: dict[int, Found] = {}
    for chunk in chunks(pk for keys in named.values() for pk in keys):
        rows = Deployment.objects.counted().filter(pk__in=chunk).values_list("finished_at", "created_at", "key", "pk")
        found |= {pk: ((at, created, key), pk, Linked.TOLD) for at, created, key, pk in rows if at is not None}
    return {change: min((found[pk] for pk in keys if pk in found), default=None) for change, keys in named.items()}
