"""Events as iCalendar text (RFC 5545, with RFC 7986's names): escaped and folded by the icalendar library."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlsplit

import icalendar

from calendars.events import Event

REFRESH = timedelta(hours=1)  # how often a program should look
# What cannot stand in a text of the format, or is taken for the end of a line by careless readers of it.
_BREAKS = re.compile("\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_HIDDEN = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


def render(events: Iterable[Event], *, name: str, origin: str) -> bytes:
    """The same events give the same bytes, whenever they are asked for. `origin`: https://portal.example.com."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//MLOps Portal//Calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    for called in ("name", "x-wr-calname"):  # the older of the two is what most programs read
        calendar.add(called, icalendar.vText(_line(name)))  # a name that the library does not know it would not escape
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", icalendar.vDuration(REFRESH))
    for event in events:
        calendar.add_component(_event(event, origin))
    return calendar.to_ical()


def _event(event: Event, origin: str) -> icalendar.Event:
    made, url = icalendar.Event(), f"{origin}{event.url}"
    made.add("uid", f"{event.uid}@{urlsplit(origin).hostname}")
    # Without a METHOD the stamp is when the event was last revised, so what has not changed is the same text again.
    made.add("dtstamp", event.changed_at.replace(microsecond=0))
    made.add("last-modified", event.changed_at.replace(microsecond=0))
    made.add("sequence", event.edition)
    made.add("dtstart", event.day)
    made.add("dtend", event.day + timedelta(days=1))  # the first day after it
    made.add("summary", _line(event.title))
    about = _text(event.about)
    made.add("description", f"{about}\n\n{url}" if about else url)  # where many programs show no URL
    made.add("url", url)
    made.add("transp", "TRANSPARENT")  # nobody is busy for a whole day
    return made


def _text(text: str) -> str:
    return _HIDDEN.sub("", _BREAKS.sub("\n", text)).strip()


def _line(text: str) -> str:
    return " ".join(_text(text).split("\n"))
