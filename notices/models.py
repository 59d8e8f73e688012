"""Notices to people, what each person chose, the channels of teams, and the outbox of all that leaves."""

from __future__ import annotations

from datetime import time
from uuid import uuid4

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import clock
from core.crypto import EncryptedTextField
from notices.querysets import ChannelQuerySet, NoticeQuerySet, OutgoingQuerySet
from teams.models import Person, Team


class Notice(models.Model):
    """Something a person is told, once for each event (`kind`, `key`). Its text is made when it is read, from `params`."""

    uid = models.UUIDField(default=uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="+")
    params = models.JSONField(default=dict)  # notices.params
    url = models.CharField(max_length=500)  # a path of the portal's own
    created_at = models.DateTimeField(default=clock.now)
    in_inbox = models.BooleanField(default=True)
    read_at = models.DateTimeField(null=True)
    mail = models.ForeignKey("Outgoing", null=True, on_delete=models.SET_NULL, related_name="notices")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("person", "kind", "key", name="told_once")]
        indexes = [
            models.Index(fields=["person", "-created_at"], name="notice_newest"),
            models.Index(fields=["person"], condition=Q(read_at=None, in_inbox=True), name="notice_unread"),
        ]


class Digest(models.TextChoices):
    """When mails leave."""

    AT_ONCE = "at_once", _("At once")
    DAILY = "daily", _("Once a day")
    WEEKLY = "weekly", _("Once a week")


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class Preference(models.Model):
    """When mails to a person may leave, in the person's time zone. Who has no row has the defaults."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="notice_preference")
    no_mail = models.BooleanField(default=False)
    digest = models.CharField(max_length=8, choices=Digest.choices, default=Digest.AT_ONCE)
    digest_hour = models.PositiveSmallIntegerField(default=8, validators=[MaxValueValidator(23)])
    digest_weekday = models.PositiveSmallIntegerField(choices=Weekday.choices, default=Weekday.MONDAY)
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    # The mail server refused this address (its digest: the address itself stands in the person's row only).
    refused_digest = models.CharField(max_length=64, blank=True, default="")
    refused_at = models.DateTimeField(null=True)
    refused_said = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="quiet_from_and_until",
                condition=Q(quiet_from=None, quiet_until=None) | Q(quiet_from__isnull=False, quiet_until__isnull=False),
            )
        ]

    @property
    def quiet(self) -> tuple[time, time] | None:
        """The hours without mail, if there are any."""
        if self.quiet_from is None or self.quiet_until is None or self.quiet_from == self.quiet_until:
            return None
        return self.quiet_from, self.quiet_until


class Choice(models.Model):
    """Where a person wants notices of a kind. Who has no row gets them in the inbox, and by mail as the kind says."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notice_choices")
    kind = models.CharField(max_length=40)
    inbox = models.BooleanField()
    mail = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint("person", "kind", name="one_choice_each")]


class ChannelKind(models.TextChoices):
    SLACK = "slack", "Slack"
    TEAMS = "teams", "Microsoft Teams"
    WEBHOOK = "webhook", _("Webhook")


class ChannelState(models.TextChoices):
    WORKS = "works", _("Works")
    PAUSED = "paused", _("Paused: it refused several times")
    ENDED = "ended", _("Ended: nobody takes messages there any more")


class Channel(models.Model):
    """Where notices of a team are posted. The address holds a secret with Slack and Teams, so it is never shown; the host is."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="channels")
    kind = models.CharField(max_length=8, choices=ChannelKind.choices)
    name = models.CharField(_("name"), max_length=80)
    host = models.CharField(max_length=255)
    address = EncryptedTextField()
    secret = EncryptedTextField(blank=True)  # of a webhook: what signs its messages
    kinds = models.JSONField(default=list)  # ids of the kinds of notices that it gets
    created_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    state = models.CharField(max_length=8, choices=ChannelState.choices, default=ChannelState.WORKS)
    refusals = models.PositiveIntegerField(default=0)  # in a row
    error_code = models.CharField(max_length=40, blank=True, default="")
    error_params = models.JSONField(default=dict)
    posted_at = models.DateTimeField(null=True)  # when it last took a message
    removed_at = models.DateTimeField(
        null=True
    )  # it gets nothing and is shown nowhere; kept for as long as that can be undone

    objects = ChannelQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class OutgoingState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    DROPPED = "dropped", _("No longer wanted")


class Outgoing(models.Model):
    """One mail to a person, or one post to a channel. `uid` is the id that the receiver sees, the same however often it is sent.

    What a mail says are its notices; what a post says stands here. A mail that was begun takes up no more notices.
    """

    uid = models.UUIDField(default=uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, null=True, on_delete=models.CASCADE, related_name="outgoing")
    kind = models.CharField(max_length=40, blank=True, default="")
    key = models.CharField(max_length=200, blank=True, default="")
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now)

    state = models.CharField(max_length=8, choices=OutgoingState.choices, default=OutgoingState.WAITING)
    next_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    rung_at = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=32, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=40, blank=True, default="")
    error_params = models.JSONField(default=dict)

    objects = OutgoingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="outgoing_to_person_or_channel",
                condition=Q(person=None, channel__isnull=False) | Q(person__isnull=False, channel=None),
            ),
            # NULLs differ: it binds posts only.
            models.UniqueConstraint("channel", "kind", "key", name="posted_once"),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="waiting"), name="outgoing_due"),
            models.Index(fields=["person"], condition=Q(state="waiting"), name="outgoing_of_person"),
        ]
