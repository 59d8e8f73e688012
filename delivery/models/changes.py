"""Changes, which deployments bring to production, and what git says lies between two versions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import clock
from delivery.models.deployments import Deployment
from delivery.models.services import PUSHED, Service
from teams.models import Team

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from teams.models import Person


class Linked(models.TextChoices):
    """How a change's deployment was found; "" while none is."""

    COMMITS = "commits", _("by its commits")
    TIME = "time", _("by time")
    TOLD = "told", _("as it was told")


class ChangeQuerySet(models.QuerySet["Change"]):
    def visible_to(self, user: Person | AnonymousUser) -> ChangeQuerySet:
        return self.filter(service__team__in=Team.objects.visible_to(user))

    def of_services(self, services: Iterable[int]) -> ChangeQuerySet:
        return self.filter(service__in=list(services))

    def of_teams(self, teams: Iterable[Team]) -> ChangeQuerySet:
        return self.filter(service__team__in=list(teams))

    def named(self) -> ChangeQuerySet:
        """Without those that a push named once and no deployment names any more."""
        return self.exclude(key__startswith=PUSHED, tellings=None)

    def deployed(self) -> ChangeQuerySet:
        return self.filter(deployed_at__isnull=False)

    def of_deployment(self, deployment: Deployment) -> ChangeQuerySet:
        return self.filter(deployment=deployment).select_related("service").order_by("merged_at", "pk")

    def showing(self, what: str) -> ChangeQuerySet:
        """The "deployed" ones, those "waiting", or those whose deployment was found by "time"; "" all."""
        if what == "time":
            return self.filter(linked=Linked.TIME)
        return self.filter(deployed_at__isnull=what == "waiting") if what else self

    def deployed_within(self, first: date | None, last: date | None, zone: ZoneInfo) -> ChangeQuerySet:
        """Deployed on these days (inclusive); either end may be open, and with both open ones not deployed are in as well."""
        rows = self
        if first is not None:
            rows = rows.filter(deployed_at__gte=clock.start_of(first, zone))
        if last is not None:
            rows = rows.filter(deployed_at__lt=clock.end_of(last, zone))
        return rows

    def with_took(self) -> ChangeQuerySet:
        """Annotate `took`, from the first commit to the deployment; None while either is not known."""
        took = models.ExpressionWrapper(
            models.F("deployed_at") - models.F("first_commit_at"), output_field=models.DurationField()
        )
        return self.annotate(took=took)

    def search(self, words: str) -> ChangeQuerySet:
        wanted = models.Q()
        for word in words.split():
            wanted &= (
                models.Q(title__icontains=word)
                | models.Q(author__icontains=word)
                | models.Q(branch__icontains=word)
                | models.Q(merge_sha__istartswith=word)
                | models.Q(service__name__icontains=word)
                | models.Q(key__iendswith=f":{word}")
            )
        return self.filter(wanted)


class Change(models.Model):
    """A merged pull request as the host told it last, and the counted deployment that brought it to production."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="changes")
    key = models.CharField(max_length=100)  # "pull:12"
    number = models.PositiveIntegerField(null=True)
    title = models.CharField(max_length=500, blank=True)
    url = models.CharField(max_length=1000, blank=True)
    author = models.CharField(max_length=255, blank=True)
    branch = models.CharField(max_length=255, blank=True)  # it came from
    labels = models.JSONField(default=list)
    merge_sha = models.CharField(max_length=64, blank=True)
    first_commit_at = models.DateTimeField(null=True)  # authored
    opened_at = models.DateTimeField()
    first_review_at = models.DateTimeField(null=True)  # by somebody else than its author
    merged_at = models.DateTimeField()
    reverts = models.CharField(max_length=100, blank=True)  # the key of the change that it takes back
    reverts_title = models.CharField(max_length=500, blank=True)  # or its title, where only that is known
    recorded_at = models.DateTimeField(default=clock.now)
    told_at = models.DateTimeField(
        null=True
    )  # of what is pushed: when its sender knew it; an older word changes nothing

    # What delivery/refresh/ made of it, for pages to read:
    deployment = models.ForeignKey(Deployment, null=True, on_delete=models.SET_NULL, related_name="changes")
    deployed_at = models.DateTimeField(null=True)  # when that finished
    linked = models.CharField(max_length=8, choices=Linked.choices, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("service", "key", name="change_once")]
        indexes = [
            models.Index(fields=["service", "deployed_at"], name="change_deployed"),
            models.Index(fields=["service", "merged_at"], name="change_merged"),
            models.Index(fields=["service", "merge_sha"], name="change_merge_sha"),
            models.Index(fields=["service", "reverts"], condition=~models.Q(reverts=""), name="change_reverts"),
        ]

    def __str__(self) -> str:
        return self.title or self.key.partition(":")[2] or self.key


class Comparison(models.Model):
    """What git says lies between two deployed versions: a fact that never changes. Its commits stand in `commits`."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="comparisons")
    base = models.CharField(max_length=64)
    head = models.CharField(max_length=64)
    reason = models.CharField(max_length=40, blank=True)  # a code: why the host cannot compare them; "": it did
    files = models.JSONField(null=True)  # the paths that changed; None: not known, or not all of them
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint("service", "base", "head", name="comparison_once")]

    def __str__(self) -> str:
        return f"{self.base[:7]}...{self.head[:7]}"

    @property
    def shas(self) -> list[str] | None:
        """The commits of `head` that `base` does not have; None where the host cannot tell. A query."""
        return None if self.reason else list(self.commits.values_list("sha", flat=True))


class ComparedCommit(models.Model):
    """One commit of a comparison: which change a deployment brought is asked by the commit."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="commits")
    sha = models.CharField(max_length=64, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint("comparison", "sha", name="compared_commit_once")]
