"""A team's 12-month roadmap: its items, the ticks and edits that are kept for ever, and the notes people wrote."""

from __future__ import annotations

from datetime import date

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core import clock
from core.append_only import AppendOnly
from core.content import text
from roadmaps import template
from roadmaps.dates import Span, span_of_phase, span_of_roadmap
from roadmaps.querysets import ItemQuerySet, NoteQuerySet, RoadmapQuerySet, TickQuerySet
from roadmaps.states import Checklist, State
from teams.models import ApiToken, Person, Team

__all__ = ["NOTE_LENGTH", "Change", "Checklist", "Field", "Item", "Note", "Roadmap", "State", "Tick"]

NOTE_LENGTH = 1000


class Roadmap(models.Model):
    """The way of one team through twelve months, from its own start date, made from one version of a template."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="roadmap")
    start_date = models.DateField(_("start"))
    template_id = models.CharField(max_length=80)
    template_version = models.PositiveIntegerField()
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = RoadmapQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.team} · {self.start_date}"

    @property
    def span(self) -> Span:
        return span_of_roadmap(self.start_date)

    @property
    def template(self) -> template.Template:
        return template.load(self.template_id)


class Item(models.Model):
    """One thing to do. It belongs to a phase or to a checklist, never to both.

    `state` and `version` repeat what the newest tick says (no tick: to do, 0). `title` "" means the template's, in the reader's
    language. `added_on` None means that the item is there from the roadmap's start. `due_edited`: a person chose the date, so
    it stays when the start moves.
    """

    roadmap = models.ForeignKey(Roadmap, on_delete=models.CASCADE, related_name="items")
    phase = models.PositiveSmallIntegerField(null=True, validators=[MinValueValidator(1), MaxValueValidator(4)])
    checklist = models.CharField(max_length=16, choices=Checklist.choices, blank=True, default="")
    template_key = models.CharField(max_length=80, blank=True, default="")
    title = models.CharField(_("title"), max_length=200, blank=True, default="")
    mandatory = models.BooleanField(default=False)
    due_date = models.DateField(_("due"), null=True, blank=True)
    due_edited = models.BooleanField(default=False)
    owner = models.ForeignKey(
        Person, verbose_name=_("owner"), null=True, blank=True, on_delete=models.PROTECT, related_name="roadmap_items"
    )
    position = models.PositiveSmallIntegerField()
    added_on = models.DateField(null=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.TO_DO)
    version = models.PositiveIntegerField(default=0)

    objects = ItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="item_of_a_phase_or_of_a_checklist",
                # Without "not null" a missing phase would make the whole condition unknown, which a database lets pass.
                condition=Q(phase__isnull=False, phase__range=(1, 4), checklist="")
                | Q(phase=None, checklist__in=Checklist.values),
            ),
            models.CheckConstraint(name="item_has_a_title", condition=~Q(template_key="") | ~Q(title="")),
            models.UniqueConstraint(
                "roadmap", "template_key", condition=~Q(template_key=""), name="template_item_once_a_roadmap"
            ),
        ]
        indexes = [models.Index(fields=["owner", "state"], name="item_owner_state")]

    def __str__(self) -> str:
        return self.shown_title

    def get_absolute_url(self) -> str:
        return reverse("roadmap-item", args=[self.roadmap.team_id, self.pk])

    @property
    def entry(self) -> template.Entry | None:
        """What the template says about this item; None for a team's own."""
        return self.roadmap.template.entry(self.template_key) if self.template_key else None

    @property
    def shown_title(self) -> str:
        """The team's own title, else the template's in the reader's language."""
        return self.title or (text(self.entry.title) if self.entry else self.template_key)

    @property
    def default_due_date(self) -> date | None:
        """The end of its phase; an entry of a checklist has none."""
        return span_of_phase(self.roadmap.start_date, self.phase).last if self.phase else None


class Tick(AppendOnly):
    """One change of an item's state, kept for ever.

    Figures read `effective_at`; with `already_had` they read the roadmap's start instead, and leave the tick out of the pace.
    """

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="ticks")
    version = models.PositiveIntegerField()  # counts an item's ticks from 1
    from_state = models.CharField(max_length=16, choices=State.choices)
    to_state = models.CharField(max_length=16, choices=State.choices)
    already_had = models.BooleanField(default=False)
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    token = models.ForeignKey(ApiToken, null=True, on_delete=models.PROTECT, related_name="+")
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=clock.now, db_index=True)
    request_id = models.CharField(max_length=64, blank=True, default="")

    objects = TickQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            # The row lock of services.tick makes a second writer wait; this makes it impossible for both to write the same step.
            models.UniqueConstraint("item", "version", name="one_tick_a_version"),
            models.UniqueConstraint("item", "request_id", condition=~Q(request_id=""), name="tick_request_once"),
        ]
        ordering = ["item", "version"]


class Note(models.Model):
    """What a person wrote beside a tick, in a row of its own so that it can be blanked. What belongs to no tick is a comment."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="notes")
    tick = models.ForeignKey(Tick, on_delete=models.PROTECT, related_name="notes")
    text = models.CharField(_("note"), max_length=NOTE_LENGTH, blank=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=clock.now)
    request_id = models.CharField(max_length=64, blank=True, default="")
    blanked_at = models.DateTimeField(null=True)
    blanked_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    objects = NoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("item", "request_id", condition=~Q(request_id=""), name="note_request_once"),
        ]
        ordering = ["recorded_at", "pk"]


class Field(models.TextChoices):
    """What an edit changed."""

    STARTED = "started", _("Roadmap started")
    START_DATE = "start_date", _("Start date")
    ADDED = "added", _("Item added")
    TITLE = "title", _("Title")
    OWNER = "owner", _("Owner")
    DUE_DATE = "due_date", _("Due date")


class Change(AppendOnly):
    """One edit of a roadmap or of one of its items, kept for ever so that people can read who changed what.

    `old` and `new` are the field's values as text: a day as 2026-04-01, an owner as the person's id, "" for none. Figures do
    not read these rows; they read the item and its ticks.
    """

    roadmap = models.ForeignKey(Roadmap, on_delete=models.PROTECT, related_name="changes")
    item = models.ForeignKey(Item, null=True, on_delete=models.PROTECT, related_name="changes")
    field = models.CharField(max_length=16, choices=Field.choices)
    old = models.CharField(max_length=200, blank=True, default="")
    new = models.CharField(max_length=200, blank=True, default="")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    token = models.ForeignKey(ApiToken, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=clock.now)
    request_id = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint("roadmap", "request_id", condition=~Q(request_id=""), name="change_request_once"),
        ]
        ordering = ["recorded_at", "pk"]
