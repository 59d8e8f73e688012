"""Figures that are made before anybody asks for them."""

from __future__ import annotations

from django.db import models

from teams.models import Team


class PreparedQuarter(models.Model):
    """A team's figures over the 13 complete weeks before `monday`, prepared; delivery/quarters.py has the shape.

    Whatever is refreshed of the team removes the row in the same transaction, so one that stands is true. Beat makes it anew.
    """

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="+")
    monday = models.DateField()  # the first day after the 13 weeks
    # Of which services it was made, and since and until when deployments are known: what may change without a refresh.
    known = models.JSONField()
    figures = models.JSONField()
    lead_times = models.JSONField()  # of each of the 13 weeks: what a team's own page shows
