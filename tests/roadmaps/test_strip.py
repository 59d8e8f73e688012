"""Many roadmaps on one calendar, and where each is heading in two words."""

from datetime import date, timedelta

import pytest

from roadmaps.models import Roadmap
from roadmaps.outlook import outlook
from roadmaps.overview import Overview
from roadmaps.progress import Event, Facts, Progress
from roadmaps.strip import MONTHS_AHEAD, Axis, Strip, axis_of

START = date(2026, 4, 1)  # ends on 31 March 2027
TODAY = date(2026, 11, 25)  # a Wednesday


class Faked(Overview):
    """An overview whose items are facts only, of which `done` are ticked off one a week up to this one."""

    def __init__(self, done: int, scope: int, *, today: date = TODAY, last_done: date | None = None) -> None:
        last = (last_done or today) - timedelta(days=7)
        days = [last - timedelta(weeks=number) for number in range(done)]
        facts = [Facts(1, START, None, (Event(1, day, "done"),)) for day in days]
        facts += [Facts(1, START, None) for _ in range(scope - done)]
        super().__init__(Roadmap(start_date=START, template_id="guide-roadmap", template_version=1), [], facts, today)
        self.__dict__["progress"] = Progress(done, scope)


@pytest.mark.parametrize(
    ("done", "scope", "kind", "word"),
    [
        (20, 24, "ok", "in time"),  # 20 in 26 weeks: the last 4 by January
        (20, 34, "risk", "P85 +3 wk"),  # 14 left: P50 in week 18 (28 March), P85 in week 21 (18 April)
        (10, 30, "late", "P50 +33 wk"),  # 20 left: week 51, 14 November
        (12, 12, "ok", "all done"),
        (3, 12, "none", "needs more data"),
        (0, 0, "none", "nothing to do"),
    ],
)
def test_the_outlook_compares_the_forecast_with_the_end(done: int, scope: int, kind: str, word: str) -> None:
    found = outlook(Faked(done, scope))
    assert (found.kind, found.word) == (kind, word)


def test_the_outlook_of_a_roadmap_that_stands_still() -> None:
    still = Faked(6, 12, today=date(2027, 3, 24), last_done=date(2026, 8, 26))
    assert (outlook(still).kind, outlook(still).word, still.quiet_weeks) == ("late", "stalled", 26)


def test_the_outlook_before_the_start_and_after_the_end() -> None:
    before = outlook(Faked(0, 12, today=date(2026, 3, 1)))
    assert (before.kind, before.dates, before.word) == ("none", "starts 1 Apr", "")
    after = outlook(Faked(3, 12, today=date(2027, 6, 1)))
    assert (after.kind, after.dates, after.word) == ("late", "ended 31 Mar", "not finished")


def test_weeks_without_anything_done_are_counted_from_the_last_complete_week() -> None:
    assert Faked(5, 12).quiet_weeks == 0
    assert Faked(5, 12, last_done=TODAY - timedelta(weeks=5)).quiet_weeks == 5
    assert Faked(5, 5, last_done=TODAY - timedelta(weeks=5)).quiet_weeks == 0, "nothing is left to do"


def test_the_calendar_holds_every_roadmap_and_no_more_than_it_can_show() -> None:
    axis = axis_of([Faked(20, 24), Faked(6, 200)], TODAY)
    assert axis.first == date(2026, 4, 1)
    assert axis.last == date(2027, 11, 30), f"{MONTHS_AHEAD} months from today, to the end of the month"
    assert len(axis.marks) <= 6
    assert axis_of([], TODAY) == Axis(date(2026, 11, 1), date(2026, 11, 30), TODAY)


def test_a_strip_stands_on_the_calendar() -> None:
    axis = Axis(date(2026, 4, 1), date(2027, 3, 31), TODAY)
    bars = Strip(Faked(20, 24), axis).bars
    assert [bar.x for bar in bars] == ["0.00%", "24.93%", "50.14%", "75.34%"]
    late = Strip(Faked(6, 60), axis)
    assert late.leaves_calendar
    assert late.forecast == ("98.00%", "98.50%")
    early = Strip(Faked(20, 24), Axis(date(2026, 10, 1), date(2027, 3, 31), TODAY))
    assert [bar.x for bar in early.bars] == ["0.00%", "50.55%"], "phases before the calendar are left out"
