"""Rounds of a team over a maturity model: answers, targets and steps that are kept for ever, and the levels of each day."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from assessments import library
from assessments.querysets import (
    AnswerQuerySet,
    AssessmentQuerySet,
    CommentQuerySet,
    ExemptionQuerySet,
    SnapshotQuerySet,
    TargetQuerySet,
)
from assessments.states import Decision, Kind, RoundState, Source
from core import clock
from core.append_only import AppendOnly
from teams.models import ApiToken, Person, Team

__all__ = [
    "COMMENT_LENGTH",
    "LINK_LENGTH",
    "Answer",
    "Assessment",
    "Comment",
    "Decision",
    "Exemption",
    "Kind",
    "RoundState",
    "Snapshot",
    "Source",
    "Step",
    "Target",
]

COMMENT_LENGTH = 2000
LINK_LENGTH = 500


class Assessment(models.Model):
    """A team's round over one version of a model. `number` counts a team's rounds; `state` repeats the newest step's."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="assessments")
    model_id = models.CharField(max_length=80, default=library.DEFAULT)
    model_version = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=RoundState.choices, default=RoundState.DRAFT)
    started_on = models.DateField()  # the team's day
    started_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(default=clock.now, editable=False)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("team", "model_id", "number", name="round_number_once_a_team"),
            models.UniqueConstraint(
                "team", "model_id", condition=Q(state=RoundState.DRAFT), name="one_draft_a_team_and_model"
            ),
        ]
        ordering = ["team", "-number"]

    def __str__(self) -> str:
        return f"{self.team} · {self.started_on}"

    def get_absolute_url(self) -> str:
        return reverse("assessment-round", args=[self.team_id, self.pk])

    @property
    def model(self) -> library.MaturityModel:
        return library.load(self.model_id)

    @property
    def is_draft(self) -> bool:
        return self.state == RoundState.DRAFT


class Step(AppendOnly):
    """A round was started, submitted, reviewed or reopened."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="steps")
    to_state = models.CharField(max_length=16, choices=RoundState.choices)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    token = models.ForeignKey(ApiToken, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["recorded_at", "pk"]


class Comment(models.Model):
    """What a person wrote beside an answer. A row of its own, so that it can be blanked; an answer given again keeps it."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    text = models.CharField(_("comment"), max_length=COMMENT_LENGTH, blank=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=clock.now)
    blanked_at = models.DateTimeField(null=True)
    blanked_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    objects = CommentQuerySet.as_manager()


class Exemption(models.Model):
    """A request to count a criterion as met until a day, and what somebody else decided."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="exemptions")
    model_id = models.CharField(max_length=80, default=library.DEFAULT)
    criterion = models.CharField(max_length=80)
    reason = models.CharField(_("reason"), max_length=COMMENT_LENGTH)
    until = models.DateField(_("until"))
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=clock.now)
    decision = models.CharField(max_length=16, choices=Decision.choices, blank=True, default="")
    decided_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = ExemptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="exemption_decided_by_somebody_else",
                condition=Q(decision="", decided_by=None)
                | (~Q(decision="") & Q(decided_by__isnull=False) & ~Q(decided_by=F("asked_by"))),
            ),
            models.UniqueConstraint(
                "team", "model_id", "criterion", condition=Q(decision=""), name="one_open_exemption_each"
            ),
        ]
        ordering = ["-asked_at", "-pk"]


class Answer(AppendOnly):
    """What somebody said of one criterion, kept for ever. The newest by its day is current (assessments/scoring.py).

    `effective_on` is the team's day, by the time zone it had when this was recorded. `version` counts a team's answers of a
    criterion. Not applicable, exempt and inherited may be said outside of a round.
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="answers")
    model_id = models.CharField(max_length=80, default=library.DEFAULT)
    criterion = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    assessment = models.ForeignKey(Assessment, null=True, on_delete=models.PROTECT, related_name="answers")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    state = models.PositiveSmallIntegerField(null=True)
    valid_until = models.DateField(null=True)
    link = models.CharField(max_length=LINK_LENGTH, blank=True, default="")
    comment = models.ForeignKey(Comment, null=True, on_delete=models.PROTECT, related_name="answers")
    provider = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    exemption = models.OneToOneField(Exemption, null=True, on_delete=models.PROTECT, related_name="answer")
    source = models.CharField(max_length=16, choices=Source.choices, default=Source.PERSON)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    token = models.ForeignKey(ApiToken, null=True, on_delete=models.PROTECT, related_name="+")
    effective_on = models.DateField()
    recorded_at = models.DateTimeField(default=clock.now, db_index=True)
    request_id = models.CharField(max_length=64, blank=True, default="")

    objects = AnswerQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            # The row lock of services.common.lock makes a second writer wait; this makes it impossible to write a version twice.
            models.UniqueConstraint("team", "model_id", "criterion", "version", name="one_answer_a_version"),
            models.UniqueConstraint("team", "request_id", condition=~Q(request_id=""), name="answer_request_once"),
            models.CheckConstraint(
                name="answer_says_one_thing",
                condition=Q(kind=Kind.STATE, state__isnull=False, provider=None)
                | Q(kind=Kind.INHERITED, state=None, provider__isnull=False)
                | Q(kind__in=(Kind.UNKNOWN, Kind.NOT_APPLICABLE, Kind.EXEMPT), state=None, provider=None),
            ),
        ]
        ordering = ["team", "criterion", "version"]


class Target(AppendOnly):
    """The level that a team aims at in an area, from a day on; `level` None: no target any more."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="maturity_targets")
    model_id = models.CharField(max_length=80, default=library.DEFAULT)
    area = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    level = models.PositiveSmallIntegerField(null=True)
    due = models.DateField(null=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    token = models.ForeignKey(ApiToken, null=True, on_delete=models.PROTECT, related_name="+")
    effective_on = models.DateField()
    recorded_at = models.DateTimeField(default=clock.now)

    objects = TargetQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint("team", "model_id", "area", "version", name="one_target_a_version"),
        ]
        ordering = ["team", "area", "version"]


class Snapshot(models.Model):
    """An area of a team at the end of a day: what scoring says of the events until then, written down for trends.

    Rows start with the team's first answer. They may be deleted: `manage.py rebuild_maturity` writes equal ones.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    model_id = models.CharField(max_length=80, default=library.DEFAULT)
    area = models.CharField(max_length=40)
    day = models.DateField()
    level = models.PositiveSmallIntegerField(null=True)
    met = models.PositiveSmallIntegerField()
    applicable = models.PositiveSmallIntegerField()
    known = models.PositiveSmallIntegerField()
    target = models.PositiveSmallIntegerField(null=True)

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("team", "model_id", "area", "day", name="one_snapshot_a_day")]
        indexes = [models.Index(fields=["model_id", "day"], name="snapshot_day")]
        ordering = ["team", "day", "area"]
