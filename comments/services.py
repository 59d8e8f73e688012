"""Everything that changes comments. Callers check that the person may; the rules of a change live here."""

from __future__ import annotations

import unicodedata

from django.db import transaction
from django.utils.translation import gettext as _

from comments.directory import Directory
from comments.mentions import CommentError, keep
from comments.models import LENGTH, Comment, Words
from comments.telling import tell
from core import clock
from core.topics import Topic
from teams import audit
from teams.models import Person


@transaction.atomic
def write(*, topic: Topic, text: str, by: Person, request_id: str = "") -> Comment:
    """Say something about the topic, and tell whom it concerns. A repeated request says nothing again.

    CommentError without a text, for one that is too long, and for a mention of somebody whom it would not reach.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if not text:
        raise CommentError(_("Write something first."), "text")
    if len(text) > LENGTH:
        raise CommentError(_("A comment may have at most %(length)s characters.") % {"length": LENGTH}, "text")
    kept = keep(text, Directory(by, is_sample=topic.is_sample))
    made, is_new = _once(topic, by, request_id)
    if not is_new and made.words.text not in ("", kept.text):
        raise CommentError(_("This request was sent before, with other words."), "request_id")
    if is_new:
        Words.objects.create(comment=made, text=kept.text)
        tell(made, topic, mentioned=kept.people)
    return made


def _once(topic: Topic, by: Person, request_id: str) -> tuple[Comment, bool]:
    """The comment of this request, and whether it is a new one. CommentError if the request was about something else."""
    about = {"team": topic.team, "kind": topic.kind, "topic": topic.key}
    new = {**about, "token": by.token, "recorded_at": clock.now()}
    if not request_id:
        return Comment.objects.create(person=by, **new), True
    made, is_new = Comment.objects.get_or_create(person=by, request_id=request_id, defaults=new)
    if (made.team, made.kind, made.topic) != tuple(about.values()):
        raise CommentError(_("This request was sent before, about something else."), "request_id")
    return made, is_new


@transaction.atomic
def blank(*, comment: Comment, by: Person) -> Comment:
    """Take a comment's words away. That there was one, whose and when, stays; the audit log tells who blanked it."""
    words = Words.objects.select_for_update().get(comment=comment)
    if words.blanked_at is None:
        words.text, words.blanked_at, words.blanked_by = "", clock.now(), by
        words.save(update_fields=["text", "blanked_at", "blanked_by"])
        audit.record(
            "comment.blanked", actor=by, subject=comment, team=comment.team, about=comment.kind, key=comment.topic
        )
    return comment
