"""The log: one line for each event with the number of its request or task, and nothing in it that is secret or personal."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from celery import beat, current_app
from django.db import OperationalError
from django.test import Client
from kombu.exceptions import OperationalError as BrokerAway

from core import logs
from core.tasks import pulse
from teams.models import Person

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What production would have written so far."""
    output = io.StringIO()
    made = logs.configure(level="INFO", as_json=True)["formatters"]["line"]
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=made["processors"], foreign_pre_chain=made["foreign_pre_chain"])
    )
    logging.getLogger().addHandler(handler)
    structlog.contextvars.clear_contextvars()
    # What sign-in writes of itself has tests of its own (tests/teams/test_security_log.py).
    written = lambda: (json.loads(line) for line in output.getvalue().splitlines())  # noqa: E731
    yield lambda: [line for line in written() if line.get("logger") != "teams.security_log"]
    logging.getLogger().removeHandler(handler)
    structlog.contextvars.clear_contextvars()


def quiet(client: Client) -> Client:
    client.raise_request_exception = False
    return client


# -- Requests -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_request_is_one_line(signed_in: Callable[[Person], Client], editor: Person, lines: Lines) -> None:
    response = signed_in(editor).get("/teams/?q=hush")
    (line,) = lines()
    assert line["event"] == "request_finished"
    assert line["request"] == "GET /teams/"
    assert (line["code"], line["level"], line["person_id"]) == (200, "info", editor.pk)
    assert line["request_id"] == response.headers["X-Request-ID"]
    assert line["ms"] >= 0
    text = json.dumps(line)
    assert editor.email not in text
    assert editor.name not in text
    assert "hush" not in text


@pytest.mark.django_db
def test_a_refusal_is_one_line_without_a_traceback(
    signed_in: Callable[[Person], Client], editor: Person, lines: Lines
) -> None:
    assert signed_in(editor).get("/organisation/audit/").status_code == 403
    (line,) = lines()
    assert (line["code"], line["level"]) == (403, "warning")
    assert "exception" not in line


@pytest.mark.django_db
def test_a_fault_is_one_line_with_its_traceback_and_its_number_on_the_page(
    signed_in: Callable[[Person], Client], editor: Person, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        local = "a-local-hush"
        raise ZeroDivisionError(len(local))

    monkeypatch.setattr("insights.views.pages.visits.looked", broken)
    response = quiet(signed_in(editor)).get("/")
    (line,) = lines()
    assert (line["event"], line["level"]) == ("request_failed", "error")
    assert "ZeroDivisionError" in line["exception"]
    assert "a-local-hush" not in line["exception"].replace('local = "a-local-hush"', "")
    assert line["request_id"] in response.text


@pytest.mark.django_db
def test_what_is_away_is_one_warning_that_names_it(
    signed_in: Callable[[Person], Client], editor: Person, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: object) -> None:
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr("insights.views.pages.visits.looked", away)
    assert quiet(signed_in(editor)).get("/").status_code == 503
    (line,) = lines()
    assert (line["level"], line["away"], line["error"]) == ("warning", "database", "connection refused")
    assert line["code"] == 503
    assert "exception" not in line


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/livez", "/static/portal.css"])
def test_what_is_asked_for_all_the_time_is_not_told(client: Client, lines: Lines, path: str) -> None:
    assert client.get(path).headers["X-Request-ID"]
    assert lines() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("9c0a7e46-1f4e-4a6e-8f0e-3b7b6f0c9d11", True),
        ("short", False),
        ("with space in it", False),
        ('"}{"event": "forged"', False),
        ("x" * 65, False),
    ],
)
def test_a_number_is_taken_only_if_it_is_well_formed(client: Client, lines: Lines, given: str, taken: bool) -> None:
    response = client.get("/teams/", headers={"X-Request-ID": given})
    number = response.headers["X-Request-ID"]
    assert (number == given) is taken
    assert {line["request_id"] for line in lines()} == {number}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/invitation/Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFy/",
        "/invitation/Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFy",  # mistyped: only Django's own redirect saw it
        "/accounts/password/reset/key/3-Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFy/",
    ],
)
def test_the_secret_in_a_path_is_left_out(organisation: object, client: Client, lines: Lines, path: str) -> None:
    client.get(path)
    assert lines()
    assert "Zm9vYmFy" not in json.dumps(lines(), ensure_ascii=False)


def test_the_context_of_one_request_does_not_reach_the_next(lines: Lines, db: None, client: Client) -> None:
    client.get("/teams/")
    logging.getLogger("elsewhere").warning("later")
    assert "request_id" not in lines()[-1]


# -- Other libraries and tasks ------------------------------------------------------------------------------------


