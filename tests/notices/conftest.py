"""Kinds of notices that only tests know."""

import pytest

from notices import kinds
from notices.kinds import Kind


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """`told` goes to people and channels, `quiet` is not mailed unless somebody wants it, `due` is a reminder."""
    monkeypatch.setattr(kinds, "_kinds", {})
    kinds.register(Kind("told", "Told", "%(by)s told you of “%(title)s”.", "%(by)s told of “%(title)s”."))
    kinds.register(Kind("quiet", "Quiet", "Quietly: “%(title)s”.", mail=False))
    kinds.register(
        Kind("due", "Due", "“%(title)s” is due on %(day)s.", "“%(title)s” is due on %(day)s.", reminder=True)
    )
