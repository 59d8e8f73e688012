"""When a mail may leave: quiet hours and digests, for any hour, zone and instant."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.models import Digest, Preference
from notices.timing import is_quiet, leaves_at

ZONES = ["UTC", "Europe/Berlin", "Asia/Tokyo", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"]
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
hours = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
zones = st.sampled_from(ZONES).map(ZoneInfo)
digests = st.sampled_from(Digest.values)


def preferring(**facts: object) -> Preference:
    return Preference(**facts)


@given(instants, digests, st.integers(0, 23), st.integers(0, 6), st.none() | st.tuples(hours, hours), zones)
def test_never_before_and_never_in_quiet_hours(
    now: datetime, digest: str, hour: int, weekday: int, quiet: tuple[time, time] | None, zone: ZoneInfo
) -> None:
    begin, end = quiet or (None, None)
    chosen = preferring(digest=digest, digest_hour=hour, digest_weekday=weekday, quiet_from=begin, quiet_until=end)
    at = leaves_at(now, chosen, zone)
    assert at >= now
    assert not is_quiet(at, chosen.quiet, zone)
    assert at - now <= timedelta(days=9)
    assert leaves_at(at, preferring(quiet_from=begin, quiet_until=end), zone) == at  # asked again then, it may leave


@given(instants, hours, hours, zones)
def test_at_once_means_at_once_outside_quiet_hours(now: datetime, begin: time, end: time, zone: ZoneInfo) -> None:
    chosen = preferring(quiet_from=begin, quiet_until=end)
    at = leaves_at(now, chosen, zone)
    assert (at == now) == (not is_quiet(now, chosen.quiet, zone))
    assert at - now <= timedelta(hours=25)


@given(instants, digests.filter(lambda each: each != Digest.AT_ONCE), st.integers(0, 23), st.integers(0, 6), zones)
def test_a_digest_leaves_at_its_hour_and_day(now: datetime, digest: str, hour: int, day: int, zone: ZoneInfo) -> None:
    at = leaves_at(now, preferring(digest=digest, digest_hour=hour, digest_weekday=day), zone)
    its_day = at.astimezone(zone).date()
    assert at == datetime.combine(its_day, time(hour), zone).astimezone(UTC)
    assert digest == Digest.DAILY or its_day.weekday() == day
    assert at - now <= timedelta(days=2 if digest == Digest.DAILY else 8)


@given(st.lists(instants, min_size=2, max_size=20), zones)
def test_what_comes_before_the_same_hour_leaves_together(many: list[datetime], zone: ZoneInfo) -> None:
    chosen = preferring(digest=Digest.DAILY, digest_hour=8)
    leaving = {leaves_at(each, chosen, zone) for each in many}
    assert len(leaving) <= (max(many) - min(many)).days + 2


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-26T12:00", "2026-11-26T12:00"),
        ("2026-11-26T21:30", "2026-11-27T06:00"),  # 22:30 in Berlin until 7:00
        ("2026-11-26T20:59", "2026-11-26T20:59"),
        ("2026-11-26T21:00", "2026-11-27T06:00"),  # the first minute is quiet, the last one is not
        ("2026-11-27T06:00", "2026-11-27T06:00"),
        ("2026-11-27T05:59", "2026-11-27T06:00"),
        ("2026-03-28T22:00", "2026-03-29T05:00"),  # clocks are put forward in between
        ("2026-10-24T21:00", "2026-10-25T06:00"),  # and back
    ],
)
def test_a_night_in_berlin(now: str, expected: str) -> None:
    chosen = preferring(quiet_from=time(22), quiet_until=time(7))
    at = leaves_at(datetime.fromisoformat(now).replace(tzinfo=UTC), chosen, ZoneInfo("Europe/Berlin"))
    assert at == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_the_first_minute_of_a_quiet_noon_is_quiet_and_the_end_is_not() -> None:
    noon = time(12), time(13)
    at = [is_quiet(datetime(2026, 11, 26, hour, tzinfo=UTC), noon, ZoneInfo("UTC")) for hour in (11, 12, 13)]
    assert at == [False, True, False]
