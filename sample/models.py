"""How far the loading or the removal of the sample organisation has come."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock
from teams.models import Person


class State(models.TextChoices):
    ABSENT = "absent"
    LOADING = "loading"
    LOADED = "loaded"
    REMOVING = "removing"
    FAILED = "failed"  # some of it is there: loading can go on, or what is there can be removed


BUSY = (State.LOADING, State.REMOVING)


class SampleQuerySet(models.QuerySet["Sample"]):
    def due(self, now: datetime) -> SampleQuerySet:
        """There is something to do and nobody does it."""
        return self.filter(state__in=BUSY).filter(Q(lease_until=None) | Q(lease_until__lt=now))


class Sample(models.Model):
    """The one row (pk 1) of the sample organisation. `step` counts the steps of loading that are written."""

    state = models.CharField(max_length=16, choices=State.choices, default=State.ABSENT)
    step = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=clock.now)  # the "today" of its stories, the same for all steps
    language = models.CharField(max_length=8, choices=settings.LANGUAGES, default="en")
    asked_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    problem = models.TextField(blank=True, default="")  # why it failed, in the language of whoever asked

    rung_at = models.DateTimeField(null=True)  # when the last message was sent
    lease_owner = models.CharField(max_length=32, blank=True, default="")
    lease_until = models.DateTimeField(null=True)

    objects = SampleQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_sample")]

    @classmethod
    def current(cls) -> Sample:
        """As it stands; a portal that never had one has an absent one."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def is_busy(self) -> bool:
        return self.state in BUSY
