"""What is stored, against the slow reference: whatever happens in whatever order, page by page or all at once."""

from __future__ import annotations

import os
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from delivery import five, refresh
from delivery.figures import Stage
from delivery.periods import Period
from teams.models import Person, Team
from tests.delivery import reference
from tests.delivery.factories import ServiceFactory
from tests.delivery.playing import ZONES, Player, Step, policies, prepared, steps
from tests.tampering import rolled_back

EXAMPLES = int(os.environ.get("DELIVERY_EXAMPLES", "15"))  # 1,000 looks deeper

pytestmark = pytest.mark.django_db


@pytest.fixture
def player(team: Team, editor: Person) -> Player:
    services = [ServiceFactory(source__connection__team=team) for _ in range(2)]
    return Player(team, services, editor)


def told(facts: reference.Facts) -> dict[str, Any]:
    """What `prepared` should be, by the reference."""
    failures = reference.failures(facts)
    brought = {row.pk: reference.brought_by(facts, row) for row in facts.changes}
    return {
        "deployments": {
            name(row): (
                name(reference.one_before(facts, row)) if reference.counts(facts, row) else None,
                reference.is_hotfix(facts, row),
                len([each for each in failures if each[1] == name(row)]),
                bool(reference.said(facts, "exclude", row)),
            )
            for row in facts.deployments
        },
        "changes": {
            name(row): (name(found), found.finished_at if found else None, how)
            for row in facts.changes
            for found, how in [brought[row.pk]]
        },
        "failures": failures,
        "days": days(facts),
    }


def name(row: Any) -> Any:
    return (row.service_id, row.key) if row else None


def days(facts: reference.Facts) -> dict[Any, Any]:
    found: dict[Any, list[int]] = {}
    failed = {each[1] for each in reference.failures(facts)}
    for row in facts.deployments:
        if not row.in_scope or row.gone_at or reference.said(facts, "exclude", row):
            continue
        if row.outcome == "succeeded" and row.finished_at:
            key = row.service_id, row.environment_class, reference.day(row.finished_at, facts.zone)
            numbers = 1, 0, int(name(row) in failed), int(reference.is_hotfix(facts, row))
        elif row.outcome == "unknown":
            key = row.service_id, row.environment_class, reference.day(row.created_at, facts.zone)
            numbers = 0, 1, 0, 0
        else:
            continue
        found[key] = [a + b for a, b in zip(found.get(key, [0, 0, 0, 0]), numbers, strict=True)]
    return {key: tuple(each) for key, each in found.items()}


def check_figures(facts: reference.Facts, team: Team, first: date, days: int) -> None:
    """What pages read, against the reference."""
    period = Period(first, first + timedelta(days=days))
    found = five.read([team], period)[team.pk].five(period)
    told = reference.figures(facts, period.first, period.last)
    assert (found.failure_rate.part, found.failure_rate.whole) == (told.failed, told.counted)
    assert (found.rework.part, found.rework.whole) == (told.hotfixes, told.counted)
    assert (found.lead_time.changes, found.mttr.still_open) == (told.changes, told.still_open)
    for ours, theirs in (
        (found.recovery.hours, told.recovery),
        (found.mttr.hours, told.mttr),
        (found.lead_time.hours, told.lead_times),
        *((found.lead_time.stages[Stage(name)], hours) for name, hours in told.stages.items()),
    ):
        hours = [float(each) for each in theirs]
        assert (ours.count, ours.longest) == (len(hours), pytest.approx(max(hours)) if hours else None)
        assert ours.mean == (pytest.approx(sum(hours) / len(hours)) if hours else None)
        assert ours.median == (pytest.approx(float(reference.middle(theirs))) if hours else None)
    if found.frequency is not None:  # else nothing is known yet
        often = found.frequency
        assert (often.count, often.unknown, list(often.week_days)) == (told.counted, told.unknown, told.days_by_week)


days_of_2024 = st.integers(0, 60).map(lambda number: date(2024, 2, 27) + timedelta(days=number))


@given(story=steps(), zone=st.sampled_from(ZONES), first=days_of_2024, length=st.sampled_from([0, 1, 6, 60]))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_stored_is_what_the_rules_say(
    player: Player, story: list[Step], zone: str, first: date, length: int
) -> None:
    with rolled_back():
        Team.objects.filter(pk=player.team.pk).update(time_zone=zone)
        player.team.refresh_from_db()
        player.play(story)
        stored, facts = prepared(player.team), reference.facts_of(player.team)
        assert stored == told(facts)
        check_figures(facts, player.team, first, length)
        refresh.everything(player.team.pk)
        assert prepared(player.team) == stored


@given(story=steps(2), other=policies)
@settings(max_examples=EXAMPLES // 3, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_policy_set_to_and_fro_leaves_the_same_rows(player: Player, story: list[Step], other: dict[str, Any]) -> None:
    with rolled_back():
        player.play([*story, ("policy", 0, other)])
        before = prepared(player.team)
        player.play([("policy", 0, {**other, "scope": "team", "look_back_days": 3, "hotfixes": not other["hotfixes"]})])
        player.play([("policy", 0, other)])
        assert prepared(player.team) == before
