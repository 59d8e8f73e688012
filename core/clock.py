"""The only source of the time. Everything that dates a row takes it from here.

Tests and the sample organisation write a consistent past with `at(instant)`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_fixed: ContextVar[datetime | None] = ContextVar("fixed", default=None)


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _fixed.get() or datetime.now(UTC)


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Let `now()` answer `instant` (aware) inside the block, in this thread only."""
    if instant.tzinfo is None:
        raise ValueError("core.clock.at needs an aware instant")
    token = _fixed.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _fixed.reset(token)


def today(zone: ZoneInfo) -> date:
    """The present day in `zone`."""
    return now().astimezone(zone).date()


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The day in `zone` that holds `instant`."""
    return instant.astimezone(zone).date()


def shown_twice(local: datetime) -> bool:
    """Whether the clocks of its zone show this time twice, because they are put back. Of an instant, on the zone's clock."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of `day` in `zone`, in UTC. A day may have 23 or 25 hours; never add 24 to get the next."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The first instant after `day` in `zone`, in UTC."""
    return start_of(day + timedelta(days=1), zone)
