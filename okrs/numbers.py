"""Numbers as people type and read them; docs/definitions.md, OKRs."""

from __future__ import annotations

import re
import unicodedata

LARGEST = 1e15
_SPACES = re.compile(r"[\s'’_]")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*")


class NotANumber(ValueError):
    """This text is no number."""


class Ambiguous(ValueError):
    """This text can be read in two ways, `readings`: it is asked back."""

    def __init__(self, readings: tuple[float, float]) -> None:
        super().__init__("ambiguous")
        self.readings = readings


def parse(text: str) -> float:
    """1.5, 1,5, 1,234.5, 1.234,5, full-width digits, a minus sign of any kind, a % behind.

    Ambiguous for a comma before exactly three digits ("1,234"). A point there is a decimal point, as the portal itself
    writes it. NotANumber for everything else, and beyond ±10^15.
    """
    plain = unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip().removesuffix("%")
    plain = _SPACES.sub("", plain)
    sign = -1.0 if plain.startswith("-") else 1.0
    value = sign * _unsigned(plain.removeprefix("-").removeprefix("+"), sign)
    if abs(value) > LARGEST:
        raise NotANumber
    return value + 0.0  # never -0


def _unsigned(text: str, sign: float) -> float:
    separators = [each for each in text if each in ".,"]
    kinds = set(separators)
    if len(kinds) == 2:
        return _both(text, decimal=separators[-1])
    if separators.count(",") == 1 and _GROUPED.fullmatch(text):
        raise Ambiguous((sign * _number(text.replace(",", ".")), sign * _number(text.replace(",", ""))))
    if len(separators) > 1:
        return _number(_ungrouped(text))
    return _number(text.replace(",", "."))


def _both(text: str, decimal: str) -> float:
    """With both separators the last one is the decimal one; the other must stand before groups of three."""
    whole, _, fraction = text.rpartition(decimal)
    return _number(f"{_ungrouped(whole)}.{fraction}")


def _ungrouped(text: str) -> str:
    if not _GROUPED.fullmatch(text):
        raise NotANumber
    return text.replace(",", "").replace(".", "")


def _number(text: str) -> float:
    if not re.fullmatch(r"\d+\.?\d*|\.\d+", text, re.ASCII):
        raise NotANumber
    return float(text)


def written(value: float | None) -> str:
    """A value as the portal writes it and as a field is prefilled: 8.4, 1234.5, 63. Read back it is the same (to 6 decimals)."""
    if value is None:
        return ""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
