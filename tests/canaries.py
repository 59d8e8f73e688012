"""What tests that plant canaries share: everything that leaves the portal is kept, and searched in the end."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from celery.signals import before_task_publish
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client

from teams.models import AuditEvent, Person


class Output:
    """Everything that left the portal, each piece with where it came from."""

    def __init__(self) -> None:
        self.log = io.StringIO()
        self.pieces: list[tuple[str, str]] = []

    def keep(self, where: str, text: object) -> None:
        self.pieces.append((where, str(text)))

    def answer(self, response: Any, *shown_here: str) -> Any:
        """Keep an answer; what it shows on purpose, once, is taken out first, and the address that was asked for: the language
        switch leads back to it."""
        text = f"{response.content.decode(errors='replace')}\n{dict(response.headers)}"
        asked = response.request
        for own in (asked["PATH_INFO"], asked["QUERY_STRING"].partition("&")[0]):
            text = text.replace(own, "").replace(quote(own), "") if len(own) > 1 else text
        for secret in shown_here:
            assert secret in text
            text = text.replace(secret, "")
        self.keep(f"the answer of {response.request['REQUEST_METHOD']} {response.request['PATH_INFO'][:30]}", text)
        return response

    def database(self) -> None:
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
                self.keep(f"table {table}", cursor.fetchall())
        for session in Session.objects.all():
            self.keep("a session", session.get_decoded())
        self.keep("the audit log", list(AuditEvent.objects.values()))

    def search(self, *secrets: str, but_not_in: str = "") -> None:
        self.database()
        self.keep("the log", self.log.getvalue())
        for message in mail.outbox:
            self.keep("a subject", message.subject)
        pieces = [(where, text) for where, text in self.pieces if where != but_not_in]
        found = {f"{secret[:24]} in {where}" for where, text in pieces for secret in secrets if secret in text}
        assert not found
        assert self.log.getvalue(), "nothing was logged, so nothing was searched"


@pytest.fixture
def output(settings: Any) -> Iterator[Output]:
    """Everything is logged, as the portal's own handler writes it; nothing has rate limits."""
    made = Output()
    console = logging._handlers["console"]  # type: ignore[attr-defined]
    handler = logging.StreamHandler(made.log)
    handler.setFormatter(console.formatter)
    loggers = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    loggers = [logger for logger in loggers if logger is logging.root or not logger.propagate]
    levels = {logger: logger.level for logger in loggers}
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)

    def published(body: object = None, headers: object = None, **_: object) -> None:
        made.keep("a message to the worker", f"{body} {headers}")

    before_task_publish.connect(published)
    yield made
    before_task_publish.disconnect(published)
    for logger in loggers:
        logger.removeHandler(handler)
        logger.setLevel(levels[logger])


def browser(person: Person | None = None) -> Client:
    client = Client(raise_request_exception=False)
    if person is not None:
        client.force_login(person, backend=django_settings.AUTHENTICATION_BACKENDS[0])
    return client


def careless(*args: object, **kwargs: object) -> None:
    """Fails with everything it was given in its message, as a careless library would."""
    raise RuntimeError(f"Broken with {args} {kwargs}")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`broken("module.function")`: make it fail like `careless`."""

    return lambda target: monkeypatch.setattr(target, careless)
