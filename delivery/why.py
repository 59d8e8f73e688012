"""Why a deployment, incident or change counts, or does not, in sentences. They read the row as it is stored and ask nothing more:
`failures_seen` of a deployment and `failure_seen` of an incident are put there by delivery/behind.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.templatetags.portal import instant
from delivery.models import (
    PUSHED,
    Change,
    Deployment,
    EnvironmentClass,
    Failure,
    Incident,
    Linked,
    OutcomeChoice,
    Policy,
    Scope,
)


@dataclass(frozen=True)
class Why:
    """`counts`: whether it is in a figure at all; `first` says why or why not, `more` what else is known."""

    counts: bool
    first: str
    more: Sequence[str] = ()

    @property
    def sentences(self) -> list[str]:
        return [self.first, *self.more]


# -- Deployments --------------------------------------------------------------------------------------------------------


def of_deployment(row: Deployment) -> Why:
    problem = _not_counted(row)
    if problem:
        return Why(False, problem)
    return Why(True, _("Succeeded in production and has a finish time."), list(_also(row)))


def _not_counted(row: Deployment) -> str:
    """The first reason why it does not count, "" where it does."""
    if row.excluded:
        return _("Excluded by hand.")
    if row.gone_at:
        return _("It was entered by hand, and withdrawn.") if row.is_by_hand else _("The host has it no more.")
    if not row.in_scope:
        return _("Another deployment source of the service brought it.")
    if row.outcome != OutcomeChoice.SUCCEEDED:
        return _OUTCOMES[OutcomeChoice(row.outcome)]()
    if row.environment_class != EnvironmentClass.PRODUCTION:
        return _("Its environment is no production.")
    return "" if row.finished_at else _("It has no finish time.")


_OUTCOMES = {
    OutcomeChoice.FAILED: lambda: _("It failed: nothing was delivered, and nothing broke in production."),
    OutcomeChoice.CANCELLED: lambda: _("Cancelled: neither success nor failure."),
    OutcomeChoice.SKIPPED: lambda: _("Skipped: neither success nor failure."),
    OutcomeChoice.RUNNING: lambda: _("It is still running."),
    OutcomeChoice.UNKNOWN: lambda: _("Nobody knows whether it succeeded."),
}


def _also(row: Deployment) -> Iterator[str]:
    if row.failures:
        text = ngettext(
            "%(count)s failure is attributed to it.", "%(count)s failures are attributed to it.", row.failures
        )
        yield text % {"count": row.failures}
    else:
        yield _("No failure is attributed to it.")
    if row.hotfix:
        yield _("It is a hotfix, so it is rework.")


# -- Incidents ----------------------------------------------------------------------------------------------------------


def of_incident(row: Incident, failure: Failure | None, policy: Policy) -> Why:
    problem = _no_incident(row)
    if problem:
        return Why(False, problem)
    belongs = [_belongs(row, failure, policy)]
    if row.resolved_at:
        return Why(True, _("Resolved, so it is in MTTR."), belongs)
    if failure is not None and failure.deployment.counts:
        first = _("Still open: it is in the change failure rate, and not yet in MTTR and recovery time.")
        return Why(True, first, belongs)
    return Why(False, _("Still open: left out of the times, counted beside."), belongs)


def _no_incident(row: Incident) -> str:
    if row.dismissed:
        return _("Not an incident, as somebody said by hand.")
    if row.gone_at:
        return _("It was entered by hand, and withdrawn.") if row.is_by_hand else _("The host has it no more.")
    return "" if row.in_scope else _("It carries no incident label of the service.")


def _belongs(row: Incident, failure: Failure | None, policy: Policy) -> str:
    """To which deployment, and by which rule."""
    if failure is not None and failure.by_hand:
        return _("Attributed by hand.")
    if failure is not None:
        return _("Belongs to the latest counted deployment that finished before it began: %(finish)s.") % {
            "finish": instant(failure.deployment.finished_at)
        }
    return nobody(row, policy)


def nobody(row: Incident, policy: Policy) -> str:
    """Why an incident belongs to no deployment."""
    own = policy.scope == Scope.SERVICE and row.service_id is not None
    if policy.look_back_days is None:
        return (
            _("No counted deployment of its service finished before it began.")
            if own
            else _("No counted deployment of the team finished before it began.")
        )
    sentence = (
        ngettext(
            "No counted deployment of its service finished in the %(days)s day before it began.",
            "No counted deployment of its service finished in the %(days)s days before it began.",
            policy.look_back_days,
        )
        if own
        else ngettext(
            "No counted deployment of the team finished in the %(days)s day before it began.",
            "No counted deployment of the team finished in the %(days)s days before it began.",
            policy.look_back_days,
        )
    )
    return sentence % {"days": policy.look_back_days}


# -- Changes ------------------------------------------------------------------------------------------------------------


def of_change(row: Change) -> Why:
    if row.deployment_id is None:
        pushed = row.key.startswith(PUSHED)
        said = _("No counted deployment names it.") if pushed else _("Merged, but in no counted deployment yet.")
        return Why(False, said)
    if row.first_commit_at is None:
        return Why(False, _("Its first commit is not known."))
    return Why(True, _LINKED[Linked(row.linked)]())


_LINKED = {
    Linked.COMMITS: lambda: _("Its merge commit is among the commits of this deployment."),
    Linked.TIME: lambda: _("By time: the first counted deployment after the merge; the host could not compare."),
    Linked.TOLD: lambda: _("The deployment itself named it."),
}
