"""Connections to outside systems: which repositories are read, with which token, how far, and what happened."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, FilteredRelation, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from connections.budgets import Budget
from core import clock
from core.crypto import EncryptedTextField
from teams.models import Person, Team

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


# Kinds of connections to nothing, which are never read:
SAMPLE = "sample"  # what it brought was made up
IMPORTED = "imported"  # people bring what belongs to it as files, or enter it by hand
PUSHED = "pushed"  # programs push what belongs to it


class ConnectionState(models.TextChoices):
    OK = "ok", _("Connected")
    NEEDS_TOKEN = "needs_token", _("Needs a new token")
    ENDED = "ended", _("Disconnected")  # of the organisation's


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def of_organisation(self) -> ConnectionQuerySet:
        return self.filter(team=None).exclude(state=ConnectionState.ENDED).order_by("name", "pk")

    def usable_by(self, team: Team) -> ConnectionQuerySet:
        """With whose token the team may take more repositories: its own, and the organisation's that it was given some of."""
        mine = Q(team=team) | Q(team=None, grants__team=team)
        with_token = self.filter(mine, state=ConnectionState.OK, credential__isnull=False)
        return with_token.distinct().order_by(F("team").asc(nulls_last=True), "name", "pk")


class Connection(models.Model):
    """A token's worth of access to one outside system: a team's own, or the organisation's, which gives teams repositories.

    The token stands apart, in `Credential`.
    """

    team = models.ForeignKey(
        Team, null=True, on_delete=models.CASCADE, related_name="connections"
    )  # None: organisation's
    name = models.CharField(_("name"), max_length=100, blank=True)  # of the organisation's
    kind = models.CharField(max_length=20)  # a key of connectors.registry.CONNECTORS, or SAMPLE
    base_url = models.CharField(_("address of the API"), max_length=300)
    state = models.CharField(max_length=16, choices=ConnectionState.choices, default=ConnectionState.OK)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("name"), condition=Q(team=None) & ~Q(state="ended"), name="organisation_connection_name"
            )
        ]

    def __str__(self) -> str:
        return self.name or self.base_url

    @property
    def is_organisations(self) -> bool:
        return self.team_id is None

    @property
    def needs_token(self) -> bool:
        return self.state == ConnectionState.NEEDS_TOKEN

    @property
    def is_sample(self) -> bool:
        return self.kind == SAMPLE

    @property
    def is_imported(self) -> bool:
        return self.kind == IMPORTED

    @property
    def is_told(self) -> bool:
        """Whether people or programs tell what belongs to it."""
        return self.kind in (IMPORTED, PUSHED)

    @property
    def is_read(self) -> bool:
        """Whether there is an outside system behind it."""
        return self.kind not in (SAMPLE, IMPORTED, PUSHED)

    @property
    def is_pushed(self) -> bool:
        return self.kind == PUSHED


class Credential(models.Model):
    """A connection's token. A row of its own, so that nothing that lists connections ever loads or decrypts one.

    A new token is a new row: `pk` tells a running sync whether the token it was refused with is still the present one.
    """

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="credential")
    token = EncryptedTextField()
    budget = models.ForeignKey(Budget, null=True, on_delete=models.SET_NULL, related_name="credentials")
    entered_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(default=clock.now, editable=False)


class Webhook(models.Model):
    """Where a connection's host says that something happened, which hastens the next sync; and the secret that signs it."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="webhook")
    secret = EncryptedTextField()
    made_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now, editable=False)
    heard_at = models.DateTimeField(null=True)  # the last delivery that was rightly signed, to the minute


class DraftQuerySet(models.QuerySet["Draft"]):
    def kept(self) -> DraftQuerySet:
        """Those that have not expired."""
        return self.filter(expires_at__gt=clock.now())


class Draft(models.Model):
    """A tested address and token between the two steps of connecting; gone within the hour.

    Used, it has its source and no token any more: what is sent twice finds what it made.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    base_url = models.CharField(max_length=300)
    repository = models.CharField(max_length=255)
    connection = models.ForeignKey(
        Connection, null=True, on_delete=models.CASCADE, related_name="+"
    )  # whose token is used
    token = EncryptedTextField(blank=True)  # typed for a connection of its own
    seen = models.JSONField()  # connections.inspections
    created_by = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField(db_index=True)
    source = models.ForeignKey("Source", null=True, on_delete=models.CASCADE, related_name="+")

    objects = DraftQuerySet.as_manager()


