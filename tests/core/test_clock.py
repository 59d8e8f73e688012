from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from core import clock

TOKYO = ZoneInfo("Asia/Tokyo")
BERLIN = ZoneInfo("Europe/Berlin")


def test_now_is_aware_and_can_be_set_for_a_block() -> None:
    instant = datetime(2026, 3, 1, 12, tzinfo=TOKYO)
    with clock.at(instant):
        assert clock.now() == instant
        assert clock.now().tzinfo is UTC
    assert clock.now() != instant


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"), clock.at(datetime(2026, 3, 1)):
        pass


def test_a_day_is_that_of_the_zone() -> None:
    late = datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert clock.day_of(late, TOKYO) == date(2026, 3, 2)
    with clock.at(late):
        assert clock.today(TOKYO) == date(2026, 3, 2)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_days_have_the_length_that_the_zone_gives_them(day: date, hours: int) -> None:
    assert (clock.end_of(day, BERLIN) - clock.start_of(day, BERLIN)).total_seconds() == hours * 3600
