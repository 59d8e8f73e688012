"""What counts as a failure of which deployment: a team's policy, what people correct by hand, and what follows from both."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import clock
from core.append_only import AppendOnly, AppendOnlyQuerySet
from delivery.models.changes import Change
from delivery.models.deployments import Deployment
from delivery.models.incidents import Incident
from delivery.models.services import EnvironmentClass, Service
from teams.models import ApiToken, Person, Team

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

LOOK_BACK = 30  # days


class Scope(models.TextChoices):
    """Among which deployments an incident's is looked for."""

    SERVICE = "service", _("Those of the incident's service; of the team where it names none")
    TEAM = "team", _("Those of the team")


class Edition(models.TextChoices):
    """Whose thresholds a page shows. The clusters of 2024 are in no order and make no thresholds."""

    E2021 = "2021", "2021"
    E2023 = "2023", "2023"
    E2025 = "2025", "2025"


def hotfix_labels() -> list[str]:
    return ["hotfix"]


def hotfix_branches() -> list[str]:
    return ["hotfix/*", "hotfix-*"]


class Policy(models.Model):
    """How a team's failures are attributed, and which deployments are hotfixes. A team without a row has the defaults.

    Whoever refreshes what follows from it locks the row first: one at a time for a team.
    """

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="delivery_policy")
    scope = models.CharField(max_length=8, choices=Scope.choices, default=Scope.SERVICE)
    look_back_days = models.PositiveIntegerField(null=True, default=LOOK_BACK)  # None: unlimited
    # What is a failure besides incidents:
    rollbacks = models.BooleanField(default=False)
    reverts = models.BooleanField(default=False)
    hotfixes = models.BooleanField(default=False)
    # Names or patterns (`*`, `?`); what makes a deployment a hotfix:
    hotfix_labels = models.JSONField(default=hotfix_labels)
    hotfix_branches = models.JSONField(default=hotfix_branches)
    edition = models.CharField(max_length=4, choices=Edition.choices, default=Edition.E2023)
    # The time zone in which the team's days are counted at present in DeliveryDay.
    zone = models.CharField(max_length=64, blank=True)
    # What the last change did to the figures, as delivery.moves.Kept reads it; {}: nobody changed it.
    moved = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return str(self.team)


class CorrectionKind(models.TextChoices):
    FAILED = "failed", _("Marked as failed")
    HOTFIX = "hotfix", _("Marked as a hotfix")
    NOT_HOTFIX = "not_hotfix", _("Marked as no hotfix")
    EXCLUDE = "exclude", _("Excluded")
    ATTRIBUTE = "attribute", _("Attributed to a deployment")
    NOT_INCIDENT = "not_incident", _("Marked as no incident")
    WITHDRAW = "withdraw", _("Withdrawn")


class CorrectionQuerySet(AppendOnlyQuerySet):
    def visible_to(self, user: Person | AnonymousUser) -> CorrectionQuerySet:
        return self.filter(team__in=Team.objects.visible_to(user))

    def of(self, team: Team) -> CorrectionQuerySet:
        return self.filter(team=team)

    def in_force(self) -> CorrectionQuerySet:
        """Those that nobody withdrew. Of several about the same thing the newest holds."""
        return self.exclude(kind=CorrectionKind.WITHDRAW).filter(withdrawal=None)

    def said(self) -> CorrectionQuerySet:
        """What was said, withdrawn or not, the newest first."""
        return self.exclude(kind=CorrectionKind.WITHDRAW).newest_first()

    def about(self, row: Deployment | Incident) -> CorrectionQuerySet:
        """What was said of it, withdrawn or not, the newest first."""
        of = {"deployment": row} if isinstance(row, Deployment) else {"incident": row}
        return self.said().filter(**of)

    def newest_first(self) -> CorrectionQuerySet:
        return self.select_related("by", "deployment", "incident", "target", "withdrawal__by").order_by("-pk")


