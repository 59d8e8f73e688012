"""Deployments and incidents, and the services they belong to. See docs/definitions.md, Delivery."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from connections.models import Source
from core import clock
from teams.models import Team

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from teams.models import Person


IMPORTED = "import:"  # how the key of what people brought as a file begins


class DeploymentSourceChoice(models.TextChoices):
    """The values of connectors.records.DeploymentSource, with what a page calls them."""

    DEPLOYMENTS = "deployments", _("The host's deployments")
    RUNS = "runs", _("Runs of chosen workflows")
    NONE = "none", _("None: incidents only")


class OutcomeChoice(models.TextChoices):
    """The values of connectors.records.Outcome."""

    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    SKIPPED = "skipped", _("Skipped")
    RUNNING = "running", _("Running")
    UNKNOWN = "unknown", _("Unknown")


class EnvironmentClass(models.TextChoices):
    PRODUCTION = "production", _("Production")
    STAGING = "staging", _("Staging")
    TESTING = "testing", _("Testing")
    OTHER = "other", _("Other")


class ServiceQuerySet(models.QuerySet["Service"]):
    def visible_to(self, user: Person | AnonymousUser) -> ServiceQuerySet:
        return self.filter(team__in=Team.objects.visible_to(user))

    def of(self, team: Team) -> ServiceQuerySet:
        return self.filter(team=team)

    def listed(self) -> ServiceQuerySet:
        return self.select_related("source__connection").order_by("-source__active", "name", "pk")


class Service(models.Model):
    """A repository whose deployments and incidents count for one team, and the rules by which they do."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="services")
    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="service")
    name = models.CharField(_("name"), max_length=255)
    # Exactly one: two would count the same deployment twice.
    deployment_source = models.CharField(
        max_length=16, choices=DeploymentSourceChoice.choices, default=DeploymentSourceChoice.NONE
    )
    # {"production": ["prod", "prod-*"], "staging": […], "testing": […]}: names or patterns; delivery.rules
    environments = models.JSONField(default=dict)
    production_branches = models.JSONField(default=list)  # names or patterns, for runs
    workflows = models.JSONField(default=list)  # [{"id": "42", "name": "Deploy"}]
    incident_labels = models.JSONField(default=list)
    since = models.DateField(null=True)  # what was created before this day (UTC) is not read; None: all is
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = ServiceQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def is_imported(self) -> bool:
        """Whether its deployments come as files."""
        return self.source.connection.is_imported

    @property
    def workflow_ids(self) -> set[str]:
        return {workflow["id"] for workflow in self.workflows}


class DeploymentQuerySet(models.QuerySet["Deployment"]):
    def visible_to(self, user: Person | AnonymousUser) -> DeploymentQuerySet:
        return self.in_scope().filter(service__team__in=Team.objects.visible_to(user))

    def in_scope(self) -> DeploymentQuerySet:
        """Those of the service's present deployment source; what an earlier one brought is kept but not shown."""
        return self.filter(in_scope=True)

    def of_services(self, services: Iterable[int]) -> DeploymentQuerySet:
        return self.in_scope().filter(service__in=list(services))

    def of_teams(self, teams: Iterable[Team]) -> DeploymentQuerySet:
        return self.in_scope().filter(service__team__in=list(teams))

    def counted(self) -> DeploymentQuerySet:
        """Succeeded, in production, with a finish time. docs/definitions.md, Deployment."""
        return self.in_scope().filter(
            outcome=OutcomeChoice.SUCCEEDED, environment_class=EnvironmentClass.PRODUCTION, finished_at__isnull=False
        )

    def unknown_in_production(self) -> DeploymentQuerySet:
        return self.in_scope().filter(outcome=OutcomeChoice.UNKNOWN, environment_class=EnvironmentClass.PRODUCTION)

    def finished_since(self, instant: datetime) -> DeploymentQuerySet:
        return self.filter(finished_at__gte=instant)

    def finished_between(self, first: date, last: date, zone: ZoneInfo) -> DeploymentQuerySet:
        """Finished on one of these days (inclusive) of `zone`."""
        return self.filter(finished_at__gte=clock.start_of(first, zone), finished_at__lt=clock.end_of(last, zone))

    def created_between(self, first: date, last: date, zone: ZoneInfo) -> DeploymentQuerySet:
        return self.filter(created_at__gte=clock.start_of(first, zone), created_at__lt=clock.end_of(last, zone))

    def dated(self, first: date | None, last: date | None, zone: ZoneInfo) -> DeploymentQuerySet:
        """By the finish, or where there is none by the beginning: "everything of these days" (inclusive, either may be open)."""
        rows = self
        if first is not None:
            from_ = clock.start_of(first, zone)
            rows = rows.filter(Q(finished_at__gte=from_) | Q(finished_at=None, created_at__gte=from_))
        if last is not None:
            until = clock.end_of(last, zone)
            rows = rows.filter(Q(finished_at__lt=until) | Q(finished_at=None, created_at__lt=until))
        return rows

    def search(self, words: str) -> DeploymentQuerySet:
        wanted = Q()
        for word in words.split():
            wanted &= (
                Q(title__icontains=word)
                | Q(sha__istartswith=word)
                | Q(branch__icontains=word)
                | Q(environment__icontains=word)
                | Q(workflow_name__icontains=word)
                | Q(service__name__icontains=word)
            )
        return self.filter(wanted)

    def newest_first(self) -> DeploymentQuerySet:
        """By the finish, or where there is none by the beginning, as `dated` looks at them."""
        at = Coalesce("finished_at", "created_at")
        return self.select_related("service").order_by(at.desc(), "-created_at", "-pk")


