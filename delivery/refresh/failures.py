"""Writes what was found to have failed: `Failure` rows, and how many each deployment has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import Count, Q

from core import bulk
from delivery.models import Deployment, Failure, FailureKind
from delivery.refresh.incidents import Attributed
from delivery.refresh.signs import Shown
from delivery.refresh.touched import chunks

# The column of what shows a failure; a deployment marked by hand shows its own.
CAUSE = {
    FailureKind.INCIDENT: "incident",
    FailureKind.ROLLBACK: "witness",
    FailureKind.HOTFIX: "witness",
    FailureKind.REVERT: "change",
    FailureKind.HAND: "deployment",
}


def keep(team_id: int, kind: FailureKind, asked: Iterable[int], found: Attributed) -> set[int]:
    """Bring the rows of one kind for what was asked into line with what was found; the deployments whose failures changed."""
    column, touched = f"{CAUSE[kind]}_id", set[int]()
    for keys in chunks(asked):
        stored = {getattr(row, column): row for row in Failure.objects.filter(kind=kind, **{f"{column}__in": keys})}
        wanted = {key: told for key in keys if (told := found.get(key)) is not None}
        gone = [stored[key] for key in stored if key not in wanted]
        made, moved = [], []
        for key, (deployment, by_hand) in wanted.items():
            row = stored.get(key)
            if row is None:
                cause = {column: key, "deployment_id": deployment}
                made.append(Failure(team_id=team_id, kind=kind, by_hand=by_hand, **cause))
            elif (row.deployment_id, row.by_hand) != (deployment, by_hand):
                touched.add(row.deployment_id)
                row.deployment_id, row.by_hand = deployment, by_hand
                moved.append(row)
        touched |= {row.deployment_id for row in (*gone, *made, *moved)}
        Failure.objects.filter(pk__in=[row.pk for row in gone]).delete()
        bulk.update(moved, ["deployment", "by_hand"])
        bulk.insert(made)
    return touched


def keep_shown(
    team_id: int, kind: FailureKind, asked: Iterable[int], found: Shown, *, by_hand: bool = False
) -> set[int]:
    return keep(team_id, kind, asked, {key: (deployment, by_hand) for key, deployment in found.items()})


def count(deployments: Iterable[int]) -> list[Deployment]:
    """Write how many failures these deployments have; those that have more or fewer than before."""
    moved: list[Deployment] = []
    for keys in chunks(deployments):
        rows = Deployment.objects.filter(pk__in=keys).annotate(now=Count("failed_by"))
        moved += [row for row in rows.only("pk", "service_id", "finished_at", "failures") if _differs(row)]
    _write({row.pk: row.failures for row in moved})
    return moved


def _differs(row: Deployment) -> bool:
    before, row.failures = row.failures, row.now  # type: ignore[attr-defined]
    return bool(before != row.failures)


def _write(numbers: Mapping[int, int]) -> None:
    for number in sorted(set(numbers.values())):
        of_number = [pk for pk, each in numbers.items() if each == number]
        for keys in chunks(of_number):
            Deployment.objects.filter(pk__in=keys).update(failures=number)


def drop_but(team_id: int, kinds: Iterable[FailureKind]) -> set[int]:
    """Let go of the failures of other kinds; the deployments that had them."""
    others = Failure.objects.filter(~Q(kind__in=list(kinds)), team=team_id)
    touched = set(others.values_list("deployment", flat=True))
    others.delete()
    return touched
