"""Incidents, as the host told them last."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q

from core import clock
from delivery.models.services import HAND, Service
from teams.models import Team

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from teams.models import Person


class IncidentQuerySet(models.QuerySet["Incident"]):
    def visible_to(self, user: Person | AnonymousUser) -> IncidentQuerySet:
        return self.in_scope().filter(team__in=Team.objects.visible_to(user))

    def in_scope(self) -> IncidentQuerySet:
        """Those that carry one of the service's present incident labels; what another label brought is kept but not shown."""
        return self.filter(in_scope=True)

    def counted(self) -> IncidentQuerySet:
        """Those that figures look at: neither dismissed by hand nor gone from the host."""
        return self.in_scope().filter(dismissed=False, gone_at=None)

    def of_services(self, services: Iterable[int]) -> IncidentQuerySet:
        return self.in_scope().filter(service__in=list(services))

    def of_teams(self, teams: Iterable[Team]) -> IncidentQuerySet:
        return self.in_scope().filter(team__in=list(teams))

    def showing(self, what: str) -> IncidentQuerySet:
        """The "resolved", "open", "attributed", "unattributed" or "dismissed" ones; "" all."""
        if what in ("resolved", "open"):
            return self.resolved() if what == "resolved" else self.unresolved()
        if what in ("attributed", "unattributed"):
            return self.counted().filter(failure__isnull=what == "unattributed")
        return self.filter(dismissed=True) if what == "dismissed" else self

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

    def touching(self, first: date, last: date, zone: ZoneInfo) -> IncidentQuerySet:
        """Resolved or begun on one of these days (inclusive), or attributed to a deployment that finished on one."""
        from_, until = clock.start_of(first, zone), clock.end_of(last, zone)
        return self.filter(
            Q(resolved_at__gte=from_, resolved_at__lt=until)
            | Q(began_at__gte=from_, began_at__lt=until)
            | Q(failure__deployment__finished_at__gte=from_, failure__deployment__finished_at__lt=until)
        )

    def with_took(self) -> IncidentQuerySet:
        """Annotate `took`, from began to resolved; None while open."""
        took = models.ExpressionWrapper(F("resolved_at") - F("began_at"), output_field=models.DurationField())
        return self.annotate(took=took)

    def search(self, words: str) -> IncidentQuerySet:
        wanted = Q()
        for word in words.split():
            called = Q(key__iendswith=f":{word}")  # where it comes from
            wanted &= Q(title__icontains=word) | Q(service__name__icontains=word) | called
        return self.filter(wanted)

    def newest_first(self) -> IncidentQuerySet:
        return self.select_related("service").order_by("-began_at", "-pk")


class Incident(models.Model):
    """One incident as the host told it last. `resolved_at` None: it is open."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="incidents")
    # None: it names none.
    service = models.ForeignKey(Service, null=True, on_delete=models.CASCADE, related_name="incidents")
    key = models.CharField(max_length=100)
    title = models.CharField(max_length=500, blank=True)
    began_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    labels = models.JSONField(default=list)
    url = models.CharField(max_length=1000, blank=True)
    in_scope = models.BooleanField(default=True)
    recorded_at = models.DateTimeField(default=clock.now)
    gone_at = models.DateTimeField(null=True)  # the host has it no more: it does not count, and is kept
    told_at = models.DateTimeField(
        null=True
    )  # of what is pushed: when its sender knew it; an older word changes nothing
    dismissed = models.BooleanField(default=False)  # by hand: it is no incident

    objects = IncidentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("service", "key", name="incident_once"),
            models.UniqueConstraint("team", "key", condition=Q(service=None), name="incident_of_no_service_once"),
        ]
        indexes = [
            models.Index(fields=["team", "resolved_at"], name="incident_team_resolved"),
            models.Index(fields=["team", "began_at"], name="incident_team_begun"),
            models.Index(fields=["service", "resolved_at"], name="incident_resolved"),
            models.Index(fields=["service", "began_at"], name="incident_begun"),
        ]

    def __str__(self) -> str:
        return self.title or self.key.partition(":")[2] or self.key

    @property
    def is_by_hand(self) -> bool:
        return self.key.startswith(HAND)

    @property
    def counts(self) -> bool:
        """Whether figures look at it."""
        return self.in_scope and not self.dismissed and self.gone_at is None

    @property
    def hours(self) -> float | None:
        """From began to resolved, in hours; None while it is open."""
        if self.resolved_at is None:
            return None
        return (self.resolved_at - self.began_at).total_seconds() / 3600