class Deployment(models.Model):
    """One deployment as the host told it last, with the class that the service's rules give it."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="deployments")
    key = models.CharField(max_length=100)
    outcome = models.CharField(max_length=16, choices=OutcomeChoice.choices)
    environment = models.CharField(max_length=255, blank=True)
    environment_class = models.CharField(max_length=16, choices=EnvironmentClass.choices)
    workflow = models.CharField(max_length=100, blank=True)
    workflow_name = models.CharField(max_length=255, blank=True)
    branch = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    sha = models.CharField(max_length=64, blank=True)
    title = models.CharField(max_length=500, blank=True)
    url = models.CharField(max_length=1000, blank=True)
    attempt = models.PositiveIntegerField(default=1)
    in_scope = models.BooleanField(default=True)
    recorded_at = models.DateTimeField(default=clock.now)

    objects = DeploymentQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("service", "key", name="deployment_once")]
        indexes = [
            models.Index(fields=["service", "environment_class", "outcome", "finished_at"], name="deployment_counted"),
            models.Index(fields=["service", "created_at"], name="deployment_begun"),
            models.Index(fields=["service", "key"], condition=Q(outcome="running"), name="deployment_running"),
        ]

    def __str__(self) -> str:
        return self.title or self.key

    @property
    def counts(self) -> bool:
        return (
            self.outcome == OutcomeChoice.SUCCEEDED
            and self.environment_class == EnvironmentClass.PRODUCTION
            and self.finished_at is not None
        )

    @property
    def short_sha(self) -> str:
        return self.sha[:7]


class IncidentQuerySet(models.QuerySet["Incident"]):
    def visible_to(self, user: Person | AnonymousUser) -> IncidentQuerySet:
        return self.in_scope().filter(service__team__in=Team.objects.visible_to(user))

    def in_scope(self) -> IncidentQuerySet:
        """Those that carry one of the service's present incident labels."""
        return self.filter(in_scope=True)

    def of_services(self, services: Iterable[int]) -> IncidentQuerySet:
        return self.in_scope().filter(service__in=list(services))

    def of_teams(self, teams: Iterable[Team]) -> IncidentQuerySet:
        return self.in_scope().filter(service__team__in=list(teams))

    def moved_since(self, instant: datetime) -> IncidentQuerySet:
        """Begun or resolved since then."""
        return self.filter(Q(began_at__gte=instant) | Q(resolved_at__gte=instant))

    def resolved(self) -> IncidentQuerySet:
        return self.filter(resolved_at__isnull=False)

    def unresolved(self) -> IncidentQuerySet:
        return self.filter(resolved_at=None)

    def resolved_between(self, first: date, last: date, zone: ZoneInfo) -> IncidentQuerySet:
        """Resolved on one of these days (inclusive) of `zone`."""
        return self.filter(resolved_at__gte=clock.start_of(first, zone), resolved_at__lt=clock.end_of(last, zone))

    def resolved_within(self, first: date | None, last: date | None, zone: ZoneInfo) -> IncidentQuerySet:
        """Resolved on these days (inclusive); either end may be open, and with both open ones unresolved are in as well."""
        rows = self
        if first is not None:
            rows = rows.filter(resolved_at__gte=clock.start_of(first, zone))
        if last is not None:
            rows = rows.filter(resolved_at__lt=clock.end_of(last, zone))
        return rows

    def with_took(self) -> IncidentQuerySet:
        """Annotate `took`, from began to resolved; None while open."""
        took = models.ExpressionWrapper(F("resolved_at") - F("began_at"), output_field=models.DurationField())
        return self.annotate(took=took)

    def search(self, words: str) -> IncidentQuerySet:
        wanted = Q()
        for word in words.split():
            wanted &= Q(title__icontains=word) | Q(service__name__icontains=word)
        return self.filter(wanted)

    def newest_first(self) -> IncidentQuerySet:
        return self.select_related("service").order_by("-began_at", "-pk")


class Incident(models.Model):
    """One incident as the host told it last. `resolved_at` None: it is open."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="incidents")
    key = models.CharField(max_length=100)
    title = models.CharField(max_length=500, blank=True)
    began_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    labels = models.JSONField(default=list)
    url = models.CharField(max_length=1000, blank=True)
    in_scope = models.BooleanField(default=True)
    recorded_at = models.DateTimeField(default=clock.now)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("service", "key", name="incident_once")]
        indexes = [
            models.Index(fields=["service", "resolved_at"], name="incident_resolved"),
            models.Index(fields=["service", "began_at"], name="incident_begun"),
        ]

    def __str__(self) -> str:
        return self.title or self.key

    @property
    def hours(self) -> float | None:
        """From began to resolved, in hours; None while it is open."""
        if self.resolved_at is None:
            return None
        return (self.resolved_at - self.began_at).total_seconds() / 3600
