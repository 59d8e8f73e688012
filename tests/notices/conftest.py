"""Kinds of notices that only tests know, and a portal that mails."""

from typing import Any

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


@pytest.fixture(autouse=True)
def _mail(settings: Any) -> None:
    settings.MAIL_WORKS = True
    settings.PORTAL_URL = "https://portal.example.com"
    settings.DEFAULT_FROM_EMAIL = "portal@example.com"
