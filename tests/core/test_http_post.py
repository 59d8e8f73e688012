"""core.http's POST: once, to one address, whatever it is answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from core import clock
from core.http import Client, OutgoingError, RateLimited
from tests.receivers import Answer, Hook

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def hook(settings: Any) -> Iterator[Hook]:
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    made = Hook()
    yield made
    made.close()


def refused(hook: Hook, answer: Answer) -> OutgoingError:
    hook.answers = [answer, answer, answer]
    with Client(hook.url) as client, pytest.raises(OutgoingError) as caught:
        client.post(b"{}", {"X-Own": "1"})
    assert len(hook.posts) == 1  # whoever keeps it tries it again
    return caught.value


@pytest.mark.parametrize("answer", [Answer(), Answer(202, b""), Answer(204, b""), Answer(200, b"<html>")])
def test_any_2xx_will_do(answer: Answer, hook: Hook) -> None:
    hook.answers = [answer]
    with Client(hook.url) as client:
        client.post(b'{"x": 1}', {"X-Own": "1"})
    (post,) = hook.posts
    assert (post.path, post.body, post.headers["x-own"]) == ("/services/T000/secret-of-the-channel", b'{"x": 1}', "1")


@pytest.mark.parametrize(
    ("answer", "code", "permanent", "said"),
    [
        (Answer(400, b"invalid_payload"), "refused", True, "invalid_payload"),
        (Answer(403, b"action\n prohibited"), "forbidden", True, "action prohibited"),
        (Answer(401, b'{"message": "no"}'), "unauthorised", True, "no"),
        (Answer(404, b"<html>secret</html>"), "not_found", True, ""),
        (Answer(410), "gone", True, "ok"),
        (Answer(500), "server_error", False, None),
        (Answer(304, b""), "refused", True, ""),
    ],
)
def test_what_else_it_can_be(answer: Answer, code: str, permanent: bool, said: str | None, hook: Hook) -> None:
    error = refused(hook, answer)
    assert (error.code, error.permanent, error.params.get("said")) == (code, permanent, said)
    assert "secret-of-the-channel" not in f"{error} {error.params}"


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_is_told_and_not_slept(status: int, hook: Hook) -> None:
    with clock.at(NOON):
        error = refused(hook, Answer(status, headers={"Retry-After": "3"}))
    assert isinstance(error, RateLimited)
    assert (error.retry_at - NOON).total_seconds() == 3


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_it_follows_nobody(status: int, hook: Hook) -> None:
    error = refused(hook, Answer(status, headers={"Location": "https://evil.example/x"}))
    assert (error.code, error.params["to"]) == ("redirected_elsewhere", "evil.example")


def test_a_host_that_drops_the_connection_and_one_that_is_not_there(hook: Hook) -> None:
    hook.close()
    with Client(hook.url) as client, pytest.raises(OutgoingError) as caught:
        client.post(b"{}", {})
    assert caught.value.code == "unreachable"
    assert not caught.value.permanent


def test_a_private_address_is_refused(settings: Any) -> None:
    settings.OUTGOING_ALLOW = []
    with Client("https://127.0.0.1:1/x") as client, pytest.raises(OutgoingError) as caught:
        client.post(b"{}", {})
    assert caught.value.code == "address_refused"
