"""Who is told of a comment: those it mentions, those who answer for what it is about, those who said something there before.

Each is told once, as the first of these, and never of what they wrote themselves. Each of the three can be switched off.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from comments.models import Comment
from core.topics import Topic
from notices import kinds
from notices.services import notify
from teams.models import Person

MENTION, OWNED, FOLLOWED = "mention", "comment_owned", "comment_followed"


def register() -> None:
    for kind in (
        kinds.Kind(MENTION, _("Somebody mentions me"), _("%(by)s mentioned you in a comment on “%(title)s”.")),
        kinds.Kind(OWNED, _("Comments on what I own"), _("%(by)s commented on “%(title)s”, which you own.")),
        kinds.Kind(
            FOLLOWED,
            _("Comments where I commented before"),
            _("%(by)s commented on “%(title)s”, where you commented before."),
            mail=False,
        ),
    ):
        kinds.register(kind)


def tell(comment: Comment, topic: Topic, *, mentioned: Iterable[Person]) -> None:
    """Within the transaction that wrote it. No text goes along: it can be taken away again where it stands."""
    told = {comment.person_id}
    before = Person.objects.filter(pk__in=Comment.objects.about(topic).values("person"))
    for kind, people in ((MENTION, mentioned), (OWNED, topic.owners), (FOLLOWED, before)):
        to = [person for person in people if person.pk not in told]
        told |= {person.pk for person in to}
        notify(
            kind,
            to,
            key=comment.anchor,
            team=topic.team,
            params={"by": comment.person, "title": topic.name},
            url=f"{topic.url}#{comment.anchor}",
        )
