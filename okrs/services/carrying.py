"""Key results that come from somewhere else: the guide's example, an earlier cycle."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from core.content import text
from okrs import template
from okrs.days import today_of
from okrs.facts import facts_of
from okrs.kinds import MAINTAINED, MOVING, Kind
from okrs.models import Cycle, KeyResult, Objective
from okrs.services.common import OkrError, check_not_of_the_sample, check_open
from okrs.services.key_results import create_key_result, feeds_itself
from okrs.services.objectives import create_objective
from okrs.standing import Standing
from teams.models import Person, Team


@transaction.atomic
def take_example(
    *,
    cycle: Cycle,
    business_metric: str,
    starts: Mapping[str, float],
    by: Person,
    team: Team | None = None,
    owner: Person | None = None,
) -> Objective:
    """Take the guide's example over in the reader's language. `starts` {key: the value of today}. OkrError; Frozen."""
    example = template.load()
    objective = create_objective(
        cycle=cycle,
        team=team,
        title=text(example.title),
        why=text(example.why),
        business_metric=business_metric,
        owner=owner,
        by=by,
        template_key=example.key,
    )
    for entry in example.key_results:
        create_key_result(
            objective=objective,
            title=text(entry.title),
            kind=entry.kind,
            done_when=text(entry.done_when),
            unit=text(entry.unit),
            start=starts.get(entry.key),
            target=entry.target,
            due_day=_end_of_month(cycle, entry.due_month) if entry.due_month else None,
            owner=owner,
            by=by,
            template_key=entry.key,
        )
    return objective


def _end_of_month(cycle: Cycle, month: int) -> date:
    """The last day of the cycle's `month`-th month, or of the cycle if it is shorter."""
    months = cycle.first_day.month - 1 + month
    first_of_next = date(cycle.first_day.year + months // 12, months % 12 + 1, 1)
    return min(first_of_next - timedelta(days=1), cycle.last_day)


def is_open(standing: Standing) -> bool:
    """Whether there is something left to carry over: what is maintained always, everything else until it is reached.

    Of a checklist what is neither done nor skipped: one whose entries are all skipped has nothing left.
    """
    if standing.key_result.kind == Kind.CHECKLIST:
        return bool(set(standing.entries) - set(standing.last.done if standing.last else ()))
    return standing.key_result.kind in MAINTAINED or (standing.progress or 0) < 1


@transaction.atomic
def carry_over(
    *, cycle: Cycle, into: Cycle, by: Person, team: Team | None = None, only: Collection[int] | None = None
) -> list[KeyResult]:
    """Copy the open key results of a team (or the organisation) with their objectives into another cycle; the copies.

    What increases or decreases starts there from where it stands. `only` names some of them. What was carried before is not
    carried again. Checklists take what is not done. OkrError; Frozen.
    """
    if into.pk == cycle.pk or into.first_day <= cycle.first_day:
        raise OkrError(_("Choose a later cycle."), "into")
    # Locked so that two who carry at once come one after the other.
    into = Cycle.objects.select_for_update(of=("self",)).get(pk=into.pk)
    check_open(into, team)
    check_not_of_the_sample(into, by)
    rows = KeyResult.objects.live().filter(objective__cycle=cycle, objective__team=team).listed()
    today = today_of(team)
    made = []
    for facts in facts_of(rows):
        standing = facts.on(today)
        wanted = only is None or facts.key_result.pk in only
        if wanted and is_open(standing) and not _was_carried(facts.key_result, into):
            made.append(_carry(standing, into, by))
    return made


def _was_carried(key_result: KeyResult, into: Cycle) -> bool:
    return KeyResult.objects.filter(carried_from=key_result, objective__cycle=into).exists()


def _carry(standing: Standing, into: Cycle, by: Person) -> KeyResult:
    row = standing.key_result
    before = row.objective
    objective = Objective.objects.filter(carried_from=before, cycle=into, team=before.team).first()
    if objective is None:
        objective = create_objective(
            cycle=into,
            team=before.team,
            title=before.title,
            business_metric=before.business_metric,
            why=before.why,
            owner=_still(before.owner, before.team),
            weight=before.weight,
            supports=before.supports,
            by=by,
            carried_from=before,
        )
    start = row.start
    if row.kind in MOVING and standing.value is not None and (standing.raw or 0) < 1:
        start = standing.value
    done = set(standing.last.done) if standing.last else set()
    return create_key_result(
        objective=objective,
        title=row.title,
        kind=row.kind,
        start=start,
        target=row.target,
        low=row.low,
        high=row.high,
        unit=row.unit,
        weight=row.weight,
        owner=_still(row.owner, before.team),
        done_when=row.done_when,
        figure="" if feeds_itself(before.team, row.figure) else row.figure,
        entries=[each.title for each in row.entries.all() if not each.skipped and each.pk not in done],
        effective_on=into.first_day,
        by=by,
        carried_from=row,
    )


def _still(owner: Person | None, team: Team | None) -> Person | None:
    """The owner who is still there; a copy does not begin with somebody who left."""
    if owner is None or not owner.is_active:
        return None
    return owner if team is None or team.memberships.filter(person=owner).exists() else None
