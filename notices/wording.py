"""How notices read: made from kind and params when they are shown or sent, in the active language and time zone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from notices import kinds
from notices.kinds import Sentence
from notices.models import Notice, Outgoing
from notices.params import Stored, as_read, people_in
from teams.models import Person


@contextmanager
def reading(language: str, zone: ZoneInfo) -> Iterator[None]:
    """Within the block texts are in this language, and instants in this zone."""
    with translation.override(language), timezone.override(zone):
        yield


@dataclass(frozen=True)
class Told:
    """A notice and what it says: one line of plain text, to be escaped like all that people wrote."""

    notice: Notice
    sentence: str


def told(notices: Iterable[Notice]) -> list[Told]:
    """All of them, in one query for the names."""
    known = list(notices)
    names = _names(each.params for each in known)
    return [Told(each, _sentence(each.kind, each.params, names)) for each in known]


def told_to_team(post: Outgoing) -> str:
    """What a channel reads."""
    return _sentence(post.kind, post.params, _names([post.params]), to_team=True)


def _names(params: Iterable[Stored]) -> Mapping[int, str]:
    people = people_in(params)
    return Person.objects.names(people) if people else {}


def _sentence(kind_id: str, params: Stored, names: Mapping[int, str], *, to_team: bool = False) -> str:
    kind = kinds.get(kind_id)
    if kind is None:
        return _("The portal no longer knows what this notice was about.")
    return on_one_line(_filled(kind.team_sentence if to_team else kind.sentence, as_read(params, names)))


def _filled(sentence: Sentence, values: Mapping[str, Any]) -> str:
    return str(sentence(values) if callable(sentence) else str(sentence) % values)


def on_one_line(text: str) -> str:
    """Without line breaks and other characters that steer: it becomes the subject of a mail."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def kind_titles(ids: Sequence[str]) -> list[str]:
    return [str(kind.title) for kind in kinds.all_kinds() if kind.id in ids]
