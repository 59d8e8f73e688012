"""Why a push was refused: one sentence, and nothing of the push is stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from core.refusals import Refused


class PushRefused(Refused):
    """Something is wrong with the entry `index` of the push."""

    def __init__(self, message: str, field: str | None, index: int) -> None:
        super().__init__(message, field)
        self.index = index


class Elsewhere(Refused):
    """It is told by another source already, and would count twice."""

    conflicts: ClassVar[bool] = True


@contextmanager
def entry(index: int) -> Iterator[None]:
    """Whatever is refused inside is refused of this entry."""
    try:
        yield
    except Elsewhere:
        raise
    except Refused as error:
        raise PushRefused(error.message, error.field, index) from None
