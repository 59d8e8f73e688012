"""The one table of the house itself."""

from django.db import models


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
