"""The append-only audit log that a person can read. Services write it; nothing else does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models

from core import clock
from core.append_only import AppendOnly

if TYPE_CHECKING:
    from teams.models import Person, Team


class AuditEvent(AppendOnly):
    """Who did what to what, and when. `data` holds plain values; about a person's own fields it holds field names only."""

    guarded_in_database: ClassVar[bool] = True

    recorded_at = models.DateTimeField(default=clock.now, db_index=True)
    actor = models.ForeignKey("teams.Person", null=True, on_delete=models.PROTECT, related_name="+")
    token = models.ForeignKey("teams.ApiToken", null=True, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("teams.Team", null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=64)  # "team.created", "member.role_changed", …
    subject = models.CharField(max_length=64, blank=True)  # "person:12", "connection:3"
    data = models.JSONField(default=dict)

    class Meta:
        app_label = "teams"
        ordering = ["-recorded_at", "-pk"]


def record(
    action: str, *, actor: Person | None, subject: models.Model | None = None, team: Team | None = None, **data: Any
) -> None:
    """Append an audit entry, inside the caller's transaction. `actor` None: the portal itself."""
    AuditEvent.objects.create(
        action=action,
        actor=actor,
        token=actor.token if actor else None,
        team=team,
        subject=f"{subject._meta.model_name}:{subject.pk}" if subject else "",
        data=data,
    )