class Correction(AppendOnly):
    """What a person said of a deployment or an incident, with a reason. It always wins, also over what is read later.

    It is taken back by another row, `withdraws`; both stay.
    """

    guarded_in_database: ClassVar[bool] = True

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="corrections")
    kind = models.CharField(max_length=16, choices=CorrectionKind.choices)
    deployment = models.ForeignKey(Deployment, null=True, on_delete=models.PROTECT, related_name="corrections")
    incident = models.ForeignKey(Incident, null=True, on_delete=models.PROTECT, related_name="corrections")
    # Of ATTRIBUTE; None: no deployment caused it.
    target = models.ForeignKey(Deployment, null=True, on_delete=models.PROTECT, related_name="+")
    withdraws = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="withdrawal")
    reason = models.CharField(_("reason"), max_length=500)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    token = models.ForeignKey(ApiToken, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=clock.now)
    request_id = models.CharField(max_length=64, blank=True, default="")

    objects = CorrectionQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint("team", "request_id", condition=~Q(request_id=""), name="correction_request_once"),
            models.CheckConstraint(
                name="correction_of_one_thing",
                condition=Q(deployment__isnull=False, incident=None) | Q(deployment=None, incident__isnull=False),
            ),
        ]
        ordering = ["pk"]

    @property
    def withdrawn(self) -> Correction | None:
        """The row that takes it back, with who did and why."""
        return getattr(self, "withdrawal", None)

    @property
    def withdrawn_at(self) -> datetime | None:
        return self.withdrawn.recorded_at if self.withdrawn else None

    @property
    def withdrawn_by(self) -> Person | None:
        return self.withdrawn.by if self.withdrawn else None


class FailureKind(models.TextChoices):
    """By what it is known that a deployment failed."""

    INCIDENT = "incident", _("An incident")
    ROLLBACK = "rollback", _("An older version was deployed again")
    REVERT = "revert", _("A change was reverted")
    HOTFIX = "hotfix", _("A hotfix followed")
    HAND = "hand", _("Marked by hand")


class Failure(models.Model):
    """A failure of a deployment, as delivery/refresh/ attributed it. Pages read these rows and attribute nothing."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="failed_by")
    kind = models.CharField(max_length=8, choices=FailureKind.choices)
    # What shows it: an incident; the rollback or hotfix; the change that reverts another one; nothing of one marked by hand.
    incident = models.OneToOneField(Incident, null=True, on_delete=models.CASCADE, related_name="failure")
    witness = models.ForeignKey(Deployment, null=True, on_delete=models.CASCADE, related_name="witnessed")
    change = models.OneToOneField(Change, null=True, on_delete=models.CASCADE, related_name="failure")
    by_hand = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "witness", "kind", condition=Q(witness__isnull=False), name="failure_once_a_witness"
            ),
            models.UniqueConstraint("deployment", condition=Q(kind=FailureKind.HAND), name="failure_once_by_hand"),
            models.CheckConstraint(
                name="failure_shown_by_its_kind",
                condition=Q(kind=FailureKind.INCIDENT, incident__isnull=False, witness=None, change=None)
                | Q(kind__in=("rollback", "hotfix"), incident=None, witness__isnull=False, change=None)
                | Q(kind=FailureKind.REVERT, incident=None, witness=None, change__isnull=False)
                | Q(kind=FailureKind.HAND, incident=None, witness=None, change=None),
            ),
        ]


class DeliveryDay(models.Model):
    """What finished on one day of the team's time zone, counted. Refreshed by delivery/refresh/ for the touched days only."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="delivery_days")
    environment_class = models.CharField(max_length=16, choices=EnvironmentClass.choices)
    day = models.DateField()
    counted = models.PositiveIntegerField(default=0)  # of production; of other classes those that succeeded
    unknown = models.PositiveIntegerField(default=0)  # begun on the day; nobody knows whether they succeeded
    failed = models.PositiveIntegerField(default=0)  # counted ones with a failure
    hotfixes = models.PositiveIntegerField(default=0)  # counted ones that are hotfixes

    class Meta:
        constraints = [models.UniqueConstraint("service", "environment_class", "day", name="delivery_day_once")]
