"""The worker killed with -9 at each step from the event to the mark: nothing is lost, and what comes twice has the same id."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from django.db import connection

from notices import outbox, posting, sending
from notices.models import Outgoing, OutgoingState
from teams.models import Person, Team
from tests.notices.telling import add_channel, send_later, tell
from tests.receivers import Hook, Mailbox

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_unguarded"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="needs a database that processes share"),
]


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(target: Any, name: str) -> Any:
    """Let the process die when `name` has done its work."""
    real = getattr(target, name)

    def does_and_dies(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        die()

    return mock.patch.object(target, name, does_and_dies)


def instead(target: Any, name: str) -> Any:
    return mock.patch.object(target, name, die)


# Where it dies -> how often the receiver has then got the message in the end, by mail and by post.
STEPS: dict[str, tuple[Callable[[], Any], int]] = {
    "before the bell rings": (lambda: instead(outbox, "enqueue"), 1),
    "with the lease": (lambda: instead(sending, "_deliver"), 1),
    "before a mail is handed over": (lambda: instead(sending.Postman, "hand_over"), 1),
    "before it is posted": (lambda: instead(posting, "post"), 1),
    "when a mail was handed over": (lambda: after(sending.Postman, "hand_over"), 2),
    "when it was posted": (lambda: after(posting, "post"), 2),
    "before the mark is committed": (lambda: after(outbox, "end"), 2),
    "when it was marked": (lambda: after(sending, "_deliver"), 1),
}
_kept: list[object] = []


def in_a_process_that_dies(act: Callable[[], object], dies: Callable[[], Any]) -> None:
    """A worker is a process of its own; this one is a copy with a connection of its own to the database."""
    child = os.fork()
    if child == 0:
        try:
            _kept.append(connection.connection)  # the parent's: neither used nor closed here
            connection.connection = None
            with dies():
                act()
        finally:
            os._exit(7)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


# Each step of each way: a post has no step of a mail, nor the other way round.
OF_ONE_WAY = {"mail": "posted", "post": "mail"}  # a word that only steps of the other way have
WAYS = [(step, way) for way, foreign in OF_ONE_WAY.items() for step in STEPS if foreign not in step]


@pytest.mark.parametrize(("step", "way"), WAYS)
def test_killed(step: str, way: str, team: Team, editor: Person, mailbox: Mailbox, hook: Hook) -> None:
    dies, times = STEPS[step]
    if way == "post":
        add_channel(team, hook.url)
    told = {"to": (editor,), "team": team} if way == "mail" else {"to": (), "team": team, "by": editor}

    def happens() -> None:
        tell(*told["to"], team=team, by=editor)  # type: ignore[misc]

    if step == "before the bell rings":
        in_a_process_that_dies(happens, dies)
    else:
        with mock.patch.object(outbox, "enqueue"):
            happens()
        in_a_process_that_dies(sending.send, dies)
    row = Outgoing.objects.get()
    assert send_later(seconds=59) == (row.lease_until is None and row.state == OutgoingState.WAITING)
    send_later(seconds=61)
    assert Outgoing.objects.get().state == OutgoingState.SENT
    ids = mailbox.ids if way == "mail" else [post.headers["webhook-id"] for post in hook.posts]
    wanted = f"<{row.uid}@portal.example.com>" if way == "mail" else str(row.uid)
    assert Counter(ids) == {wanted: times}
    assert send_later(hours=2) == 0
