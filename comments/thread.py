"""What pages show of a topic's comments, in a constant number of queries; and how a comment's words are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from comments import mentions
from comments.forms import CommentForm
from comments.models import Comment
from core.topics import Topic
from teams.models import Person

# An address as browsers copy it, so that it ends where Japanese text goes on without a space.
_LINK = re.compile(r"(@<[0-9]{1,18}>|(?<![A-Za-z0-9])https?://[A-Za-z0-9\[][!#-;=?-~]*)", re.IGNORECASE)
_TRAILING = ".,;:!?'*"


@dataclass(frozen=True)
class Line:
    """One comment as a page shows it. `is_fresh`: it was written just now, by the reader."""

    comment: Comment
    html: SafeString
    may_blank: bool
    is_fresh: bool

    @property
    def is_blanked(self) -> bool:
        return self.comment.words.blanked_at is not None


@dataclass(frozen=True)
class Thread:
    topic: Topic
    lines: list[Line]
    may_write: bool
    form: CommentForm = field(default_factory=CommentForm)

    @property
    def said(self) -> int:
        """Comments whose words are there."""
        return sum(not line.is_blanked for line in self.lines)


def thread_of(topic: Topic, person: Person, *, form: CommentForm | None = None, fresh: int | None = None) -> Thread:
    """The oldest comment first. `form`: what was typed and refused; `fresh`: the comment that was written just now."""
    found = list(Comment.objects.visible_to(person).about(topic).with_words())
    names = mentions.names_in(comment.words.text for comment in found)
    lines = [_line(comment, topic, person, names, fresh) for comment in found]
    return Thread(topic, lines, person.has_perm("comments.write", topic), form or CommentForm())


def _line(comment: Comment, topic: Topic, person: Person, names: Mapping[int, str], fresh: int | None) -> Line:
    comment.team = topic.team  # the same object, so that nothing asks for it again
    words = comment.words
    may_blank = words.blanked_at is None and person.has_perm("comments.blank", comment)
    return Line(comment, shown(words.text, names), may_blank, comment.pk == fresh)


def shown(text: str, names: Mapping[int, str]) -> SafeString:
    """The text with its lines, mentions marked, and addresses as links if they are http(s); everything else is escaped."""
    lines = (
        format_html_join("", "{}", ((_part(part, names),) for part in _LINK.split(line))) for line in text.split("\n")
    )
    return format_html_join(SafeString("<br>"), "{}", ((line,) for line in lines))


def _part(part: str, names: Mapping[int, str]) -> SafeString:
    kept = mentions.KEPT.fullmatch(part)
    if kept:
        return format_html('<b class="p-mention">@<bdi>{}</bdi></b>', mentions.name_of(int(kept[1]), names))
    if _LINK.fullmatch(part):
        url = _without_trailing(part)
        return format_html('<a href="{}" rel="noopener nofollow">{}</a>{}', url, url, part[len(url) :])
    return conditional_escape(part)


def _without_trailing(url: str) -> str:
    """What ends the sentence is no part of the address, nor a bracket that was opened before it."""
    while url[-1] in _TRAILING or (
        url[-1] in ")]" and url.count(")") + url.count("]") > url.count("(") + url.count("[")
    ):
        url = url[:-1]
    return url
