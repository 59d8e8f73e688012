"""The comments of anything that can be commented on, for the page that shows it."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from comments.models import Comment
from comments.thread import thread_of
from core import topics
from core.topics import Topic
from teams.models import Team

register = template.Library()


@register.inclusion_tag("comments/_section.html", takes_context=True)
def comments(context: template.Context, team: Team | None, kind: str, key: object) -> dict[str, Any]:
    """{% comments team "item" item.pk %}: the thread with its form. Team "" or None: the organisation's."""
    topic = topics.find(kind, team or None, str(key))
    return {
        "thread": thread_of(topic, context["user"]) if topic else None,
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("comments/_count.html", takes_context=True)
def comment_count(context: template.Context, team: Team | None, kind: str, key: object, url: str) -> dict[str, Any]:
    """{% comment_count team "item" item.pk item.get_absolute_url %}: how many there are, with the way there; nothing for none.

    One query for all topics of the team and kind on a page.
    """
    known: dict[Any, dict[str, int]] = context["request"].__dict__.setdefault("_comment_counts", {})
    if (team, kind) not in known:
        known[team, kind] = Comment.objects.visible_to(context["user"]).of(team or None).of_kind(kind).counts()
    return {"count": known[team, kind].get(str(key), 0), "url": f"{url}#comments"}


@register.filter
def thread_address(topic: Topic) -> str:
    """Where a comment on the topic is written."""
    of = [topic.team.pk] if topic.team else []
    return reverse("comments" if topic.team else "organisation-comments", args=[*of, topic.kind, topic.key])
