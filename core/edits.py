"""The rule of the stale edit (docs/definitions.md): one exception, told alike by pages (409) and by the API."""

from typing import Any


class StaleEdit(Exception):
    """Somebody changed the same field meanwhile. `theirs` is what stands there now, `yours` what was sent."""

    def __init__(self, *, theirs: Any, yours: Any) -> None:
        super().__init__("stale edit")
        self.theirs = theirs
        self.yours = yours
