"""Services, and the words for what deployments can be."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from connections.models import Source
from core import clock
from teams.models import Team

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from teams.models import Person

# How the key of what no connector read begins:
IMPORTED = "import:"  # brought as a file
PUSHED = "push:"  # by a program
ALERT = "alert:"  # by Alertmanager
HAND = "hand:"  # entered by hand
TOLD = (IMPORTED, PUSHED, ALERT, HAND)


class DeploymentSourceChoice(models.TextChoices):
    """The values of connectors.records.DeploymentSource, with what a page calls them."""

    DEPLOYMENTS = "deployments", _("The host's deployments")
    RUNS = "runs", _("Runs of chosen workflows")
    PUSHED = "pushed", _("Pushed by programs")
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


class Feeder(models.TextChoices):
    """Who tells of a service's deployments: exactly one, since two would count the same one twice."""

    REPOSITORY = "repository", _("its repository")
    PROGRAMS = "programs", _("programs that push them")
    PEOPLE = "people", _("people: as files, or by hand")


class ServiceQuerySet(models.QuerySet["Service"]):
    def visible_to(self, user: Person | AnonymousUser) -> ServiceQuerySet:
        return self.filter(team__in=Team.objects.visible_to(user))

    def of(self, team: Team) -> ServiceQuerySet:
        return self.filter(team=team)

    def live(self) -> ServiceQuerySet:
        """Those that are read, or brought by people."""
        return self.filter(ended_at=None)

    def listed(self) -> ServiceQuerySet:
        live_first = models.F("ended_at").asc(nulls_first=True)
        return self.select_related("source__connection").order_by(live_first, "name", "pk")


class Service(models.Model):
    """A repository, or a part of one, whose deployments and incidents count for one team, and the rules by which they do.

    Several services of one repository, also of different teams, part it by workflows, environments and labels: claims.py.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="services")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="services")
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
    paths = models.JSONField(
        default=list
    )  # folders or patterns: changes that touch none of them are not its own; []: all are
    since = models.DateField(null=True)  # what was created before this day (UTC) is not read; None: all is
    created_at = models.DateTimeField(default=clock.now, editable=False)
    ended_at = models.DateTimeField(null=True)  # since then nothing is read for it; what was, stays

    objects = ServiceQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def is_imported(self) -> bool:
        """Whether its deployments come as files."""
        return self.source.connection.is_imported

    @property
    def told_by(self) -> str:
        """Where its deployments come from, in words."""
        if self.is_imported and self.deployment_source != DeploymentSourceChoice.NONE:
            return gettext("Files, and by hand")
        return self.get_deployment_source_display()

    @property
    def fed_by(self) -> Feeder:
        if self.deployment_source == DeploymentSourceChoice.PUSHED:
            return Feeder.PROGRAMS
        return Feeder.PEOPLE if self.is_imported else Feeder.REPOSITORY

    @property
    def known_until(self) -> datetime | None:
        """Until when anything is known of it: it ended then, or nothing later was imported. None while it is read."""
        return self.source.succeeded_at if self.is_imported else self.ended_at

    @property
    def workflow_ids(self) -> set[str]:
        return {workflow["id"] for workflow in self.workflows}
