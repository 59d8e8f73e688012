"""How the portal writes a number of bytes: a MB has 1024 × 1024 of them, as in the settings of servers in front of it."""

from __future__ import annotations

from django.template.defaultfilters import filesizeformat

MB = 1024 * 1024


def size_text(size: float) -> str:
    """ "1 MB", "1.5 KB"."""
    return str(filesizeformat(size)).replace(".0\xa0", "\xa0")
