"""The tables of the house itself."""

from django.conf import settings
from django.db import models

from core import clock


class LiveStamp(models.Model):
    """How often the rows of a team changed in a room: the sum of `n` over its rows (core/live.py). Written by triggers only.

    `team_id` is a plain number, 0 for what belongs to the organisation: a stamp outlives its team, and nothing waits for a row of
    another table. `tx`: the transaction that made the row, 0 for what was added up.
    """

    team_id = models.BigIntegerField()
    room = models.CharField(max_length=32)
    tx = models.BigIntegerField()
    n = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team_id", "room", "tx"], name="live_stamp_of_a_transaction")]

    def __str__(self) -> str:
        return f"{self.room} of team {self.team_id}: {self.n}"


class UndoOffer(models.Model):
    """What somebody may take back until when (core/undo.py). `data`: ids and plain values that say what was there."""

    kind = models.CharField(max_length=32)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    data = models.JSONField(default=dict)
    page = models.CharField(max_length=400, blank=True, default="")  # where it was shown, and leads back to
    made_at = models.DateTimeField(default=clock.now)
    until = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} until {self.until:%Y-%m-%d %H:%M}"
