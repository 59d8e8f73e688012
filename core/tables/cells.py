"""What stands in a cell, there and back: text that cannot become a formula, days, instants, choices."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.refusals import Refused

# What a spreadsheet takes for a formula. Apostrophes in front count too, so that one more can be taken off without doubt.
_FORMULA = re.compile(r"'* *[=+\-@\t\r\n]")
# Year first, however it is parted; day first only with dots, which nobody reads in two ways.
_DAY = re.compile(
    r"(?:(?P<y1>\d{4})(?P<p>[-/.])(?P<m1>\d{1,2})(?P=p)(?P<d1>\d{1,2})"
    r"|(?P<y2>\d{4})年(?P<m2>\d{1,2})月(?P<d2>\d{1,2})日"
    r"|(?P<d3>\d{1,2})\.(?P<m3>\d{1,2})\.(?P<y3>\d{4}))"
)
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_MIDNIGHT = re.compile(r"(?:[T ]0?0:00(?::00)?)?")
_TIME = re.compile(r"(?:T| +)?(\d{1,2})(?::|時)(.*)")


def harmless(value: Any) -> Any:
    """A cell's value: text that a spreadsheet would take for a formula gets an apostrophe in front; None is empty."""
    if value is None:
        return ""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (int, float)):
        return value
    text = str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def as_written(text: str) -> str:
    """The text that `harmless` made this of: exactly the apostrophe that it put in front is taken off again."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def plain(text: str) -> str:
    """The text as it is compared: upper and lower case, full and half width, and blanks make no difference."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def in_every_language(text: str | Promise) -> set[str]:
    """How a text of the portal reads in each of its languages, to be compared with `plain`."""
    found = set()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found.add(plain(str(text)))
    return found


def day(text: str) -> date | None:
    """The day, None for an empty cell. Refused for what is none, or can be read in two ways."""
    wanted = unicodedata.normalize("NFKC", text).strip()
    if not wanted:
        return None
    found, rest = _leading_day(wanted)
    if found is None or not _MIDNIGHT.fullmatch(rest):
        raise Refused(_("“%(text)s” is no day. Write it as 2026-04-01.") % {"text": short(text)})
    return found


def _leading_day(text: str) -> tuple[date | None, str]:
    """The day with which the text begins, and what follows it. Refused for one that can be read in two ways."""
    slashed = _SLASHED.match(text)
    if slashed:
        raise Refused(_two_readings(slashed))
    found = _DAY.match(text)
    if not found:
        return None, text
    year, month, number = (next(filter(None, map(found.groupdict().get, names))) for names in _PARTS)
    try:
        return date(int(year), int(month), int(number)), text[found.end() :]
    except ValueError:
        return None, text


_PARTS = (("y1", "y2", "y3"), ("m1", "m2", "m3"), ("d1", "d2", "d3"))


def _two_readings(slashed: re.Match[str]) -> str:
    first, second, year = map(int, slashed.groups())
    readings = []
    for month, number in ((second, first), (first, second)):
        try:
            readings.append(date(year, month, number).isoformat())
        except ValueError:
            continue
    if not readings:
        return _("“%(text)s” is no day. Write it as 2026-04-01.") % {"text": slashed[0]}
    if len(set(readings)) == 1:
        message = _("Whether the day or the month stands first is not clear from slashes. Write “%(text)s” as %(day)s.")
        return message % {"text": slashed[0], "day": readings[0]}
    message = _("“%(text)s” can be read in two ways, as %(one)s and as %(other)s. Write one of them.")
    return message % {"text": slashed[0], "one": readings[0], "other": readings[1]}


def instant(text: str, zone: ZoneInfo) -> datetime | None:
    """The instant, in `zone` unless it says another; None for an empty cell. A day alone is its first instant.

    Refused for a time that the clocks of the zone leave out, and for one that they show twice.
    """
    wanted = unicodedata.normalize("NFKC", text).strip()
    if not wanted:
        return None
    on, rest = _leading_day(wanted)
    try:
        if on is None:
            raise ValueError
        found = datetime.fromisoformat(f"{on.isoformat()}T{_time(rest)}")
        (found if found.tzinfo else found.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError):
        message = _("“%(text)s” is no instant. Write it as 2026-04-01 09:30.")
        raise Refused(message % {"text": short(text)}) from None
    if found.tzinfo:
        return found
    if rest:
        _check_clock(found, zone, short(text))
    return found.replace(tzinfo=zone)


def _time(text: str) -> str:
    """The time after a day as datetime.fromisoformat reads it: “ 9:30”, “T09:30:00+02:00”, “9時30分”."""
    if not text:
        return "00:00"
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(text)
    hour, rest = found.groups()
    rest = rest.replace("分", ":").replace("秒", "").rstrip(": ") if "時" in text else rest
    return f"{int(hour):02}:{rest or '00'}"


def _check_clock(naive: datetime, zone: ZoneInfo, text: str) -> None:
    """Refused for a time that is none on the zone's clocks, or two."""
    first, second = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return
    words = {"text": text, "zone": zone.key}
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0) != naive:
        message = _("“%(text)s” does not exist in %(zone)s: the clocks are put forward over it.")
        raise Refused(message % words)
    words |= {name: each.isoformat(" ", "minutes") for name, each in (("first", first), ("second", second))}
    message = _("“%(text)s” comes twice in %(zone)s, because the clocks are put back. Write %(first)s or %(second)s.")
    raise Refused(message % words)


class Choices:
    """What a cell may say: a choice as it is stored, or as it reads in any of the portal's languages; or one of `also`."""

    def __init__(
        self, choices: Iterable[tuple[str, str | Promise]], also: Iterable[tuple[str, str | Promise]] = ()
    ) -> None:
        self.choices = list(choices)
        named = [*also, *self.choices]
        self.readings = {reading: value for value, label in named for reading in in_every_language(label)}
        self.readings |= {plain(value): value for value, _label in self.choices}

    def of(self, text: str) -> str:
        """The choice as it is stored, "" for an empty cell. Refused for what is none."""
        wanted = plain(text)
        if wanted and wanted not in self.readings:
            names = _(", ").join(str(label) for _value, label in self.choices)
            raise Refused(_("“%(text)s” is none of: %(choices)s.") % {"text": short(text), "choices": names})
        return self.readings[wanted] if wanted else ""


def short(text: str) -> str:
    """A text that somebody typed, short enough to be told in a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:39]}…"
