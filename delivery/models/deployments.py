"""Deployments, as the host told them last, with what the portal made of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from core import clock
from delivery.models.services import HAND, EnvironmentClass, OutcomeChoice, Service
from teams.models import Team

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from teams.models import Person


def is_counted(through: str = "") -> Q:
    """Succeeded in production, finished, of the service's present source, neither excluded by hand nor gone from the host.

    `through`: the relation ("deployment__") by which other rows lead to theirs.
    """
    wanted: dict[str, Any] = {
        "in_scope": True,
        "outcome": OutcomeChoice.SUCCEEDED,
        "environment_class": EnvironmentClass.PRODUCTION,
        "finished_at__isnull": False,
        "excluded": False,
        "gone_at__isnull": True,
    }
    return Q(**{through + name: value for name, value in wanted.items()})


NEWEST_FIRST = Coalesce("finished_at", "created_at").desc()


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
        """docs/definitions.md, Deployment."""
        return self.filter(is_counted())

    def not_counted(self) -> DeploymentQuerySet:
        return self.filter(~is_counted())

    def unknown_in_production(self) -> DeploymentQuerySet:
        return self.in_scope().filter(
            outcome=OutcomeChoice.UNKNOWN, environment_class=EnvironmentClass.PRODUCTION, excluded=False, gone_at=None
        )

    def showing(self, what: str) -> DeploymentQuerySet:
        """Those of an outcome, or "counted", "failures", "hotfixes", "excluded"; "" all."""
        if what == "excluded":
            return self.filter(excluded=True)
        if what in ("counted", "failures", "hotfixes"):
            rows = self.counted()
            return (
                rows
                if what == "counted"
                else rows.filter(failures__gt=0)
                if what == "failures"
                else rows.filter(hotfix=True)
            )
        return self.filter(outcome=what) if what else self

    def before(self, instant: datetime) -> DeploymentQuerySet:
        """Finished strictly before it, the latest first: what an incident that began then may belong to."""
        return self.filter(finished_at__lt=instant).order_by("-finished_at", "-pk")

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
                | Q(key__iendswith=f":{word}")  # as it is called where it comes from
            )
        return self.filter(wanted)

    def newest_first(self) -> DeploymentQuerySet:
        """By the finish, or where there is none by the beginning, as `dated` looks at them."""
        return self.select_related("service").order_by(NEWEST_FIRST, "-created_at", "-pk")


class Deployment(models.Model):
    """One deployment as the host told it last, with the class that the service's rules give it.

    Where it comes from is told by how its key begins: docs/adr/0021.
    """

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
    gone_at = models.DateTimeField(null=True)  # the host has it no more: it does not count, and is kept
    told_at = models.DateTimeField(
        null=True
    )  # of what is pushed: when its sender knew it; an older word changes nothing
    changes_told_at = models.DateTimeField(null=True)  # of what is pushed: of when the list of its changes is (Telling)
    excluded = models.BooleanField(default=False)  # by hand: it does not count

    # What delivery/refresh/ made of it, for pages to read:
    previous = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="next")  # counted one
    hotfix = models.BooleanField(default=False)
    failures = models.PositiveIntegerField(default=0)  # that are attributed to it

    objects = DeploymentQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("service", "key", name="deployment_once")]
        indexes = [
            models.Index(fields=["service", "environment_class", "outcome", "finished_at"], name="deployment_counted"),
            models.Index(fields=["service", "created_at"], name="deployment_begun"),
            models.Index("service", NEWEST_FIRST, name="deployment_newest"),
            models.Index(fields=["service", "sha"], name="deployment_version"),
            models.Index(fields=["service", "key"], condition=Q(outcome="running"), name="deployment_running"),
        ]

    def __str__(self) -> str:
        """Without a title: what names it where it comes from; what people enter has no such name."""
        if self.title:
            return self.title
        return self.short_sha or self.environment if self.is_by_hand else self.key.partition(":")[2] or self.key

    @property
    def shown_environment(self) -> str:
        """As it is called, where that says more than its class does."""
        is_class = self.environment.casefold() == self.environment_class
        return "" if is_class else self.environment

    @property
    def is_by_hand(self) -> bool:
        return self.key.startswith(HAND)

    @property
    def counts(self) -> bool:
        return (
            self.outcome == OutcomeChoice.SUCCEEDED
            and self.environment_class == EnvironmentClass.PRODUCTION
            and self.finished_at is not None
            and self.in_scope
            and not self.excluded
            and self.gone_at is None
        )

    @property
    def short_sha(self) -> str:
        return self.sha[:7]
