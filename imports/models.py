"""A file that somebody brought: kept until it is imported or thrown away."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core import imports as registry
from core.imports import Importer, RowState
from teams.models import ApiToken, Person, Team

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

NAME_LENGTH = 200
KEPT_FOR = timedelta(days=7)  # then a file that nobody imported goes
RING_AGAIN = timedelta(seconds=30)  # a worker that has not ended by then is called again; it finds the first one's lock
MOST_TRIES = 3

# Why the last attempt wrote nothing, as a code: read in each reader's own language.
STALE, FAILED, NOT_ALLOWED = "stale", "failed", "not_allowed"


class State(models.TextChoices):
    WAITING = "waiting", gettext_lazy("not imported yet")
    APPLYING = "applying", gettext_lazy("being imported")
    APPLIED = "applied", gettext_lazy("imported")


class Told(NamedTuple):
    """A planned row as it is kept for the dry run's page, in the language of whoever brought the file."""

    number: int
    state: str
    title: str
    reason: str
    differences: list[list[str]]  # heading, before, after

    @property
    def label(self) -> str:
        return str(RowState(self.state).label)


class UploadQuerySet(models.QuerySet["Upload"]):
    def visible_to(self, user: Person | AnonymousUser) -> UploadQuerySet:
        """Who may not read the team may not read what is brought for it. Pages also ask who may edit it."""
        return self.filter(team__in=Team.objects.visible_to(user))

    def of_team(self, team_id: int) -> UploadQuerySet:
        return self.filter(team=team_id)

    def listed(self) -> UploadQuerySet:
        """The newest first, without what is large."""
        return self.select_related("person").defer("content", "plan").order_by("-uploaded_at", "-pk")

    def waiting(self) -> UploadQuerySet:
        return self.filter(state=State.WAITING)

    def unheard(self, now: datetime) -> UploadQuerySet:
        """To be imported, and no worker was called lately."""
        return self.filter(state=State.APPLYING).filter(Q(rung_at=None) | Q(rung_at__lte=now - RING_AGAIN))


class Upload(models.Model):
    """A file for one team and one importer, and what it would do. Imported, it keeps its name and digest, and nothing else."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=NAME_LENGTH)
    digest = models.CharField(max_length=64)  # SHA-256
    size = models.PositiveIntegerField()  # bytes
    content = models.BinaryField(default=bytes)
    language = models.CharField(max_length=8, choices=settings.LANGUAGES, default="en")  # of `plan`
    plan = models.JSONField(default=list)  # of Told
    counts = models.JSONField(default=dict)  # rows by RowState
    left_out = models.JSONField(default=list)  # headings of columns that nobody asked for
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    uploaded_at = models.DateTimeField(default=clock.now)

    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    problem = models.CharField(max_length=500, blank=True, default="")
    asked_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_token = models.ForeignKey(ApiToken, null=True, on_delete=models.SET_NULL, related_name="+")
    rung_at = models.DateTimeField(null=True)  # when a worker was called last
    tries = models.PositiveSmallIntegerField(default=0)
    applied_at = models.DateTimeField(null=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["team", "uploaded_at"], name="upload_of_a_team")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("import", args=[self.team_id, self.pk])

    @property
    def importer(self) -> Importer:
        found = registry.get(self.kind)
        assert found is not None, self.kind
        return found

    @property
    def told(self) -> list[Told]:
        return [Told(*each) for each in self.plan]

    def keep(self, told: list[list[Any]], language: str) -> None:
        """Keep what the file would do."""
        found = Counter(each[1] for each in told)
        self.plan, self.language = told, language
        self.counts = {state: found[state] for state in RowState.values}

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    @property
    def to_do(self) -> int:
        """Rows that would write something."""
        return int(self.counts[RowState.NEW] + self.counts[RowState.CHANGED])

    @property
    def refused(self) -> int:
        return int(self.counts[RowState.REFUSED])

    @property
    def is_waiting(self) -> bool:
        return self.state == State.WAITING

    @property
    def is_busy(self) -> bool:
        return self.state == State.APPLYING

    @property
    def can_be_applied(self) -> bool:
        return self.is_waiting and self.to_do > 0 and not self.refused

    @property
    def gone_at(self) -> datetime:
        """When it is thrown away unless somebody imports it before."""
        return self.uploaded_at + KEPT_FOR

    @property
    def why(self) -> str:
        """Why the last attempt wrote nothing, in the reader's language."""
        return {
            STALE: _(
                "Meanwhile something was changed here, so nothing was imported. This is what the file would do now."
            ),
            FAILED: _("It failed, and nothing was imported. The log says why."),
            NOT_ALLOWED: _("Whoever asked for it may no longer edit this team, so nothing was imported."),
        }.get(self.problem, self.problem)
