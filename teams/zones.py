"""The time zones of many teams at once."""

from collections.abc import Callable, Iterable
from copy import copy
from zoneinfo import ZoneInfo

from teams.models import Organisation, Team


def zones_of(teams: Iterable[Team]) -> dict[int, ZoneInfo]:
    """Each team's time zone by its pk; the organisation is asked once."""
    organisation = Organisation.current()
    default = organisation.time_zone if organisation else "UTC"
    return {team.pk: ZoneInfo(team.time_zone or default) for team in teams}


def zone_of(team: Team | None) -> ZoneInfo:
    """That of a team; without one, of the organisation."""
    if team is not None:
        return team.zone
    organisation = Organisation.current()
    return ZoneInfo(organisation.time_zone if organisation else "UTC")


def with_zone(team: Team) -> Team:
    """The team, in memory, with its zone written down: whoever asks for the zone of each of many rows asks nobody else."""
    known = copy(team)
    known.time_zone = team.zone.key
    return known


_listeners: list[Callable[[], None]] = []


def listen(listener: Callable[[], None]) -> None:
    """Call it when the time zone of a team changes, or the organisation's, which teams without their own have."""
    _listeners.append(listener)


def changed() -> None:
    """To be called in the transaction that changes one."""
    for listener in _listeners:
        listener()
