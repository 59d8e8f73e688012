"""The story's own rules: which day a week means, how values are spread, where a cycle begins."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sample.parts import okrs
from sample.parts.comments import MENTION
from sample.story import Calendar, Cast, chance, story

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)  # in Tokyo it is Thursday, half past midnight


def test_weeks_count_back_from_the_organisations_own_day() -> None:
    calendar = Calendar(NOW, TOKYO)
    assert calendar.today == date(2026, 11, 26)
    assert calendar.monday(0) == date(2026, 11, 23)
    assert calendar.day(2, 4) == date(2026, 11, 13)
    assert calendar.at(1, 0, 9.5) == datetime(2026, 11, 16, 0, 30, tzinfo=UTC)


def test_nothing_is_dated_after_now() -> None:
    calendar = Calendar(NOW, TOKYO)
    assert calendar.day(0, 4) == calendar.today
    assert calendar.at(0, 3, 20) == NOW


@pytest.mark.parametrize(
    ("values", "at", "wanted"),
    [
        ([1, 2, 3, 4, 5, 6], 2, 3),  # one for each Monday
        ([1, None, 3, 4, 5, 6], 1, None),
        ([7], 9, 7),
        ([10, 21], 0, 10),
        ([10, 21], 5, 15),
        ([10, 21], 11, 21),  # the last of a cycle's twelve
        ([10, 20, 20], 11, 20),
    ],
)
def test_values_are_spread_over_the_mondays(values: list[float | None], at: int, wanted: float | None) -> None:
    assert okrs.spread(values, at) == wanted


def test_on_every_day_there_is_a_cycle_that_began_in_the_middle_of_a_month() -> None:
    for days in range(3 * 366):
        cast = Cast(Calendar(NOW + timedelta(days=days), TOKYO))
        begins = okrs._begins(cast, 0)
        assert 6 <= begins <= 10
        for number in range(3):
            assert 5 <= cast.calendar.monday(begins + 13 * number).day <= 21
        assert len(okrs._mondays(cast, 0)) == begins <= 10
        assert len(okrs._mondays(cast, 1)) == 12


def test_chance_falls_alike_each_time() -> None:
    assert [chance("a", "b").random() for _ in range(3)] == [chance("a", "b").random()] * 3
    assert chance("a", "b").random() != chance("a", "c").random()


@pytest.mark.whole
def test_the_story_names_only_what_there_is() -> None:
    told = story()
    for team in told["teams"].values():
        assert team["group"] in told["groups"]
        assert set(team["members"]) <= told["people"].keys()
        named = {event["by"] for event in team.get("roadmap", {}).get("events", ())}
        named |= {each["owner"] for goal in team.get("okrs", ()) for each in [goal, *goal["key_results"]]}
        comments = team.get("comments", ())
        named |= {each["by"] for each in comments}
        named |= {key for each in comments for said in each["text"].values() for key in MENTION.findall(said)}
        assert named <= set(team["members"])
