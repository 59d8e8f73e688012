"""Making, editing, ordering and archiving objectives; ordering and archiving key results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core import clock
from okrs.models import TITLE_LENGTH, Cycle, KeyResult, Objective
from okrs.services.common import (
    OkrError,
    check_not_of_the_sample,
    check_open,
    checked_owner,
    checked_text,
    checked_weight,
    lock_key_result,
    lock_objective,
    merged,
    note_change,
)
from teams.models import Person, Team

FIELDS = ("title", "business_metric", "why", "owner", "weight", "supports")


@transaction.atomic
def create_objective(
    *,
    cycle: Cycle,
    title: str,
    business_metric: str,
    by: Person,
    team: Team | None = None,
    why: str = "",
    owner: Person | None = None,
    weight: float = 1,
    supports: Objective | None = None,
    template_key: str = "",
    carried_from: Objective | None = None,
) -> Objective:
    """Add an objective at the end, for a team or for the organisation. OkrError; Frozen."""
    # Locked so that two people who add at once get two positions.
    cycle = Cycle.objects.select_for_update(of=("self",)).get(pk=cycle.pk)
    check_open(cycle, team)
    check_not_of_the_sample(cycle, by)
    if cycle.team_id and cycle.team_id != (team.pk if team else None):
        raise OkrError(_("This cycle belongs to another team."))
    fields = _checked(
        cycle,
        team,
        {
            "title": title,
            "business_metric": business_metric,
            "why": why,
            "owner": owner,
            "weight": weight,
            "supports": supports,
        },
    )
    last = Objective.objects.filter(cycle=cycle, team=team).aggregate(last=Max("position"))["last"] or 0
    made = Objective.objects.create(
        cycle=cycle,
        team=team,
        position=last + 1,
        template_key=template_key,
        carried_from=carried_from,
        created_by=by,
        created_at=clock.now(),
        **fields,
    )
    note_change(cycle, made, None, "added", "", made.title, by)
    return made


@transaction.atomic
def edit_objective(
    *, objective: Objective, by: Person, wanted: Mapping[str, Any], seen: Mapping[str, Any]
) -> Objective:
    """Change some of FIELDS: all of them, or none if one is refused. StaleEdit; OkrError; Frozen."""
    locked = lock_objective(objective)
    check_open(locked.cycle, locked.team)
    changes = _checked(locked.cycle, locked.team, merged(locked, wanted, seen))
    for name, value in changes.items():
        note_change(locked.cycle, locked, None, name, getattr(locked, name), value, by)
        setattr(locked, name, value)
    locked.save()
    return locked


def _checked(cycle: Cycle, team: Team | None, fields: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(fields)
    if "title" in found:
        found["title"] = checked_text(
            found["title"], "title", required=_("Say what is to be achieved."), length=TITLE_LENGTH
        )
    if "business_metric" in found:
        found["business_metric"] = checked_text(
            found["business_metric"],
            "business_metric",
            required=_("Name the business metric that should move. No objective is saved without one."),
            length=TITLE_LENGTH,
        )
    if "why" in found:
        found["why"] = checked_text(found["why"], "why")
    if "owner" in found:
        checked_owner(cycle, team, found["owner"])
    if "weight" in found:
        checked_weight(found["weight"])
    supported = found.get("supports")
    if supported is not None and (team is None or supported.team_id is not None):
        raise OkrError(_("An objective of a team can support one of the organisation."), "supports")
    return found


# -- What objectives and key results share -------------------------------------------------------------------------


def _lock(row: Objective | KeyResult) -> tuple[Objective | KeyResult, Objective]:
    """The row, locked, and the objective that it is or belongs to."""
    if isinstance(row, KeyResult):
        key_result = lock_key_result(row)
        return key_result, key_result.objective
    objective = lock_objective(row)
    return objective, objective


@transaction.atomic
def archive(*, row: Objective | KeyResult, by: Person) -> dict[str, Any]:
    """Take an objective or key result out of every list and figure from today on. It is kept with everything that was said.

    What an undo needs, {} if it was archived already.
    """
    locked, objective = _lock(row)
    check_open(objective.cycle, objective.team)
    if locked.archived_at is None:
        locked.archived_at, locked.archived_by = clock.now(), by
        locked.save(update_fields=["archived_at", "archived_by"])
        note_change(objective.cycle, objective, _key_result(locked), "archived", "", "", by)
        return {"row": locked.pk, "at": locked.archived_at.isoformat()}
    return {}


@transaction.atomic
def restore(*, row: Objective | KeyResult, by: Person) -> None:
    """Bring it back."""
    locked, objective = _lock(row)
    check_open(objective.cycle, objective.team)
    if locked.archived_at is not None:
        locked.archived_at, locked.archived_by = None, None
        locked.save(update_fields=["archived_at", "archived_by"])
        note_change(objective.cycle, objective, _key_result(locked), "restored", "", "", by)


def _key_result(row: Objective | KeyResult) -> KeyResult | None:
    return row if isinstance(row, KeyResult) else None


@transaction.atomic
def reorder(*, row: Objective | KeyResult, to: int, by: Person) -> None:
    """Put the row at place `to` (from 0) among those that are not archived of its objective, or of its cycle and team."""
    siblings: list[Any]
    if isinstance(row, KeyResult):
        # The parent is locked, so that two who reorder at once come one after the other.
        objective = lock_objective(row.objective)
        siblings = list(objective.key_results.filter(archived_at=None).order_by("position", "pk"))
    else:
        objective = row
        objective.cycle = Cycle.objects.select_for_update(of=("self",)).get(pk=row.cycle_id)
        kept = Objective.objects.filter(cycle=row.cycle_id, team=row.team_id, archived_at=None)
        siblings = list(kept.order_by("position", "pk"))
    check_open(objective.cycle, objective.team)
    order = [each for each in siblings if each.pk != row.pk]
    order.insert(max(0, to), next(each for each in siblings if each.pk == row.pk))
    for position, each in enumerate(order, start=1):
        each.position = position
    type(row).objects.bulk_update(order, ["position"])