class SourceQuerySet(models.QuerySet["Source"]):
    def visible_to(self, user: Person | AnonymousUser) -> SourceQuerySet:
        shares = Share.objects.filter(team__in=Team.objects.visible_to(user))
        return self.filter(pk__in=shares.values("source"))

    def of(self, team: Team) -> SourceQuerySet:
        """Those that the team reads or once read, with `left_at`: when its part ended, None while it reads."""
        mine = FilteredRelation("shares", condition=Q(shares__team=team))
        return self.alias(mine=mine).filter(mine__isnull=False).annotate(left_at=F("mine__ended_at"))  # type: ignore[no-redef]

    def read_by(self, team: Team) -> SourceQuerySet:
        return self.of(team).filter(active=True, left_at=None)  # type: ignore[misc]

    def active(self) -> SourceQuerySet:
        return self.filter(active=True)

    def listed(self) -> SourceQuerySet:
        """With what a list shows; disconnected ones come last."""
        return self.select_related("connection__team").order_by("-active", "full_name", "pk")

    def with_set_aside_count(self) -> SourceQuerySet:
        return self.annotate(
            set_aside_count=models.Count("set_aside", filter=Q(set_aside__cleared_at=None), distinct=True)
        )

    def wanted(self) -> SourceQuerySet:
        """Those that a team reads which is not archived: what an archived one reads alone waits until it is restored."""
        wanted = Share.objects.live().filter(source=models.OuterRef("pk"), team__archived_at=None)
        return self.filter(models.Exists(wanted))

    def due(self, now: datetime) -> SourceQuerySet:
        """What should be synced now and is not being synced. Only columns of this table: `schedule.take` relies on it."""
        return self.filter(active=True, paused=False, next_sync_at__lte=now).filter(
            Q(lease_until=None) | Q(lease_until__lt=now)
        )

    def claims(self, base_url: str, external_id: str) -> SourceQuerySet:
        """The one row by which this repository is read at present, if it is."""
        return self.active().filter(base_url=base_url, external_id=external_id)


class Source(models.Model):
    """A repository that is read, once for all teams that have a part of it: what to read of it, how far it came, when it is due.

    `connection` is the one with whose token it is read, `Share` says for whom.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="sources")
    base_url = models.CharField(max_length=300)  # the connection's, here for the constraint
    external_id = models.CharField(max_length=100)  # the host's id: survives a rename
    full_name = models.CharField(max_length=255)
    url = models.CharField(max_length=1000, blank=True)
    default_branch = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    active = models.BooleanField(default=True)
    disconnected_at = models.DateTimeField(null=True)
    paused = models.BooleanField(default=False)

    seen = models.JSONField(default=dict)  # what the last look at it found; connections.inspections
    options = models.JSONField(default=dict)  # connections.options
    state = models.JSONField(default=dict)  # by stream; opaque to everyone but the connector
    # Raised whenever `options` change: a sync that runs with the old ones stops before it writes its next page.
    edition = models.PositiveIntegerField(default=1)

    next_sync_at = models.DateTimeField(null=True)  # None: nothing is scheduled
    heard_at = models.DateTimeField(null=True)  # when a webhook last said that there is something new
    rung_at = models.DateTimeField(null=True)  # when the bell last sent a message for it
    asked_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")  # of "Sync now"
    lease_owner = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)

    checked_at = models.DateTimeField(null=True)  # when it was last asked for what no listing tells: once a day
    # Health, as the last finished sync left it.
    succeeded_at = models.DateTimeField(
        null=True
    )  # when a sync last came to its end; of what is imported its newest instant
    failures = models.PositiveIntegerField(default=0)  # in a row
    error_code = models.CharField(max_length=40, blank=True)
    error_params = models.JSONField(default=dict)
    waiting_until = models.DateTimeField(null=True)  # the host's request limit is used up until then
    rate_limit = models.PositiveIntegerField(null=True)
    rate_remaining = models.PositiveIntegerField(null=True)
    rate_reset = models.DateTimeField(null=True)

    objects = SourceQuerySet.as_manager()

    left_at: datetime | None = None  # when the part of the team that looks at it ended, where the query says so

    class Meta:
        constraints = [
            # A repository is read once, whoever has a part of it.
            models.UniqueConstraint("base_url", "external_id", condition=Q(active=True), name="repository_claimed_once")
        ]
        indexes = [models.Index(fields=["next_sync_at"], condition=Q(active=True), name="source_due")]

    def __str__(self) -> str:
        return self.full_name

    @property
    def ended_at(self) -> datetime | None:
        """Since when nothing is read for whoever looks at it."""
        return self.left_at or (None if self.active else self.disconnected_at)

    def is_leased(self, now: datetime) -> bool:
        return self.lease_until is not None and self.lease_until >= now

    def is_waiting(self, now: datetime) -> bool:
        return self.waiting_until is not None and self.waiting_until > now


class ShareQuerySet(models.QuerySet["Share"]):
    def live(self) -> ShareQuerySet:
        return self.filter(ended_at=None)

    def listed(self) -> ShareQuerySet:
        return self.select_related("team", "connection").order_by("pk")


class Share(models.Model):
    """A team that reads a repository, or did until `ended_at`. Which part of it is the team's, a room above says (stores.py)."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="shares")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    # With whose token the team takes it: its own or the organisation's. Not always the one that is used: one is enough.
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="shares")
    ended_at = models.DateTimeField(null=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("source", "team", name="shared_once")]


