"""The kinds of key results, the statuses, and where a check-in's value came from."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    INCREASE = "increase", _("Increase to a target")
    DECREASE = "decrease", _("Decrease to a target")
    AT_LEAST = "at_least", _("Keep at or above")
    AT_MOST = "at_most", _("Keep at or below")
    BETWEEN = "between", _("Keep between")
    MILESTONE = "milestone", _("Milestone")
    CHECKLIST = "checklist", _("Checklist")


MOVING = frozenset({Kind.INCREASE, Kind.DECREASE})  # from a start to a target
MAINTAINED = frozenset({Kind.AT_LEAST, Kind.AT_MOST, Kind.BETWEEN})


class Status(models.TextChoices):
    ON_TRACK = "on_track", _("On track")
    AT_RISK = "at_risk", _("At risk")
    OFF_TRACK = "off_track", _("Off track")
    OUTDATED = "outdated", _("Outdated")
    NO_STATUS = "no_status", _("No status")
    CLOSED = "closed", _("Closed")

    @property
    def icon(self) -> str:
        return _LOOKS[self][0]

    @property
    def css(self) -> str:
        return _LOOKS[self][1]


_LOOKS = {
    Status.ON_TRACK: ("circle-check", "is-ok"),
    Status.AT_RISK: ("alert-triangle", "is-risk"),
    Status.OFF_TRACK: ("alert-octagon", "is-off"),
    Status.OUTDATED: ("clock-exclamation", "is-stale"),
    Status.NO_STATUS: ("circle-dashed", "is-none"),
    Status.CLOSED: ("lock", "is-none"),
}

# What a person may say about a key result.
HUMAN = (Status.ON_TRACK, Status.AT_RISK, Status.OFF_TRACK)


class Source(models.TextChoices):
    PERSON = "person", _("By a person")
    FIGURE = "figure", _("Fed by a figure")
    PUSHED = "pushed", _("Pushed to the API")
