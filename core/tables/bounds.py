"""How much of a table is read, and a line of one before anybody knows what its columns are."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Bounds:
    """How much is read: bytes as they come, bytes once unpacked, rows (empty ones counted too), columns."""

    size: int = 5 * 1024 * 1024
    unpacked: int = 50 * 1024 * 1024
    rows: int = 20_000
    columns: int = 100


BOUNDS = Bounds()


@dataclass(frozen=True)
class Line:
    """A row of the file before its columns are known: an empty one has only "" in `cells`."""

    number: int
    cells: list[str]
    problem: str | Promise = ""  # told when somebody reads it, in their language
