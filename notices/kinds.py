"""The kinds of notices. A room registers its own from its AppConfig.ready, and calls `services.notify` when one has happened.

kinds.register(Kind("mention", _("Mentions"), _("%(by)s mentioned you in a comment on “%(title)s”.")))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

# A text with %(name)s for the names in `params`; or a function of them, where one text cannot say it (a plural, a reason).
Sentence = str | Promise | Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True)
class Kind:
    """`title` names it where people choose. `mail`: whether it is mailed to whoever has not chosen otherwise.

    `team_sentence` is how a team's channel reads it, which has no “you”. Without one it concerns a person only, and no channel
    gets it. `reminder`: comes by itself as a day comes near, and not because somebody did something.
    """

    id: str
    title: str | Promise
    sentence: Sentence
    team_sentence: Sentence = ""
    mail: bool = True
    reminder: bool = False


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.id] = kind


def get(kind_id: str) -> Kind | None:
    """None for a kind that no room knows (any more): its notices stay, and say so."""
    return _kinds.get(kind_id)


def of(kind_id: str) -> Kind:
    """KeyError for a kind that no room has registered."""
    return _kinds[kind_id]


def all_kinds() -> list[Kind]:
    """What somebody does first, then what comes by itself; each in the order in which rooms registered it."""
    return sorted(_kinds.values(), key=lambda kind: kind.reminder)


def for_channels() -> list[Kind]:
    return [kind for kind in all_kinds() if kind.team_sentence]
