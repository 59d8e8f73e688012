"""The text of a calendar, read back by another library than the one that wrote it."""

from datetime import UTC, date, datetime
from typing import Any

import vobject
from hypothesis import given
from hypothesis import strategies as st

from calendars import ics
from calendars.events import Event

CHANGED = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
ORIGIN = "https://portal.example.com"
DAY = date(2026, 12, 31)


def event(title: str = "Due: x", about: str = "", **more: Any) -> Event:
    told = {"uid": "item:7", "day": DAY, "url": "/teams/1/", "changed_at": CHANGED, "edition": 2} | more
    return Event(title=title, about=about, **told)


def rendered(*events: Event, name: str = "Mine") -> bytes:
    return ics.render(events, name=name, origin=ORIGIN)


def read(*events: Event, name: str = "Mine") -> Any:
    return vobject.readOne(rendered(*events, name=name).decode())


def test_a_whole_day_with_all_that_a_program_needs() -> None:
    calendar = read(event())
    assert (calendar.version.value, calendar.x_wr_calname.value) == ("2.0", "Mine")
    assert calendar.refresh_interval.value == "PT1H"
    assert calendar.refresh_interval.params == {"VALUE": ["DURATION"]}
    made = calendar.vevent
    assert (made.dtstart.value, made.dtend.value) == (DAY, date(2027, 1, 1))
    assert (made.uid.value, made.sequence.value) == ("item:7@portal.example.com", "2")
    assert made.dtstamp.value == made.last_modified.value == CHANGED
    assert (made.summary.value, made.url.value) == ("Due: x", "https://portal.example.com/teams/1/")
    assert made.description.value == "https://portal.example.com/teams/1/"
    assert made.transp.value == "TRANSPARENT"


def test_what_has_not_changed_is_the_same_text() -> None:
    assert rendered(event()) == rendered(event())
    assert rendered(event()) != rendered(event("Due: y"))


def test_lines_are_folded_at_75_bytes_within_no_character() -> None:
    text = rendered(event("監視とアラートを整備する、" * 60), name="長い名前" * 60)
    assert max(map(len, text.split(b"\r\n"))) <= 75
    for line in text.split(b"\r\n"):
        line.decode()
    assert b"\n" not in text.replace(b"\r\n", b"")


def test_an_empty_calendar_is_one() -> None:
    assert not hasattr(read(), "vevent")


AWKWARD = st.text(
    st.one_of(
        st.sampled_from("\r\n\t\x00\x0b\x0c\x1b\x85\u2028\u2029\u202e,;:\\\"'n^N🚀👩‍💻é日本語、；"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=200,
)


@given(title=AWKWARD, about=AWKWARD, name=AWKWARD)
def test_whatever_people_write_comes_back(title: str, about: str, name: str) -> None:
    calendar = read(event(title, about), event("Due: the next", uid="item:8"), name=name)
    assert [each.uid.value.partition("@")[0] for each in calendar.vevent_list] == ["item:7", "item:8"]
    made = calendar.vevent_list[0]
    assert letters(made.summary.value) == letters(title)
    assert "\n" not in made.summary.value
    assert letters(made.description.value) == letters(f"{about}{ORIGIN}/teams/1/")
    assert letters(calendar.x_wr_calname.value) == letters(name)
    assert calendar.vevent_list[1].summary.value == "Due: the next"


def letters(text: str) -> str:
    """Everything but white space and what cannot be seen."""
    return "".join(
        each for each in text if not each.isspace() and not "\x00" <= each <= "\x1f" and not "\x7f" <= each <= "\x9f"
    )


def test_very_long_and_odd_ones_one_by_one() -> None:
    odd = [
        "a" * 10_000,
        "BEGIN:VEVENT\r\nEND:VCALENDAR",
        "x\nATTACH:file:///etc/passwd",
        "\\n\\,\\;",
        "；，「日本」",
        "🚀" * 100,
    ]
    calendar = read(*(event(title, uid=f"item:{number}") for number, title in enumerate(odd)))
    assert len(calendar.vevent_list) == len(odd)
    assert [each.summary.value for each in calendar.vevent_list] == [
        "a" * 10_000, "BEGIN:VEVENT END:VCALENDAR", "x ATTACH:file:///etc/passwd", "\\n\\,\\;", "；，「日本」", "🚀" * 100,
    ]  # fmt: skip
    assert not any(hasattr(each, "attach") for each in calendar.vevent_list)
