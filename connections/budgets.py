"""The row behind `budget.py`."""

from __future__ import annotations

from django.db import models


class Budget(models.Model):
    """The request limit of one token at one host, shared by all connections that hold this token, and by all workers."""

    # Of the host's origin and the token, keyed with the portal's secret: tells that two are the same, and nothing else.
    fingerprint = models.CharField(max_length=64, unique=True)
    limit = models.PositiveIntegerField(null=True)
    remaining = models.PositiveIntegerField(null=True)  # as the host last told any of the workers
    reset_at = models.DateTimeField(null=True)
    window = models.PositiveIntegerField(default=0)  # seconds that the limit counts for: the longest that was seen
    waiting_until = models.DateTimeField(null=True)  # the host refused one of them: nobody asks before
    noted_at = models.DateTimeField(null=True)
