"""The states of an item, and the two checklists."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    TO_DO = "to_do", _("To do")
    IN_PROGRESS = "in_progress", _("In progress")
    DONE = "done", _("Done")
    SKIPPED = "skipped", _("Dropped")


class Checklist(models.TextChoices):
    TECHNICAL = "technical", _("Technical checklist")
    ORGANISATIONAL = "organisational", _("Organisational checklist")
