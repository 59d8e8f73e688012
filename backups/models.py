"""The one task about archives that is asked for or going on, for the page that shows how far it is."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from core import clock
from teams.models import Person

# Why the last one did not end, as a code: read in each reader's own language.
INTERRUPTED, EXPIRED = "interrupted", "expired"


class State(models.TextChoices):
    IDLE = "idle"
    MAKING = "making"
    RESTORING = "restoring"


class WorkQuerySet(models.QuerySet["Work"]):
    def due(self) -> WorkQuerySet:
        """Asked for, and nobody has begun."""
        return self.exclude(state=State.IDLE).filter(lease_until=None)

    def interrupted(self, now: datetime) -> WorkQuerySet:
        """Somebody began, and has not been heard of since."""
        return self.exclude(state=State.IDLE).filter(lease_until__lt=now)


class Work(models.Model):
    """The one row (pk 1). It is not in archives: after a restore nothing is asked for."""

    state = models.CharField(max_length=16, choices=State.choices, default=State.IDLE)
    name = models.CharField(max_length=80, blank=True, default="")  # of the archive
    asked_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(default=clock.now)
    language = models.CharField(max_length=8, choices=settings.LANGUAGES, default="en")
    done = models.PositiveBigIntegerField(default=0)  # rows
    total = models.PositiveBigIntegerField(default=0)
    problem = models.TextField(blank=True, default="")  # why the last one failed, in the language of whoever asked

    rung_at = models.DateTimeField(null=True)  # when the last message was sent
    lease_owner = models.CharField(max_length=32, blank=True, default="")
    lease_until = models.DateTimeField(null=True)

    objects = WorkQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_work_on_archives")]

    @classmethod
    def current(cls) -> Work:
        return cls.objects.filter(pk=1).select_related("asked_by").first() or cls(pk=1)

    @property
    def told(self) -> str:
        """Why the last one failed, in the reader's language."""
        if self.problem == INTERRUPTED:
            return _("It was interrupted, and nothing was changed. Start it again.")
        if self.problem == EXPIRED:
            return _("No worker began to restore within 5 minutes, so it was given up, and nothing was changed.")
        return self.problem

    @property
    def is_waiting(self) -> bool:
        """Asked for, and no worker has begun."""
        return self.is_busy and self.lease_until is None

    @property
    def is_busy(self) -> bool:
        return self.state != State.IDLE
