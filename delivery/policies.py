"""A team's attribution policy, and how it reads beside the figures that it decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.spans import list_text
from delivery.models import Policy, Scope
from teams.models import Team

FIELDS = (
    "scope", "look_back_days", "rollbacks", "reverts", "hotfixes", "hotfix_labels", "hotfix_branches", "edition",
)  # fmt: skip


def of_team(team: Team) -> Policy:
    """What holds for the team: its own, or the defaults (a row that is not stored)."""
    return Policy.objects.filter(team=team).first() or Policy(team=team)


def of_teams(teams: Iterable[Team]) -> dict[int, Policy]:
    teams = list(teams)
    stored = {policy.team_id: policy for policy in Policy.objects.filter(team__in=teams)}
    return {team.pk: stored.get(team.pk) or Policy(team=team) for team in teams}


def values_of(policy: Policy) -> dict[str, Any]:
    """The parts that people choose, by field."""
    values = {name: getattr(policy, name) for name in FIELDS}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


# -- Words --------------------------------------------------------------------------------------------------------------


def failures_text(policy: Policy) -> str:
    """What counts as a failure: "incidents, rollbacks"."""
    signs = [(policy.rollbacks, _("rollbacks")), (policy.reverts, _("reverts")), (policy.hotfixes, _("hotfixes"))]
    return list_text([_("incidents"), *(name for chosen, name in signs if chosen)])


def scope_text(policy: Policy) -> str:
    return _("the same service") if policy.scope == Scope.SERVICE else _("the whole team")


def look_back_text(policy: Policy) -> str:
    days = policy.look_back_days
    if days is None:
        return _("unlimited")
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}


def hotfix_text(policy: Policy) -> str:
    return list_text([*policy.hotfix_labels, *policy.hotfix_branches]) or _("only by hand")


def text_of(policy: Policy) -> str:
    """The whole policy in a sentence."""
    return _(
        "Failures: %(failures)s. A failure belongs to the latest counted deployment of %(scope)s that finished before it began;"
        " look-back: %(look_back)s. Hotfixes: %(hotfixes)s."
    ) % {
        "failures": failures_text(policy),
        "scope": scope_text(policy),
        "look_back": look_back_text(policy),
        "hotfixes": hotfix_text(policy),
    }


def facts_of(policy: Policy) -> list[tuple[str, str]]:
    """(name, value) of each part, for who may only read it."""
    return [
        (_("Failures"), failures_text(policy)),
        (_("Whose deployments"), scope_text(policy)),
        (_("Look-back"), look_back_text(policy)),
        (_("Hotfixes"), hotfix_text(policy)),
        (_("Judged by the edition"), policy.edition),
    ]


def beside(policy: Policy) -> Mapping[str, str]:
    """What of it decides each figure."""
    attributed = _("Look-back %(look_back)s, %(scope)s.") % {
        "look_back": look_back_text(policy),
        "scope": scope_text(policy),
    }
    return {
        "deployment_frequency": _("Succeeded in production, finished in the period."),
        "lead_time": _("First commit to production; merged changes of deployments in the period."),
        "change_failure_rate": _("Failures: %(failures)s.") % {"failures": failures_text(policy)} + " " + attributed,
        "recovery": _("Attributed incidents.") + " " + attributed,
        "mttr": _("All incidents resolved in the period, attributed or not."),
        "rework_rate": _("Hotfixes: %(hotfixes)s.") % {"hotfixes": hotfix_text(policy)},
    }
