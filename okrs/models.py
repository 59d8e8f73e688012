"""Cycles, objectives, key results and their check-ins. Nothing here is ever deleted: it is archived, or a newer row corrects it.

What belongs to `team` None belongs to the organisation.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core import clock
from core.append_only import AppendOnly
from okrs.cadence import Cadence
from okrs.kinds import Kind, Source, Status
from okrs.querysets import CheckInQuerySet, CycleQuerySet, KeyResultQuerySet, ObjectiveQuerySet, RemarkQuerySet
from okrs.spans import cycle_title
from teams.models import ApiToken, Person, Team

__all__ = [
    "Change",
    "CheckIn",
    "ChecklistEntry",
    "Cycle",
    "KeyResult",
    "Kind",
    "Objective",
    "Remark",
    "Source",
    "Status",
]

TITLE_LENGTH = 200
TEXT_LENGTH = 2000
UNIT_LENGTH = 24


class Cycle(models.Model):
    """A quarter, or any other span of days. `weekday` and `every_weeks` say when check-ins are due."""

    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="okr_cycles")
    title = models.CharField(_("name"), max_length=80, blank=True, default="")
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    weekday = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(6)])  # Monday is 0
    every_weeks = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(13)])
    grace_days = models.PositiveSmallIntegerField(default=7)  # between closing and freezing
    closed_on = models.DateField(null=True)
    closed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = CycleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="cycle_ends_after_it_begins", condition=Q(last_day__gt=F("first_day"))),
            models.UniqueConstraint("team", "first_day", "last_day", name="one_cycle_of_these_days_a_team"),
            models.UniqueConstraint(
                "first_day", "last_day", condition=Q(team=None), name="one_cycle_of_these_days_of_the_organisation"
            ),
        ]

    def __str__(self) -> str:
        return self.shown_title

    @property
    def shown_title(self) -> str:
        """Its own name, else its months or days in the reader's language."""
        return self.title or cycle_title(self.first_day, self.last_day)

    @property
    def is_sample(self) -> bool:
        """Whether it goes when the sample organisation is removed, with everything in it."""
        return self.created_by.is_sample

    @property
    def is_closed(self) -> bool:
        return self.closed_on is not None

    @property
    def open_until(self) -> date | None:
        """The last day of the grace period; None while the cycle is not closed."""
        return self.closed_on + timedelta(days=self.grace_days) if self.closed_on else None

    def is_frozen(self, today: date) -> bool:
        return self.open_until is not None and today > self.open_until

    def is_running(self, today: date) -> bool:
        return self.first_day <= today <= self.last_day

    @property
    def days(self) -> int:
        """Its length as the expected line counts it: the days from the first to the last."""
        return (self.last_day - self.first_day).days

    def day_number(self, today: date) -> int:
        return min(max((today - self.first_day).days, 0), self.days)


