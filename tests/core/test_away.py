"""What is away is told from the error, and said by answers that ask nobody: page, fragment and API, in both languages."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError, connections
from django.test import Client

from core import away, pulse
from teams.models import Person


def raised(kind: type[Exception], cause: Exception) -> Exception:
    """As Django wraps an error of the driver."""
    error = kind(*cause.args)
    error.__cause__ = cause
    return error


class FromServer(psycopg2.OperationalError):
    """An error with a code; the driver's own are made only by a server."""

    def __init__(self, code: str | None) -> None:
        super().__init__("the server said so")
        self.code = code

    @property
    def pgcode(self) -> str | None:  # type: ignore[override]
        return self.code


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (None, "database"),  # connection refused, dropped, timed out: no server answered
        ("57P01", "database"),  # terminating connection due to administrator command
        ("57P03", "database"),  # the database system is starting up
        ("08006", "database"),
        ("53300", "database"),  # too many connections
        ("40P01", "busy"),  # deadlock
        ("40001", "busy"),
        ("57014", None),  # a statement was cancelled: not the server's absence
        ("53200", None),  # out of memory
    ],
)
def test_postgresql_says_by_code_what_is_away(code: str | None, expected: str | None) -> None:
    assert away.missing(raised(OperationalError, FromServer(code))) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("database is locked", "busy"),
        ("unable to open database file", "database"),
        ("disk I/O error", "database"),
        ("database or disk is full", "database"),
        ("no such table: teams_team", None),
    ],
)
def test_sqlite_says_in_words_what_is_away(said: str, expected: str | None) -> None:
    assert away.missing(raised(OperationalError, sqlite3.OperationalError(said))) == expected


def test_a_fault_of_the_portal_is_none() -> None:
    assert away.missing(InterfaceError("connection already closed")) == "database"
    assert away.missing(ProgrammingError("syntax error")) is None
    assert away.missing(ValueError("why")) is None
    assert away.missing(None) is None


# -- Answers ------------------------------------------------------------------------------------------------------


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def _database_away(monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any) -> Iterator[None]:
    """No connection is open and none can be made: the driver refuses as it does when the server is gone."""
    wrapper = connections["default"]

    def refuse(*_: object) -> None:
        raise wrapper.Database.OperationalError("unable to open database file: Connection refused")

    monkeypatch.setattr(wrapper, "connection", None)
    monkeypatch.setattr(wrapper, "get_new_connection", refuse)
    with django_db_blocker.unblock():  # pytest's own refusal of queries is not what is tried here
        yield


pages = pytest.mark.usefixtures("_database_away")


@pages
@pytest.mark.parametrize("path", ["/", "/teams/", "/portfolio/", "/accounts/login/", "/setup/"])
def test_a_page_says_what_is_away(visitor: Client, path: str) -> None:
    visitor.cookies["sessionid"] = "some-session-of-mine"
    response = visitor.get(path)
    assert response.status_code == 503
    assert 'class="p-brand"' in response.text
    assert "<svg" in response.text
    assert response.headers["Retry-After"] == str(away.RETRY_AFTER)
    assert "no-store" in response.headers["Cache-Control"]
    assert "The database is away" in response.text
    assert f'href="{path}"' in response.text
    assert "Connection refused" not in response.text


@pages
def test_it_is_said_in_the_readers_language(visitor: Client) -> None:
    chosen = visitor.get("/", headers={"Accept-Language": "ja"})
    assert chosen.headers["Content-Language"] == "ja"
    assert 'lang="ja"' in chosen.text
    assert "データベース" in chosen.text
    visitor.cookies["django_language"] = "en"
    assert "The database is away" in visitor.get("/", headers={"Accept-Language": "ja"}).text


@pages
def test_a_form_leads_home_and_not_to_an_address_that_takes_no_get(visitor: Client) -> None:
    response = visitor.post("/accounts/login/", {"login": "a@example.com", "password": "x"})
    assert response.status_code == 503
    assert 'class="btn btn-primary" href="/"' in response.text


@pages
def test_a_fragment_gets_one_sentence_at_the_top_of_the_page(visitor: Client) -> None:
    response = visitor.get("/teams/", headers={"HX-Request": "true"})
    assert response.status_code == 503
    assert response.headers["HX-Retarget"] == "#away"
    assert response.headers["HX-Reswap"] == "innerHTML"
    assert "<html" not in response.text
    assert "The database is away" in response.text


@pages
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer mlp_something"}])
def test_a_program_gets_json(visitor: Client, headers: dict[str, str]) -> None:
    visitor.cookies["sessionid"] = "some-session-of-mine"
    response = visitor.get("/api/v1/teams/", headers=headers)
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert response.json()["detail"].startswith("The database is away.")


@pages
def test_livez_and_static_files_need_no_database(visitor: Client) -> None:
    assert visitor.get("/livez").status_code == 200
    assert visitor.get("/static/portal.css").status_code == 200


@pages
def test_readyz_without_the_database_says_so_and_guesses_nothing_else(visitor: Client) -> None:
    response = visitor.get("/readyz", headers={"Host": "any.name.example"})
    assert response.status_code == 503
    assert response.json()["missing"].keys() == {"database"}


@pages
def test_a_sign_that_cannot_be_left_stops_no_process(caplog: pytest.LogCaptureFixture) -> None:
    pulse.leave(pulse.WORKER)
    assert "no sign of life of worker" in caplog.text


@pytest.mark.django_db
def test_a_busy_database_says_that_nothing_was_saved(
    signed_in: Callable[[Person], Client], editor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(**_: object) -> None:
        raise raised(OperationalError, sqlite3.OperationalError("database is locked"))

    monkeypatch.setattr("insights.views.pages.visits.looked", busy)
    editor.language = "ja"
    editor.save()
    client = signed_in(editor)
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 503
    assert 'lang="ja"' in response.text, "the person was known before the fault: it is their language"


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "kind"), [("/", "text/html"), ("/api/v1/teams/", "application/json")])
def test_a_fault_of_the_portal_stays_a_500(
    signed_in: Callable[[Person], Client], editor: Person, monkeypatch: pytest.MonkeyPatch, path: str, kind: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("insights.views.pages.visits.looked", broken)
    monkeypatch.setattr("teams.querysets.TeamQuerySet.visible_to", broken)
    client = signed_in(editor)
    client.raise_request_exception = False
    response = client.get(path)
    assert response.status_code == 500
    assert response.headers["Content-Type"].startswith(kind)
