"""Delivery's rules once more, slow and obvious: plain Python over what hosts and people told, nothing that the portal prepared.

It is written from docs/definitions.md alone and shares no code with delivery/refresh/ and delivery/figures.py: whole lists are
walked for each row, and everything is worked out anew each time it is asked for.
"""

from __future__ import annotations

import fnmatch
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from statistics import mean
from typing import Any
from zoneinfo import ZoneInfo

from delivery.models import Change, Comparison, Correction, Deployment, Incident, Policy, Service
from teams.models import Team

Row = Any  # of a table; only what was told of it is read


@dataclass
class Facts:
    """What was told of one team."""

    deployments: list[Row]
    changes: list[Row]
    incidents: list[Row]
    corrections: list[Row]  # those in force, the oldest first
    comparisons: dict[tuple[int, str, str], set[str] | None]
    named: dict[int, set[int]]  # the deployments that name a change as theirs
    policy: Policy
    zone: ZoneInfo
    services: list[Row]


def facts_of(team: Team) -> Facts:
    comparisons = {}
    for row in Comparison.objects.filter(service__team=team):
        shas = {commit.sha for commit in row.commits.all()}
        comparisons[row.service_id, row.base, row.head] = None if row.reason else shas
    withdrawn = {row.withdraws_id for row in Correction.objects.filter(team=team) if row.withdraws_id}
    return Facts(
        deployments=list(Deployment.objects.filter(service__team=team)),
        changes=list(Change.objects.filter(service__team=team)),
        incidents=list(Incident.objects.filter(team=team)),
        corrections=[
            row
            for row in Correction.objects.filter(team=team).order_by("pk")
            if row.kind != "withdraw" and row.pk not in withdrawn
        ],
        comparisons=comparisons,
        named={
            row.pk: {each.deployment_id for each in row.tellings.all()}
            for row in Change.objects.filter(service__team=team)
        },
        policy=Policy.objects.filter(team=team).first() or Policy(team=team),
        zone=team.zone,
        services=list(Service.objects.filter(team=team).select_related("source__connection")),
    )


# -- Deployments --------------------------------------------------------------------------------------------------


def said(facts: Facts, kind: str, row: Row) -> list[Row]:
    """What people said of this kind of a deployment or incident, the oldest first."""
    name = "deployment_id" if isinstance(row, Deployment) else "incident_id"
    return [each for each in facts.corrections if each.kind == kind and getattr(each, name) == row.pk]


def counts(facts: Facts, row: Row) -> bool:
    return (
        row.in_scope
        and row.outcome == "succeeded"
        and row.environment_class == "production"
        and row.finished_at is not None
        and row.gone_at is None
        and not said(facts, "exclude", row)
    )


def place(row: Row) -> tuple[Any, ...]:
    return row.finished_at, row.created_at, row.key


def counted(facts: Facts, service: int | None = None) -> list[Row]:
    """In the order in which they finished; of one service or of the team."""
    rows = [row for row in facts.deployments if counts(facts, row) and service in (None, row.service_id)]
    return sorted(rows, key=place)


def one_before(facts: Facts, row: Row) -> Row | None:
    earlier = [each for each in counted(facts, row.service_id) if place(each) < place(row)]
    return earlier[-1] if earlier else None


# -- Changes ------------------------------------------------------------------------------------------------------


def brought_by(facts: Facts, change: Row) -> tuple[Row | None, str]:
    """(the deployment, how it was found)."""
    rows = counted(facts, change.service_id)
    if facts.named.get(change.pk) or change.key.startswith("push:"):
        told = [row for row in rows if row.pk in facts.named.get(change.pk, ())]
        return (told[0], "told") if told else (None, "")
    for row in rows:
        before = one_before(facts, row)
        if before is None:
            continue
        commits = commits_between(facts, before, row)
        if commits is not None and change.merge_sha in commits - {""}:
            return row, "commits"
        after_the_merge = [each for each in rows if each.finished_at > change.merged_at]
        if commits is None and after_the_merge and after_the_merge[0] is row:
            return row, "time"
    return None, ""


def is_told(facts: Facts, change: Row) -> bool:
    """Whether somebody still tells of it: what deployments named once, and name no more, is none."""
    return bool(facts.named.get(change.pk)) or not change.key.startswith("push:")


def commits_between(facts: Facts, before: Row, row: Row) -> set[str] | None:
    if before.sha and before.sha == row.sha:
        return set()
    if not before.sha or not row.sha:
        return None
    return facts.comparisons.get((row.service_id, before.sha, row.sha))


