"""Choosing a team's attribution policy: what is a failure, whose it is, which deployments are hotfixes, which edition judges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.edits import merge
from core.refusals import Refused
from delivery import moves, refresh
from delivery.models import Edition, Scope
from delivery.moves import Moved
from teams import audit
from teams.models import Person, Team

LONGEST_LOOK_BACK = 3650  # days
MOST_PATTERNS = 50


class PolicyError(Refused):
    """No such policy. `field` names what is wrong with it."""


@transaction.atomic
def set_policy(*, team: Team, seen: Mapping[str, Any], wanted: Mapping[str, Any], by: Person) -> Moved:
    """Choose some fields of the policy; the whole past is attributed anew at once; what moved is kept. StaleEdit; PolicyError.

    Set to and fro it leaves the same rows: what it moves is made of what hosts and people told, which it does not touch.
    """
    policy = refresh.lock(team.pk)
    current = {name: getattr(policy, name) for name in wanted}
    wanted = {name: _plain(name, value) for name, value in wanted.items()}
    changes = merge(
        current=current,
        seen={name: _plain(name, seen[name]) for name in wanted},
        wanted=wanted,
        changed_by=lambda _name: audit.last_touch("delivery.policy_changed", policy),
    )
    for name, value in changes.items():
        _check(name, value)
        setattr(policy, name, value)
    with moves.watched(team) as moved:
        if changes:
            policy.save(update_fields=list(changes))
            before = {name: current[name] for name in changes}
            audit.record("delivery.policy_changed", actor=by, subject=policy, team=team, before=before, after=changes)
        if set(changes) - {"edition"}:
            refresh.everything(team.pk)
    if changes:
        policy.moved = moved.kept()
        policy.save(update_fields=["moved"])
    return moved


def _plain(name: str, value: Any) -> Any:
    """As it is stored: what makes no difference is taken away."""
    if name in ("hotfix_labels", "hotfix_branches") and isinstance(value, (list, tuple)):
        return list(dict.fromkeys(each.strip() for each in value if each.strip()))
    return str(value) if name in ("scope", "edition") else value


def _check(name: str, value: Any) -> None:
    if name == "look_back_days" and value is not None and not 1 <= value <= LONGEST_LOOK_BACK:
        raise PolicyError(_("From 1 to %(most)s days, or no limit.") % {"most": LONGEST_LOOK_BACK}, name)
    if (name == "scope" and value not in Scope.values) or (name == "edition" and value not in Edition.values):
        raise PolicyError(_("There is no such choice."), name)
    many = name in ("hotfix_labels", "hotfix_branches") and len(value) > MOST_PATTERNS
    if many or (isinstance(value, list) and any(len(each) > 255 for each in value)):
        raise PolicyError(_("At most %(most)s patterns of 255 characters.") % {"most": MOST_PATTERNS}, name)
