"""One registry of what falls due, in every room: docs/definitions.md, "What falls due".

A room registers its source from its `AppConfig.ready`. Reminders and calendars ask here, so they know no room.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

Title = str | Mapping[str, str]  # what a person wrote, or what the portal says: {"en": …, "ja": …}


@dataclass(frozen=True)
class Due:
    """A thing that falls due on `day`, a day of the team's (of the organisation's where `team` is None).

    `key` stays the same however the thing is renamed or moved. `people`: the ids of those from whom it is due; none: the whole
    team. `url` is a path. `changed_at`: when it was last edited; `edition` counts how often its day was.
    """

    kind: str
    key: str
    team: Any | None
    people: tuple[int, ...]
    day: date
    title: Title
    url: str
    changed_at: datetime
    edition: int = 0
    about: Title = ""


# (teams, first, last) -> what is due and not done between these days, both inclusive, in a constant number of queries.
# None among the teams stands for the organisation.
Source = Callable[[Sequence[Any], date, date], Iterable[Due]]
_sources: dict[str, Source] = {}


def register(kind: str, source: Source) -> None:
    """Say what of one kind falls due. ValueError if another source has the kind."""
    if _sources.get(kind, source) is not source:
        raise ValueError(f"two sources are called {kind}")
    _sources[kind] = source


def between(teams: Sequence[Any], first: date, last: date, kinds: Collection[str] | None = None) -> list[Due]:
    """What these teams have due from `first` to `last`, of all kinds or these, in the order of the days."""
    sources = [source for kind, source in _sources.items() if kinds is None or kind in kinds]
    return sorted((due for source in sources for due in source(teams, first, last)), key=lambda due: (due.day, due.key))