def fits(name: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)


def is_hotfix(facts: Facts, row: Row) -> bool:
    if not counts(facts, row):
        return False
    marks = said(facts, "hotfix", row) + said(facts, "not_hotfix", row)
    if marks:
        return max(marks, key=lambda each: each.pk).kind == "hotfix"
    policy = facts.policy
    brought = [change for change in facts.changes if brought_by(facts, change)[0] is row]
    return (
        fits(row.branch, policy.hotfix_branches)
        or any(fits(change.branch, policy.hotfix_branches) for change in brought)
        or any(fits(label, policy.hotfix_labels) for change in brought for label in change.labels)
    )


# -- Failures -----------------------------------------------------------------------------------------------------


def near(facts: Facts, finished: datetime, began: datetime) -> bool:
    days = facts.policy.look_back_days
    return days is None or began - finished <= timedelta(hours=24 * days)


def is_incident(facts: Facts, row: Row) -> bool:
    return row.in_scope and row.gone_at is None and not said(facts, "not_incident", row)


def failed_by(facts: Facts, incident: Row) -> tuple[Row | None, bool]:
    """(the deployment, whether a person said so)."""
    if not is_incident(facts, incident):
        return None, False
    marks = said(facts, "attribute", incident)
    if marks:
        target = [row for row in facts.deployments if row.pk == marks[-1].target_id]
        return (target[0], True) if target else (None, False)
    of_service = facts.policy.scope == "service" and incident.service_id is not None
    rows = counted(facts, incident.service_id if of_service else None)
    earlier = [row for row in rows if row.finished_at < incident.began_at]
    if earlier and near(facts, earlier[-1].finished_at, incident.began_at):
        return earlier[-1], False
    return None, False


def rolled_back(facts: Facts, row: Row) -> Row | None:
    """The deployment that this one took back by an older version."""
    before = one_before(facts, row)
    if before is None or not before.sha or not row.sha:
        return None

    def age(sha: str) -> datetime:
        return min(each.finished_at for each in counted(facts, row.service_id) if each.sha == sha)

    is_older = age(row.sha) < age(before.sha)
    return before if is_older and near(facts, before.finished_at, row.finished_at) else None


def reverted(facts: Facts, change: Row) -> Row | None:
    """The deployment that brought what this change takes back."""
    same = [each for each in facts.changes if each.service_id == change.service_id and is_told(facts, each)]
    if not is_told(facts, change):
        return None
    if change.reverts:
        found = [each for each in same if each.key == change.reverts]
    elif change.reverts_title:
        titled = [each for each in same if each.title == change.reverts_title and each.merged_at < change.merged_at]
        found = sorted(titled, key=lambda each: (each.merged_at, each.key))[-1:]
    else:
        return None
    if not found:
        return None
    row, _how = brought_by(facts, found[0])
    if row is None or row.finished_at >= change.merged_at:
        return None
    return row if near(facts, row.finished_at, change.merged_at) else None


Name = tuple[int, str]  # service and key of a deployment
Told = tuple[str, Name, str, bool]  # kind, the deployment, what shows it, by hand


def named(row: Row) -> Name:
    return row.service_id, row.key


def shown(row: Row) -> str:
    return f"{row.service_id}/{row.key}"


def failures(facts: Facts) -> set[Told]:
    found: set[Told] = set()
    for incident in facts.incidents:
        row, by_hand = failed_by(facts, incident)
        if row is not None:
            found.add(("incident", named(row), shown(incident), by_hand))
    for row in facts.deployments:
        if said(facts, "failed", row):
            found.add(("hand", named(row), "", True))
    for row in counted(facts):
        before = one_before(facts, row)
        back = rolled_back(facts, row)
        if facts.policy.rollbacks and back is not None:
            found.add(("rollback", named(back), shown(row), False))
        is_near = before is not None and near(facts, before.finished_at, row.finished_at)
        if facts.policy.hotfixes and before is not None and is_near and is_hotfix(facts, row):
            found.add(("hotfix", named(before), shown(row), False))
    for change in facts.changes:
        took_back = reverted(facts, change)
        if facts.policy.reverts and took_back is not None:
            found.add(("revert", named(took_back), shown(change), False))
    return found


