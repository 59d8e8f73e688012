"""A file that somebody brought: kept until it is imported or thrown away."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext_lazy
from django.utils.translation import gettext as _

from core import clock
from core import imports as registry
from core.imports import Importer, RowState
from imports.addresses import address
from teams.models import ApiToken, Person, Team

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

NAME_LENGTH = 200
KEPT_FOR = timedelta(days=7)  # then a file that nobody imported goes
RING_AGAIN = timedelta(seconds=30)  # a worker that has not ended by then is called again; it finds the first one's lock
MOST_TRIES = 3

# Why the last attempt wrote nothing, as a code: read in each reader's own language.
STALE, FAILED, NOT_ALLOWED = "stale", "failed", "not_allowed"


def language_now() -> str:
    return (get_language() or settings.LANGUAGE_CODE)[:2]


class State(models.TextChoices):
    WAITING = "waiting", gettext_lazy("not imported yet")
    APPLYING = "applying", gettext_lazy("being imported")
    APPLIED = "applied", pgettext_lazy("a file", "imported")


class Told(NamedTuple):
    """A planned row as it is kept for the dry run's page, in one language."""

    number: int
    state: str
    title: str
    reason: str
    differences: list[list[str]]  # heading, before, after

    @property
    def label(self) -> str:
        return str(RowState(self.state).label)

    @property
    def changes(self) -> list[dict[str, str]]:
        return [dict(zip(("name", "before", "after"), each, strict=True)) for each in self.differences]


class UploadQuerySet(models.QuerySet["Upload"]):
    def visible_to(self, user: Person | AnonymousUser) -> UploadQuerySet:
        """Who may not read the team may not read what is brought for it. Pages also ask who may edit it."""
        return self.filter(Q(team__in=Team.objects.visible_to(user)) | Q(team=None))

    def of_team(self, team_id: int | None) -> UploadQuerySet:
        """Without a team those of the organisation."""
        return self.filter(team=team_id)

    def listed(self) -> UploadQuerySet:
        """The newest first, without what is large."""
        return self.select_related("person").defer("content", "plan").order_by("-uploaded_at", "-pk")

    def waiting(self) -> UploadQuerySet:
        return self.filter(state=State.WAITING)

    def to_import(self) -> UploadQuerySet:
        """Those that wait and could be imported as they are."""
        writes = Q(counts__new__gt=0) | Q(counts__changed__gt=0)
        return self.waiting().filter(writes, counts__refused=0)

    def of_no_use(self) -> UploadQuerySet:
        """Those that wait and cannot be imported as they are: a row is refused, or all is there already."""
        return self.waiting().exclude(pk__in=self.to_import().values("pk"))

    def unheard(self, now: datetime) -> UploadQuerySet:
        """To be imported, and no worker was called lately."""
        return self.filter(state=State.APPLYING).filter(Q(rung_at=None) | Q(rung_at__lte=now - RING_AGAIN))


class Upload(models.Model):
    """A file for one importer and one team, or the organisation, and what it would do. Imported, it keeps its name and digest,
    and nothing else."""

    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=NAME_LENGTH)
    digest = models.CharField(max_length=64)  # SHA-256
    size = models.PositiveIntegerField()  # bytes
    content = models.BinaryField(default=bytes)
    # Of whoever asked last: in it what is imported is compared with what they saw.
    language = models.CharField(max_length=8, choices=settings.LANGUAGES, default="en")
    plan = models.JSONField(default=dict)  # lists of Told by language: it is read in each reader's own
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
        return address("import", self.team_id, self.pk)

    @property
    def importer(self) -> Importer:
        found = registry.get(self.kind)
        assert found is not None, self.kind
        return found

    @property
    def told(self) -> list[Told]:
        """What each row would do, in the reader's language."""
        found: list[list[Any]] = self.plan.get(language_now()) or next(iter(self.plan.values()), [])
        return [Told(*each) for each in found]

    def keep(self, plans: dict[str, list[list[Any]]]) -> None:
        """Keep what the file would do."""
        found = Counter(each[1] for each in next(iter(plans.values())))
        self.plan = plans
        self.counts = {state: found[state] for state in RowState.values}

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    @property
    def to_do(self) -> int:
        """Rows that would write something."""
        return int(self.counts[RowState.NEW] + self.counts[RowState.CHANGED])

    @property
    def written(self) -> int:
        """Rows that were written."""
        return self.to_do if self.state == State.APPLIED else 0

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
    def label(self) -> str:
        """How it stands, in two or three words: what waits and cannot be imported does not wait to be."""
        if self.is_waiting and self.refused:
            return _("cannot be imported")
        if self.is_waiting and not self.to_do:
            return _("nothing to import")
        return str(self.get_state_display())

    @property
    def summary(self) -> str:
        """How many rows that is about."""
        if self.state == State.APPLIED:
            return ngettext("%(n)s row written", "%(n)s rows written", self.written) % {"n": self.written}
        if self.is_waiting and self.refused:
            words = {"n": self.refused, "all": self.rows}
            return ngettext("%(n)s of %(all)s rows refused", "%(n)s of %(all)s rows refused", self.refused) % words
        if self.can_be_applied:
            return ngettext("%(n)s row to write", "%(n)s rows to write", self.to_do) % {"n": self.to_do}
        return ngettext("%(n)s row", "%(n)s rows", self.rows) % {"n": self.rows}

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