class Objective(models.Model):
    """What is to be achieved in a cycle, and the business metric that it serves."""

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="objectives")
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="objectives")
    title = models.CharField(_("objective"), max_length=TITLE_LENGTH)
    why = models.CharField(_("why"), max_length=TEXT_LENGTH, blank=True, default="")
    business_metric = models.CharField(_("business metric"), max_length=TITLE_LENGTH)
    weight = models.FloatField(_("weight"), default=1)
    owner = models.ForeignKey(
        Person, verbose_name=_("owner"), null=True, blank=True, on_delete=models.PROTECT, related_name="objectives"
    )
    supports = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="supported_by")
    position = models.PositiveSmallIntegerField()
    template_key = models.CharField(max_length=80, blank=True, default="")
    carried_from = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="carried_to")
    archived_at = models.DateTimeField(null=True)
    archived_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = ObjectiveQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(name="objective_weight_from_0", condition=Q(weight__gte=0))]
        indexes = [models.Index(fields=["team", "cycle"], name="objective_team_cycle")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its place on the page of its team or of the organisation."""
        page = reverse("okrs", args=[self.team_id]) if self.team_id else reverse("organisation-okrs")
        return f"{page}?cycle={self.cycle_id}#objective-{self.pk}"


class KeyResult(models.Model):
    """How an objective is measured.

    `start` and `target` belong to increase and decrease, `low` and `high` to what is maintained, `due_day` to a milestone
    (None: the cycle's last day). `phases` are phased targets, [["2026-11-15", 90.0], …], in the order of their days.
    A `figure` feeds it.
    `defined_on`: the day since which these numbers hold; before it the ones hold that each check-in stored.
    """

    objective = models.ForeignKey(Objective, on_delete=models.CASCADE, related_name="key_results")
    title = models.CharField(_("key result"), max_length=TITLE_LENGTH)
    done_when = models.CharField(_("counts as done when"), max_length=TEXT_LENGTH, blank=True, default="")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    unit = models.CharField(_("unit"), max_length=UNIT_LENGTH, blank=True, default="")
    weight = models.FloatField(_("weight"), default=1)
    owner = models.ForeignKey(
        Person, verbose_name=_("owner"), null=True, blank=True, on_delete=models.PROTECT, related_name="key_results"
    )
    start = models.FloatField(_("start"), null=True, blank=True)
    target = models.FloatField(_("target"), null=True, blank=True)
    low = models.FloatField(_("at least"), null=True, blank=True)
    high = models.FloatField(_("at most"), null=True, blank=True)
    phases = models.JSONField(default=list, blank=True)
    due_day = models.DateField(_("due"), null=True, blank=True)
    effective_on = models.DateField(_("takes effect"))
    defined_on = models.DateField()
    figure = models.CharField(_("fed by"), max_length=80, blank=True, default="")
    grade = models.FloatField(_("grade"), null=True)
    position = models.PositiveSmallIntegerField()
    template_key = models.CharField(max_length=80, blank=True, default="")
    carried_from = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="carried_to")
    archived_at = models.DateTimeField(null=True)
    archived_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = KeyResultQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="key_result_weight_from_0", condition=Q(weight__gte=0)),
            models.CheckConstraint(
                name="key_result_has_the_numbers_of_its_kind",
                condition=Q(kind=Kind.INCREASE, start__isnull=False, target__isnull=False, target__gt=F("start"))
                | Q(kind=Kind.DECREASE, start__isnull=False, target__isnull=False, target__lt=F("start"))
                | Q(kind=Kind.AT_LEAST, low__isnull=False)
                | Q(kind=Kind.AT_MOST, high__isnull=False)
                | Q(kind=Kind.BETWEEN, low__isnull=False, high__isnull=False, high__gt=F("low"))
                | Q(kind__in=(Kind.MILESTONE, Kind.CHECKLIST)),
            ),
            models.CheckConstraint(name="key_result_grade_0_to_1", condition=Q(grade=None) | Q(grade__range=(0, 1))),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("key-result", args=[self.pk])

    @property
    def cycle(self) -> Cycle:
        return self.objective.cycle

    @property
    def due(self) -> date:
        """The day by which a milestone is due."""
        return self.due_day or self.cycle.last_day

    @property
    def cadence(self) -> Cadence:
        cycle = self.cycle
        effective = max(cycle.first_day, self.effective_on)
        return Cadence(effective, cycle.last_day, cycle.weekday, cycle.every_weeks)


class ChecklistEntry(models.Model):
    """One entry of a checklist. Whether it is done stands in the check-ins; a skipped one is left out."""

    key_result = models.ForeignKey(KeyResult, on_delete=models.CASCADE, related_name="entries")
    title = models.CharField(max_length=TITLE_LENGTH)
    position = models.PositiveSmallIntegerField()
    skipped = models.BooleanField(default=False)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title


class CheckIn(AppendOnly):
    """What a key result stood at on a day, with start, target and bounds as they were. Corrected by a newer one of the same day.

    The newest by (day, number) is current. `done`: the pks of a checklist's entries that are done; `value` is then their number
    and `target` the number of those not skipped. A milestone's value is 0 or 1.
    """

    key_result = models.ForeignKey(KeyResult, on_delete=models.PROTECT, related_name="check_ins")
    number = models.PositiveIntegerField()  # counts a key result's check-ins from 1, in the order of recording
    day = models.DateField()
    value = models.FloatField()
    done = models.JSONField(default=list, blank=True)
    start = models.FloatField(null=True)
    target = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    confidence = models.PositiveSmallIntegerField(null=True)
    status = models.CharField(max_length=16, choices=Status.choices, blank=True, default="")  # what the person says
    source = models.CharField(max_length=8, choices=Source.choices)
    figure = models.CharField(max_length=80, blank=True, default="")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    token = models.ForeignKey(ApiToken, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=clock.now, db_index=True)
    request_id = models.CharField(max_length=64, blank=True, default="")

    objects = CheckInQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            # The row lock of services.check_in makes a second writer wait; this makes it impossible for both to get one number.
            models.UniqueConstraint("key_result", "number", name="one_check_in_a_number"),
            models.UniqueConstraint(
                "key_result", "request_id", condition=~Q(request_id=""), name="check_in_request_once"
            ),
            models.CheckConstraint(
                name="check_in_confidence_0_to_10", condition=Q(confidence=None) | Q(confidence__lte=10)
            ),
            models.CheckConstraint(
                name="check_in_by_a_person_or_a_figure",
                condition=Q(source=Source.FIGURE, person=None) & ~Q(figure="")
                | Q(source__in=(Source.PERSON, Source.PUSHED), person__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["key_result", "day", "number"], name="check_in_newest")]
        ordering = ["day", "number"]


class Remark(models.Model):
    """What a person wrote beside a check-in: a comment, and why it stands better than the figures say. It can be blanked."""

    check_in = models.OneToOneField(CheckIn, on_delete=models.PROTECT, related_name="remark")
    comment = models.CharField(max_length=TEXT_LENGTH, blank=True)
    reason = models.CharField(max_length=TEXT_LENGTH, blank=True)
    blanked_at = models.DateTimeField(null=True)
    blanked_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    objects = RemarkQuerySet.as_manager()


class Change(AppendOnly):
    """One edit, kept for ever so that people can read who changed what. Figures do not read these rows.

    `field` is the field's name, or "added", "archived", "restored", "closed", "reopened", "carried". Values are text: a day as
    2026-04-01, a person's id, "" for none.
    """

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="changes")
    objective = models.ForeignKey(Objective, null=True, on_delete=models.PROTECT, related_name="changes")
    key_result = models.ForeignKey(KeyResult, null=True, on_delete=models.PROTECT, related_name="changes")
    field = models.CharField(max_length=24)
    old = models.CharField(max_length=TEXT_LENGTH, blank=True, default="")
    new = models.CharField(max_length=TEXT_LENGTH, blank=True, default="")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    token = models.ForeignKey(ApiToken, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["recorded_at", "pk"]