def failures_are_told(facts: Facts, first: date) -> bool:
    """Whether anything could tell of a failure of a deployment of this day or a later one."""
    policy = facts.policy
    if policy.rollbacks or policy.reverts or policy.hotfixes:
        return True
    if any(row.in_scope for row in facts.incidents):
        return True
    if any(each.kind == "failed" for each in facts.corrections):
        return True
    for service in facts.services:
        is_read = service.source.connection.kind not in ("imported", "pushed") and service.incident_labels
        if is_read and (service.ended_at is None or day(service.ended_at, facts.zone) >= first):
            return True
    return False


# -- Figures ------------------------------------------------------------------------------------------------------


@dataclass
class Figures:
    """Of a period. Hours are exact."""

    counted: int
    unknown: int
    days_by_week: list[int]
    failed: int | None  # None: nothing could ever tell of a failure
    hotfixes: int
    recovery: list[Fraction]
    mttr: list[Fraction]
    still_open: int
    lead_times: list[Fraction]
    changes: int
    stages: dict[str, list[Fraction]]


def middle(values: list[Any]) -> Any:
    """The interpolated median; None of none."""
    ordered, half = sorted(values), len(values) // 2
    if not ordered:
        return None
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def average(values: list[Any]) -> Any:
    return mean(values) if values else None


def hours(first: datetime, last: datetime) -> Fraction:
    return Fraction((last - first) // timedelta(microseconds=1), 3_600_000_000)


def day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def figures(facts: Facts, first: date, last: date) -> Figures:
    """Of the days from the first to the last of the team's zone."""

    def inside(at: datetime | None) -> bool:
        return at is not None and first <= day(at, facts.zone) <= last

    rows = [row for row in counted(facts) if inside(row.finished_at)]
    told = failures(facts)
    failed = {key for _kind, key, _cause, _by_hand in told}
    finish = {named(row): row.finished_at for row in counted(facts)}
    began = {shown(row): row for row in facts.incidents}
    ended = [row for row in facts.incidents if is_incident(facts, row) and inside(row.resolved_at)]
    changes = [(change, brought_by(facts, change)[0]) for change in facts.changes]
    deployed = [(change, row) for change, row in changes if row is not None and inside(row.finished_at)]
    return Figures(
        counted=len(rows),
        unknown=len([row for row in facts.deployments if is_unknown(facts, row) and inside(row.created_at)]),
        days_by_week=days_by_week({day(row.finished_at, facts.zone) for row in rows}, first, last),
        failed=len([row for row in rows if named(row) in failed]) if failures_are_told(facts, first) else None,
        hotfixes=len([row for row in rows if is_hotfix(facts, row)]),
        recovery=[
            hours(finish[key], began[cause].resolved_at)
            for kind, key, cause, _by_hand in told
            if kind == "incident" and inside(finish.get(key)) and inside(began[cause].resolved_at)
            if finish[key] <= began[cause].resolved_at
        ],
        mttr=[hours(row.began_at, row.resolved_at) for row in ended],
        still_open=len([row for row in facts.incidents if is_incident(facts, row) and row.resolved_at is None]),
        lead_times=[
            hours(change.first_commit_at, row.finished_at)
            for change, row in deployed
            if change.first_commit_at is not None and change.first_commit_at <= row.finished_at
        ],
        changes=len(deployed),
        stages=stages(deployed),
    )


def is_unknown(facts: Facts, row: Row) -> bool:
    production = row.in_scope and row.environment_class == "production"
    return production and row.outcome == "unknown" and row.gone_at is None and not said(facts, "exclude", row)


def days_by_week(days: set[date], first: date, last: date) -> list[int]:
    """Deployment days in each ISO week that the period touches."""
    weeks, each = [], first
    while each <= last:
        if each.isocalendar()[:2] not in weeks:
            weeks.append(each.isocalendar()[:2])
        each += timedelta(days=1)
    found = Counter(each.isocalendar()[:2] for each in days)
    return [found[week] for week in weeks]


def stages(deployed: list[tuple[Row, Row]]) -> dict[str, list[Fraction]]:
    found: dict[str, list[Fraction]] = {"coding": [], "pickup": [], "review": [], "deploy": []}
    for change, row in deployed:
        if change.first_commit_at is not None:
            found["coding"].append(hours(change.first_commit_at, change.opened_at))
        if change.first_review_at is not None:
            found["pickup"].append(hours(change.opened_at, change.first_review_at))
            found["review"].append(hours(change.first_review_at, change.merged_at))
        else:
            found["review"].append(hours(change.opened_at, change.merged_at))
        found["deploy"].append(hours(change.merged_at, row.finished_at))
    return {name: [each for each in values if each >= 0] for name, values in found.items()}
