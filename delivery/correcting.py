"""What people say by hand of a deployment or an incident. It always wins, and is told in the team's audit log."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.refusals import Refused
from delivery import refresh
from delivery.models import Correction, CorrectionKind, Deployment, Incident
from delivery.refresh import Touched
from teams import audit
from teams.models import Person, Team

OF_DEPLOYMENTS = (
    CorrectionKind.FAILED,
    CorrectionKind.HOTFIX,
    CorrectionKind.NOT_HOTFIX,
    CorrectionKind.EXCLUDE,
)
NO_DEPLOYMENT = "none"  # in the log: what no deployment caused
OF_INCIDENTS = (CorrectionKind.ATTRIBUTE, CorrectionKind.NOT_INCIDENT)
# Those that say something about the same: the newest of them holds.
SAME = {CorrectionKind.HOTFIX: "hotfix", CorrectionKind.NOT_HOTFIX: "hotfix"}


class CorrectionError(Refused):
    """What is said cannot be, or is said already. `field` names what is wrong."""


@transaction.atomic
def correct(
    *,
    team: Team,
    kind: str,
    reason: str,
    by: Person,
    deployment: Deployment | None = None,
    incident: Incident | None = None,
    target: Deployment | None = None,
    request_id: str = "",
) -> Correction:
    """Say it. `target`: the deployment to which an incident is attributed; None: no deployment caused it. CorrectionError.

    Said twice with one request id, it is said once.
    """
    refresh.lock(team.pk)
    said = Correction.objects.of(team).filter(request_id=request_id).exclude(request_id="").first()
    if said is not None:
        return said
    row = Correction(
        team=team, kind=kind, deployment=deployment, incident=incident, target=target, reason=reason.strip(),
        by=by, token=by.token, recorded_at=clock.now(), request_id=request_id,
    )  # fmt: skip
    _check(row)
    row.save()
    _apply(row)
    _log(row, "delivery.corrected", "delivery.attributed", by, row.reason)
    return row


@transaction.atomic
def withdraw(*, correction: Correction, by: Person, reason: str = "") -> Correction:
    """Take it back: what the portal makes of it by itself holds again, or what was said before. Twice is as once."""
    refresh.lock(correction.team_id)
    row = Correction.objects.select_related("team", "deployment", "incident", "target", "withdrawal").get(
        pk=correction.pk
    )
    if row.kind == CorrectionKind.WITHDRAW:
        raise CorrectionError(_("What was taken back stays taken back. Say it again instead."))
    if row.withdrawn is not None:
        return row.withdrawn
    back = Correction.objects.create(
        team=row.team, kind=CorrectionKind.WITHDRAW, deployment=row.deployment, incident=row.incident,
        withdraws=row, reason=reason.strip(), by=by, token=by.token, recorded_at=clock.now(),
    )  # fmt: skip
    _apply(row)
    _log(row, "delivery.correction_withdrawn", "delivery.attribution_withdrawn", by, back.reason)
    return back  # type: ignore[no-any-return]


def _log(row: Correction, action: str, attributing: str, by: Person, reason: str) -> None:
    """`attributing`: the action instead, where it is said which deployment caused an incident."""
    about = row.deployment or row.incident
    if row.kind == CorrectionKind.ATTRIBUTE:
        target = str(row.target or NO_DEPLOYMENT)
        audit.record(
            attributing, actor=by, subject=about, team=row.team, title=str(about), target=target, reason=reason
        )
    else:
        audit.record(action, actor=by, subject=about, team=row.team, title=str(about), what=row.kind, reason=reason)


# -- What can be said ---------------------------------------------------------------------------------------------


def _check(row: Correction) -> None:
    if not row.reason:
        raise CorrectionError(_("Say why."), "reason")
    if len(row.reason) > 500:
        raise CorrectionError(_("At most 500 characters."), "reason")
    if (row.kind in OF_DEPLOYMENTS and row.deployment is None) or (row.kind in OF_INCIDENTS and row.incident is None):
        raise CorrectionError(_("This cannot be said of it."), "kind")
    if row.kind not in (*OF_DEPLOYMENTS, *OF_INCIDENTS) or (row.deployment is None) == (row.incident is None):
        raise CorrectionError(_("This cannot be said of it."), "kind")
    _check_team(row)
    if row.deployment is not None:
        _check_deployment(row, row.deployment)
    if row.incident is not None:
        _check_incident(row, row.incident)
    _check_news(row)


def _check_team(row: Correction) -> None:
    about = [row.deployment.service.team_id] if row.deployment else []
    about += [row.incident.team_id] if row.incident else []
    about += [row.target.service.team_id] if row.target else []
    if set(about) != {row.team_id}:
        raise CorrectionError(_("It belongs to another team."))


def _check_deployment(row: Correction, deployment: Deployment) -> None:
    if row.kind != CorrectionKind.EXCLUDE and not deployment.counts:
        raise CorrectionError(_("This deployment does not count, so it can be neither failed nor a hotfix."), "kind")
    if row.kind == CorrectionKind.EXCLUDE and not (deployment.counts or deployment.excluded):
        raise CorrectionError(_("This deployment does not count anyway."), "kind")


def _check_incident(row: Correction, incident: Incident) -> None:
    target = row.target
    if target is None:
        return
    if row.kind != CorrectionKind.ATTRIBUTE:
        raise CorrectionError(_("Only an incident is attributed to a deployment."), "target")
    if not target.counts or target.finished_at is None:
        raise CorrectionError(_("Choose a deployment that counts."), "target")
    if incident.resolved_at is not None and target.finished_at > incident.resolved_at:
        raise CorrectionError(_("It finished after the incident was resolved, so it did not cause it."), "target")


def _check_news(row: Correction) -> None:
    """What holds already is not said again: there would be two to take back."""
    kinds = [kind for kind in CorrectionKind.values if SAME.get(kind, kind) == SAME.get(row.kind, row.kind)]  # type: ignore[call-overload]
    about = Correction.objects.in_force().filter(deployment=row.deployment, incident=row.incident, kind__in=kinds)
    last = about.order_by("pk").last()
    if last is not None and (last.kind, last.target_id) == (row.kind, row.target_id):
        raise CorrectionError(_("Somebody said this already."), "kind")


# -- What follows -------------------------------------------------------------------------------------------------


def _apply(row: Correction) -> None:
    touched = Touched()
    in_force = Correction.objects.in_force()
    if row.deployment is not None:
        excluded = in_force.filter(deployment=row.deployment, kind=CorrectionKind.EXCLUDE).exists()
        Deployment.objects.filter(pk=row.deployment.pk).update(excluded=excluded)
        touched.deployments([row.deployment])
    if row.incident is not None:
        dismissed = in_force.filter(incident=row.incident, kind=CorrectionKind.NOT_INCIDENT).exists()
        Incident.objects.filter(pk=row.incident.pk).update(dismissed=dismissed)
        touched.of_incidents([row.incident])
    refresh.run(row.team_id, touched)
