"""A message that cannot be sent costs time, never an acknowledged write."""

from __future__ import annotations

from typing import Any

import pytest
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from core import bell


class Task:
    name = "some.task"

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.sent: list[dict[str, Any]] = []

    def apply_async(self, **options: Any) -> None:
        self.sent.append(options)
        if self.error:
            raise self.error


def test_a_message_does_not_wait_for_a_broker_and_ends_with_its_life() -> None:
    task = Task()
    bell.send(task, 7, life=60)
    assert task.sent == [{"args": (7,), "expires": 60, "retry": False}]


@pytest.mark.parametrize(
    "error",
    [OperationalError("away"), RedisConnectionError("away"), ResponseError("OOM command not allowed"), OSError("full")],
)
def test_no_error_of_a_broker_reaches_the_request(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    bell.send(Task(error), life=60)
    assert "no message for some.task" in caplog.text
