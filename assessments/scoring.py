"""What answers mean: pure functions over events. Every rule is in docs/definitions.md, Maturity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from assessments.states import Kind


@dataclass(frozen=True)
class Event:
    """An answer as levels read it. `day`: the team's day on which it takes effect; `version` counts a team's answers of a
    criterion in the order in which they were recorded."""

    day: date
    version: int
    kind: str
    state: float | None = None
    valid_until: date | None = None
    provider: int | None = None


History = Mapping[tuple[int, str], Sequence[Event]]  # by team and criterion


@dataclass(frozen=True)
class Standing:
    """What a criterion is for a team on a day. `kind` None: never answered.

    Of a stale one, `kind` and `state` are what stood there: shown, not counted. An inherited one has its provider's kind and
    state, and names the provider.
    """

    kind: str | None = None
    state: float | None = None
    is_stale: bool = False
    valid_until: date | None = None
    provider: int | None = None

    @property
    def applies(self) -> bool:
        return self.is_stale or self.kind != Kind.NOT_APPLICABLE

    @property
    def is_known(self) -> bool:
        return not self.is_stale and self.kind in (Kind.STATE, Kind.EXEMPT)

    def worth(self, top: float) -> float:
        """The state it counts as: exempt is met at every level, what is not known is 0."""
        if not self.is_known:
            return 0
        return top if self.kind == Kind.EXEMPT else self.state or 0


@dataclass(frozen=True)
class Score:
    """An area. `met` of `applicable` criteria are at the next level already (at the top: all). `level` None: none applies."""

    level: float | None
    met: int
    applicable: int
    known: int
    top: float

    @property
    def to_next(self) -> tuple[int, int] | None:
        """(n, m) of "n of m to the next"; None where there is no next level."""
        return None if self.level in (None, self.top) else (self.met, self.applicable)


def newest(events: Iterable[Event], day: date) -> Event | None:
    """The one that stands at the end of `day`: the newest by its day, of the same day the one recorded last."""
    return max(
        (event for event in events if event.day <= day), key=lambda event: (event.day, event.version), default=None
    )


def standing(history: History, team: int, criterion: str, day: date, asked: tuple[int, ...] = ()) -> Standing:
    """What the criterion is for the team at the end of `day`. A circle of providers, which services refuse, is unknown."""
    event = newest(history.get((team, criterion), ()), day)
    if event is None:
        return Standing()
    if event.kind == Kind.INHERITED and event.provider is not None:
        if event.provider in (team, *asked):
            return Standing(Kind.UNKNOWN, provider=event.provider)
        theirs = standing(history, event.provider, criterion, day, (team, *asked))
        return replace(theirs, provider=event.provider)
    stale = event.valid_until is not None and event.valid_until < day
    return Standing(event.kind, event.state, stale, event.valid_until)


def score(standings: Iterable[Standing], top: float) -> Score:
    """The level of an area: the lowest state of its criteria that apply."""
    counted = [each for each in standings if each.applies]
    if not counted:
        return Score(None, 0, 0, 0, top)
    worths = [each.worth(top) for each in counted]
    level = min(worths)
    met = len(counted) if level == top else sum(worth > level for worth in worths)
    return Score(level, met, len(counted), sum(each.is_known for each in counted), top)


def overall(levels: Iterable[float | None]) -> float | None:
    """The lowest area level; None if no area has one. Never a mean."""
    return min((level for level in levels if level is not None), default=None)


@dataclass(frozen=True)
class AreaFacts:
    """An area's criteria in the order of the model."""

    key: str
    criteria: Sequence[tuple[str, Standing]]


def next_step(areas: Sequence[AreaFacts], due: Mapping[str, date | None], top: float) -> tuple[str, str] | None:
    """(area, criterion) that lifts a level soonest; None if every area is at the top or has no level.

    `due` holds the criteria whose roadmap item is open, with its due date or None.
    """
    candidates = []
    for number, area in enumerate(areas):
        found = score([each for _criterion, each in area.criteria], top)
        if found.to_next is not None and found.level is not None:
            candidates.append((found.applicable - found.met, found.level, number))
    if not candidates:
        return None
    _missing, level, number = min(candidates)
    area = areas[number]
    missing = [criterion for criterion, each in area.criteria if each.applies and each.worth(top) <= level]
    return area.key, min(missing, key=lambda criterion: (criterion not in due, due.get(criterion) or date.max))
