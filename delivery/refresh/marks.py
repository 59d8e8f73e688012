"""Which deployments are hotfixes: by hand, else by their branch, else by the label or branch of a change that they brought."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from delivery.models import Change, Correction, CorrectionKind, Deployment, Policy
from delivery.refresh.touched import chunks
from delivery.rules import matches

HOTFIX_MARKS = (CorrectionKind.HOTFIX, CorrectionKind.NOT_HOTFIX)


def mark(policy: Policy, deployments: Iterable[int]) -> list[Deployment]:
    """Write `hotfix` of these deployments; those whose mark is another one now."""
    of_branch = cache(lambda branch: matches(branch, policy.hotfix_branches))
    of_label = cache(lambda label: matches(label, policy.hotfix_labels))
    moved: list[Deployment] = []
    for keys in chunks(deployments):
        moved += _mark(keys, of_branch, of_label)
    return moved


Test = Callable[[str], bool]


def _mark(keys: Iterable[int], of_branch: Test, of_label: Test) -> list[Deployment]:
    by_hand = hotfixes_by_hand(keys)
    by_change = _by_change(keys, of_branch, of_label)
    moved = []
    rows = Deployment.objects.counted().filter(pk__in=keys).only("pk", "service_id", "branch", "finished_at", "hotfix")
    for row in rows:
        found = row.pk in by_change or of_branch(row.branch)
        wanted = by_hand.get(row.pk, found)
        if row.hotfix != wanted:
            row.hotfix = wanted
            moved.append(row)
    for value in (True, False):
        turned = [row.pk for row in moved if row.hotfix is value]
        Deployment.objects.filter(pk__in=turned).update(hotfix=value)
    return moved


def hotfixes_by_hand(keys: Iterable[int]) -> dict[int, bool]:
    """What people said last, by deployment."""
    said = Correction.objects.in_force().filter(deployment__in=keys, kind__in=HOTFIX_MARKS).order_by("pk")
    return {pk: kind == CorrectionKind.HOTFIX for pk, kind in said.values_list("deployment", "kind")}


def _by_change(keys: Iterable[int], of_branch: Test, of_label: Test) -> set[int]:
    found = set()
    rows = Change.objects.filter(deployment__in=keys).values_list("deployment", "branch", "labels")
    for pk, branch, labels in rows:
        if of_branch(branch) or any(of_label(label) for label in labels):
            found.add(pk)
    return found
