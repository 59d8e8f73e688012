"""What every page's frame shows of the house itself."""

from typing import Any

from django.http import HttpRequest

from core import undo as offers


def undo(request: HttpRequest) -> dict[str, Any]:
    """`undo_offer`: what this page says can be taken back; asked for only where a page shows its frame."""
    return {"undo_offer": lambda: offers.shown(request)}
