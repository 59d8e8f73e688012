"""What people say about a criterion, an item or a key result. A comment is kept for ever; its words can be taken away."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from comments.querysets import SaidQuerySet
from core import clock
from core.append_only import AppendOnly
from teams.models import ApiToken, Person, Team

LENGTH = 2000  # characters, as they are typed


class Comment(AppendOnly):
    """Who said something about what, and when. `kind` and `topic`: core/topics.py. `team` None: it is the organisation's."""

    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16)
    topic = models.CharField(max_length=80)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    token = models.ForeignKey(ApiToken, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=clock.now)
    request_id = models.CharField(max_length=64, blank=True, default="")

    objects = SaidQuerySet.as_manager()  # type: ignore[misc]

    class Meta(AppendOnly.Meta):
        constraints = [
            # Makes it impossible that a form that was sent twice at once says it twice.
            models.UniqueConstraint("person", "request_id", condition=~Q(request_id=""), name="comment_request_once"),
        ]
        indexes = [models.Index(fields=["team", "kind", "topic"], name="comment_topic")]
        ordering = ["recorded_at", "pk"]

    def __str__(self) -> str:
        return f"{self.person} · {self.recorded_at:%Y-%m-%d %H:%M}"

    @property
    def anchor(self) -> str:
        """Where it stands on the page of its topic."""
        return f"comment-{self.pk}"


class Words(models.Model):
    """A comment's text, in a row of its own so that it can be blanked. Whom it mentions stands in it by id (mentions.py)."""

    comment = models.OneToOneField(Comment, on_delete=models.PROTECT, related_name="words")
    text = models.TextField(_("comment"), blank=True)
    blanked_at = models.DateTimeField(null=True)
    blanked_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
