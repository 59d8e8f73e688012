"""What programs push: which answers were given already, which deployments name a change, which alerts are incidents."""

from __future__ import annotations

from django.db import models

from core import clock
from delivery.models.changes import Change
from delivery.models.deployments import Deployment
from teams.models import Team


class PushKey(models.Model):
    """An `Idempotency-Key` and what was answered to it, for `pushing.keys.KEPT`."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)  # of what was asked for and of its body
    answer = models.JSONField()
    answered_at = models.DateTimeField(default=clock.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint("team", "key", name="push_key_once")]

    def __str__(self) -> str:
        return self.key


class Telling(models.Model):
    """A pushed deployment said that it brings this change. Several may: the first of them that counts did."""

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="tellings")
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="tellings")

    class Meta:
        constraints = [models.UniqueConstraint("change", "deployment", name="telling_once")]

    def __str__(self) -> str:
        return f"{self.deployment} · {self.change}"


def severities() -> list[str]:
    return ["critical"]


class AlertRule(models.Model):
    """Which of Alertmanager's alerts are incidents of a team. A team without a row has the defaults."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="alert_rule")
    label = models.CharField(max_length=100, default="severity")
    values = models.JSONField(default=severities)  # of that label; compared without regard to case

    def __str__(self) -> str:
        return f"{self.label}: {', '.join(self.values)}"

    def is_incident(self, labels: dict[str, str]) -> bool:
        return labels.get(self.label, "").casefold() in {each.casefold() for each in self.values}