class GrantQuerySet(models.QuerySet["Grant"]):
    def listed(self) -> GrantQuerySet:
        return self.select_related("team", "connection").order_by("full_name", "team__name", "pk")

    def with_reading(self) -> GrantQuerySet:
        """With `source_id`, by which the team reads it with this connection; None where it did not take it."""
        mine = Share.objects.live().filter(connection=models.OuterRef("connection"), team=models.OuterRef("team"))
        mine = mine.filter(source__external_id=models.OuterRef("external_id"), source__active=True)
        return self.annotate(source_id=models.Subquery(mine.values("source")[:1]))


class Grant(models.Model):
    """A repository of the organisation's connection that a team may take."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="grants")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="grants")
    external_id = models.CharField(max_length=100)
    full_name = models.CharField(max_length=255)
    url = models.CharField(max_length=1000, blank=True)
    granted_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(default=clock.now, editable=False)

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("connection", "team", "external_id", name="granted_once")]

    def __str__(self) -> str:
        return self.full_name


class RunOutcome(models.TextChoices):
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Complete")
    FAILED = "failed", _("Failed")
    WAITING = "waiting", _("Waiting for the request limit")
    INTERRUPTED = "interrupted", _("Interrupted")  # its worker was lost; another one went on
    STOPPED = "stopped", _("Stopped by a change of the connection")


class SyncRunQuerySet(models.QuerySet["SyncRun"]):
    def newest_first(self) -> SyncRunQuerySet:
        return self.select_related("asked_by").order_by("-started_at", "-pk")

    def unfinished(self) -> SyncRunQuerySet:
        return self.filter(finished_at=None)


class SyncRun(models.Model):
    """One sync of one source: what it did, and how it ended."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="runs")
    owner = models.CharField(max_length=32)
    asked_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=16, choices=RunOutcome.choices, default=RunOutcome.RUNNING)
    error_code = models.CharField(max_length=40, blank=True)
    error_params = models.JSONField(default=dict)
    # {stream: {"pages": 2, "read": 150, "stored": 12, "set_aside": 1, "reached": "2026-…", "done": false}}
    counts = models.JSONField(default=dict)
    requests = models.PositiveIntegerField(default=0)
    not_modified = models.PositiveIntegerField(default=0)
    rate_limit = models.PositiveIntegerField(null=True)
    rate_remaining = models.PositiveIntegerField(null=True)
    rate_reset = models.DateTimeField(null=True)

    objects = SyncRunQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["source", "-started_at"], name="run_newest")]

    def total(self, what: str) -> int:
        """The sum over the streams of "read", "stored" or "set_aside"."""
        return sum(stream.get(what, 0) for stream in self.counts.values())


class SetAsideQuerySet(models.QuerySet["SetAsideObject"]):
    def open(self) -> SetAsideQuerySet:
        return self.filter(cleared_at=None)

    def listed(self) -> SetAsideQuerySet:
        return self.open().order_by("-last_seen_at", "-pk")

    def to_ask_again(self) -> SetAsideQuerySet:
        """Those that the host can be asked for by their key; what is gone there stays gone."""
        return self.open().exclude(reason="gone").exclude(key__endswith=":?").order_by("pk")


class SetAsideObject(models.Model):
    """An object that the portal could not understand: shown with its reason, read again at the next sync."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="set_aside")
    key = models.CharField(max_length=100)
    reason = models.CharField(max_length=40)
    detail = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=1000, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)

    objects = SetAsideQuerySet.as_manager()

    @property
    def can_be_asked(self) -> bool:
        """Whether the host can be asked for it by its key."""
        return not self.key.endswith(":?")

    class Meta:
        constraints = [models.UniqueConstraint("source", "key", name="set_aside_once")]
