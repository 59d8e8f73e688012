"""What browser tests share: a page opened by somebody, what axe says of it, and a worker beside the browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, Page

from teams.models import Person

OpenPage = Callable[..., Page]
SERIOUS = {"serious", "critical"}


@pytest.fixture
def opened(
    request: pytest.FixtureRequest, browser: Browser, live_server: Any, signed_in: Callable[[Person], Client]
) -> Iterator[OpenPage]:
    """A page in a browser of its own, of somebody or of nobody. What the browser complains about fails the test.

    A refusal is answered with 409 or 422, which browsers report; a test may name other answers it waits for.
    """
    contexts, complaints = [], []

    def open_page(person: Person | None, path: str, width: int = 1440, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        if person:
            session = signed_in(person).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{live_server.url}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    expected = ("409", "422", *getattr(request, "param", ()))
    assert [text for text in complaints if not any(code in text for code in expected)] == []


def faults(page: Page) -> list[str]:
    """What keeps people from using the page that is shown: what axe finds serious, and having to scroll sideways."""
    found = [each for each in Axe().run(page).response["violations"] if each["impact"] in SERIOUS]
    wrong = [f"{page.url}: {each['id']} {[node['target'] for node in each['nodes']][:3]}" for each in found]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        wrong.append(f"{page.url}: scrolls sideways")
    return wrong


def beside(work: Callable[[], object]) -> None:
    """Do what a worker does, in a thread of its own: Playwright's loop runs in this one."""

    def go_on() -> None:
        work()
        connection.close()

    thread = threading.Thread(target=go_on)
    thread.start()
    thread.join()
