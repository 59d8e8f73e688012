"""What stands in a cell, there and back: text that cannot become a formula, days, instants, choices."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.refusals import Refused

# What a spreadsheet takes for a formula. Apostrophes in front count too, so that one more can be taken off without doubt.
_FORMULA = re.compile(r"'* *[=+\-@\t\r\n]")
_DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|年(\d{1,2})月(\d{1,2})日)(?:[T ]0?0:00(?::00)?)?"
)


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
    if not text.strip():
        return None
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", text).strip())
    try:
        if found:
            return date(*(int(part) for part in found.groups() if part))
    except ValueError:
        pass
    raise Refused(_("“%(text)s” is no day. Write it as 2026-04-01.") % {"text": short(text)})


def instant(text: str, zone: ZoneInfo) -> datetime | None:
    """The instant, in `zone` unless it says another; None for an empty cell. A day alone is its first instant."""
    if not text.strip():
        return None
    wanted = unicodedata.normalize("NFKC", text).strip().replace("/", "-")
    try:
        found = datetime.fromisoformat(wanted)
        found = found if found.tzinfo else found.replace(tzinfo=zone)
        found.timestamp()
    except (ValueError, OverflowError):
        message = _("“%(text)s” is no instant. Write it as 2026-04-01 09:30.")
        raise Refused(message % {"text": short(text)}) from None
    return found


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
