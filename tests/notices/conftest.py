"""Kinds of notices that only tests know, and a portal that mails."""

from collections.abc import Iterator
from typing import Any

import pytest

from notices import kinds, own
from notices.kinds import Kind
from tests.receivers import Hook, Mailbox


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """`told` goes to people and channels, `quiet` is not mailed unless somebody wants it, `due` is a reminder."""
    monkeypatch.setattr(kinds, "_kinds", {})
    own.register()
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


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    """A real mail server, which the portal uses."""
    made = Mailbox()
    made.use(settings)
    yield made
    made.close()


@pytest.fixture
def hook(settings: Any) -> Iterator[Hook]:
    """A real host that takes posts, and that may be reached."""
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    made = Hook()
    yield made
    made.close()
