"""What a change says of another one that it takes back, wherever it is told. Pure."""

from __future__ import annotations

import re

_TITLE = re.compile(r'revert\s+"(.+)"', re.IGNORECASE)


def quoted(title: str) -> str:
    """What stands between the quotation marks of a title as git writes it; "" where it reverts nothing."""
    found = _TITLE.fullmatch(title)
    return found[1] if found else ""
