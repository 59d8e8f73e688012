"""When a mail to a person may leave. Pure: hours are those of the person's clock, instants are in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notices.models import Digest, Preference


def leaves_at(now: datetime, preference: Preference, zone: ZoneInfo) -> datetime:
    """The first instant from `now` on at which the person wants mail: the digest's hour, and never a quiet one."""
    at = now if preference.digest == Digest.AT_ONCE else _next_digest(now, preference, zone)
    return after_quiet(at, preference.quiet, zone)


def _next_digest(now: datetime, preference: Preference, zone: ZoneInfo) -> datetime:
    day = now.astimezone(zone).date()
    while True:
        at = _instant(day, time(preference.digest_hour), zone)
        if at > now and (preference.digest == Digest.DAILY or day.weekday() == preference.digest_weekday):
            return at
        day += timedelta(days=1)


def is_quiet(instant: datetime, quiet: tuple[time, time] | None, zone: ZoneInfo) -> bool:
    """Whether the person's clock shows a quiet hour. Hours may go over midnight: from 22:00 until 07:00."""
    if quiet is None:
        return False
    begin, end = quiet
    clock = instant.astimezone(zone).time()
    return begin <= clock < end if begin < end else clock >= begin or clock < end


def after_quiet(at: datetime, quiet: tuple[time, time] | None, zone: ZoneInfo) -> datetime:
    # More than once where clocks are put back and show the end of the quiet hours, and then quiet ones again.
    while quiet is not None and is_quiet(at, quiet, zone):
        local = at.astimezone(zone)
        day = local.date() if local.time() < quiet[1] else local.date() + timedelta(days=1)
        end = _instant(day, quiet[1], zone)
        at = end if end > at else at + timedelta(minutes=1)
    return at


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """When the person's clock shows this on that day; where it is put forward over it, as much later."""
    return datetime.combine(day, clock, zone).astimezone(UTC)