def test_lines_of_other_libraries_have_the_same_shape(lines: Lines) -> None:
    structlog.contextvars.bind_contextvars(request_id="abc")
    logging.getLogger("a.module.of.others").warning("it took %s s", 3)
    (line,) = lines()
    assert line.keys() == {"event", "level", "logger", "timestamp", "request_id"}
    assert (line["event"], line["level"], line["logger"]) == ("it took 3 s", "warning", "a.module.of.others")


def test_a_line_cannot_be_forged(lines: Lines) -> None:
    logging.getLogger("a.module.of.others").warning('a\n{"event": "forged"}')
    (line,) = lines()
    assert line["event"].startswith("a\n")


def test_the_number_of_a_request_goes_along_with_what_it_asks_of_the_worker(lines: Lines) -> None:
    """What the message carries, and what a worker's lines then say."""
    structlog.contextvars.bind_contextvars(request_id="abcdefgh")
    sent: dict[str, Any] = {}
    from celery.signals import before_task_publish
    from django_structlog.celery.receivers import CeleryReceiver

    before_task_publish.send(sender="some.task", headers=sent, body={}, properties={}, routing_key="celery")
    assert sent["__django_structlog__"]["request_id"] == "abcdefgh"

    structlog.contextvars.clear_contextvars()
    receiver = CeleryReceiver()
    pulse.push_request(id="task-1", **sent)
    try:
        receiver.receiver_task_prerun("task-1", pulse)
        logging.getLogger("some.room").warning("it works")
    finally:
        pulse.pop_request()
    line = lines()[-1]
    assert (line["request_id"], line["task_id"], line["task"]) == ("abcdefgh", "task-1", "core.pulse")
    receiver.receiver_task_success(sender=pulse)
    assert lines()[-1] == line, "that a bell went well is no news"
    structlog.contextvars.bind_contextvars(task="connections.sync_source")
    receiver.receiver_task_success(sender=pulse)
    assert lines()[-1]["event"] == "task_succeeded"


def test_every_bell_that_beat_rings_within_a_minute_is_left_out(settings: Any) -> None:
    often = {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values() if each["schedule"] < 60}
    assert often
    assert often == logs._BELLS


def test_gunicorn_keeps_no_log_of_its_own_of_who_asked_for_what() -> None:
    for as_json in (True, False):
        access = logs.configure(level="DEBUG", as_json=as_json)["loggers"]["gunicorn.access"]
        assert access == {"handlers": [], "level": "CRITICAL", "propagate": False}


def test_a_foreign_host_name_is_a_warning_without_a_traceback(client: Client, lines: Lines, db: None) -> None:
    assert client.get("/teams/", headers={"host": "elsewhere.example"}).status_code == 400
    (told,) = [line for line in lines() if line["logger"].startswith("django.security")]
    assert told["level"] == "warning"
    assert "elsewhere.example" in told["event"]
    assert {line["level"] for line in lines()} == {"warning"}
    assert "Traceback" not in json.dumps(lines())


def _beat_could_not_send(why: Exception) -> None:
    """As celery.beat.Scheduler.apply_entry does it."""
    entry = type("Entry", (), {"name": "pulse", "task": "core.pulse"})()

    class Scheduler(beat.Scheduler):
        def apply_async(self, *_: object, **__: object) -> None:
            try:
                raise why
            except Exception as error:
                raise beat.SchedulingError(f"Couldn't apply scheduled task pulse: {error}") from None

    Scheduler(current_app, lazy=True).apply_entry(entry)


def test_beat_without_a_broker_is_one_line_for_each_message(lines: Lines) -> None:
    _beat_could_not_send(BrokerAway("Error 111 connecting to redis:6379. Connection refused."))
    (line,) = lines()
    assert (line["level"], line["away"]) == ("warning", "broker")
    assert line["event"].endswith("Connection refused.")
    assert "\n" not in line["event"]
    assert "exception" not in line


def test_another_fault_of_beat_keeps_its_traceback(lines: Lines) -> None:
    _beat_could_not_send(ZeroDivisionError("why"))
    (line,) = lines()
    assert line["level"] == "error"
    assert "\n" not in line["event"]
    assert "SchedulingError" in line["exception"]


def test_a_task_that_fails_is_one_line(lines: Lines) -> None:
    from django_structlog.celery.receivers import CeleryReceiver

    try:
        raise ZeroDivisionError("why")
    except ZeroDivisionError as error:
        CeleryReceiver().receiver_task_failure(task_id="task-1", exception=error)
    (line,) = lines()
    assert (line["event"], line["task_id"]) == ("task_failed", "task-1")
    assert "ZeroDivisionError: why" in line["exception"]


def test_the_worker_sets_up_no_logging_of_its_own() -> None:
    from celery.signals import setup_logging

    assert setup_logging.receivers
    assert "worker" in current_app.steps
