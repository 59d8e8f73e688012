"""Failures that no incident tells of: an older version deployed again, a revert, a hotfix, a person's word.

A rollback or hotfix shows that the counted deployment right before it failed. A revert shows that of the change that it takes
back. The policy says which of them are failures at all, and how far it looks back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Min, Q

from delivery.models import Change, Correction, CorrectionKind, Deployment, Policy
from delivery.refresh.incidents import within
from delivery.refresh.touched import chunks

Shown = dict[int, int]  # by witness or change, the deployment that failed


def followers(policy: Policy, keys: Iterable[int], versions: Iterable[str], service_id: int) -> set[int]:
    """The counted deployments that may be rollbacks or hotfixes now: these, and those to which one of the versions matters."""
    found = set(keys)
    if policy.rollbacks:
        for shas in chunks(versions):
            found |= set(Deployment.objects.filter(service=service_id, sha__in=shas).values_list("pk", flat=True))
        for chunk in chunks(found):
            found |= set(Deployment.objects.filter(previous__in=chunk).values_list("pk", flat=True))
    return found


def hotfixes(policy: Policy, keys: Iterable[int]) -> Shown:
    found: Shown = {}
    if policy.hotfixes:
        for chunk in chunks(keys):
            rows = Deployment.objects.counted().filter(pk__in=chunk, hotfix=True, previous__isnull=False)
            for pk, at, previous, finished in rows.values_list(
                "pk", "finished_at", "previous", "previous__finished_at"
            ):
                if previous is not None and within(policy, finished, at):
                    found[pk] = previous
    return found


def rollbacks(policy: Policy, service_id: int, keys: Iterable[int]) -> Shown:
    """A version is as old as its first counted deployment; one that replaces a younger version rolls it back."""
    found: Shown = {}
    if not policy.rollbacks:
        return found
    for chunk in chunks(keys):
        rows = Deployment.objects.counted().filter(pk__in=chunk, previous__isnull=False)
        rows = rows.exclude(sha="").exclude(previous__sha="")
        columns = "pk", "finished_at", "sha", "previous", "previous__finished_at", "previous__sha"
        told = list(rows.values_list(*columns))
        first = _first_deployed(service_id, {sha for row in told for sha in (row[2], row[5])})
        for pk, at, sha, previous, finished, replaced in told:
            if first[sha] < first[replaced] and within(policy, finished, at):
                found[pk] = previous
    return found


def _first_deployed(service_id: int, shas: Iterable[str]) -> dict[str, datetime]:
    counted = Deployment.objects.counted().filter(service=service_id)
    found: dict[str, datetime] = {}
    for chunk in chunks(shas):
        rows = counted.filter(sha__in=chunk).values("sha").annotate(first=Min("finished_at"))
        found |= {row["sha"]: row["first"] for row in rows}
    return found


# -- Reverts ------------------------------------------------------------------------------------------------------


def reverting(service_id: int, changes: Iterable[int], keys: Iterable[str], titles: Iterable[str]) -> set[int]:
    """Of these changes those that revert one, and those that revert one of these."""
    rows = Change.objects.filter(service=service_id).exclude(reverts="", reverts_title="")
    found: set[int] = set()
    for chunk in chunks(changes):
        found |= set(rows.filter(pk__in=chunk).values_list("pk", flat=True))
    for chunk_of_keys in chunks(keys):
        found |= set(rows.filter(reverts__in=chunk_of_keys).values_list("pk", flat=True))
    for chunk_of_titles in chunks(titles):
        found |= set(rows.filter(reverts="", reverts_title__in=chunk_of_titles).values_list("pk", flat=True))
    return found


def reverts(policy: Policy, service_id: int, changes: Iterable[int]) -> Shown:
    """By the reverting change: the deployment of the reverted one, where that was out before the revert was merged."""
    found: Shown = {}
    if not policy.reverts:
        return found
    for chunk in chunks(changes):
        rows = list(Change.objects.named().filter(pk__in=chunk).exclude(reverts="", reverts_title=""))
        by_key, by_title = _reverted(service_id, rows)
        for row in rows:
            named = by_key.get(row.reverts) if row.reverts else _latest(by_title[row.reverts_title], row)
            if named is None or named.deployment_id is None or named.deployed_at is None:
                continue
            if named.deployed_at < row.merged_at and within(policy, named.deployed_at, row.merged_at):
                found[row.pk] = named.deployment_id
    return found


def _latest(named: Iterable[Change], row: Change) -> Change | None:
    """Of the changes with the title that is reverted, the last one before."""
    earlier = (each for each in named if each.merged_at < row.merged_at)
    return max(earlier, key=lambda each: (each.merged_at, each.key), default=None)


def _reverted(service_id: int, rows: Iterable[Change]) -> tuple[dict[str, Change], dict[str, list[Change]]]:
    """The changes that these revert, by key and by title."""
    keys = {row.reverts for row in rows} - {""}
    titles = {row.reverts_title for row in rows if not row.reverts} - {""}
    by_title: dict[str, list[Change]] = defaultdict(list)
    known = Change.objects.named().filter(Q(key__in=keys) | Q(title__in=titles), service=service_id)
    for each in known.only("key", "title", "merged_at", "deployment_id", "deployed_at"):
        by_title[each.title].append(each)
    return {each.key: each for of in by_title.values() for each in of if each.key in keys}, by_title


# -- By hand ------------------------------------------------------------------------------------------------------


def by_hand(keys: Iterable[int]) -> Shown:
    """Deployments that a person marked as failed."""
    found: Shown = {}
    for chunk in chunks(keys):
        said = Correction.objects.in_force().filter(deployment__in=chunk, kind=CorrectionKind.FAILED)
        found |= {pk: pk for pk in said.values_list("deployment", flat=True) if pk is not None}
    return found
