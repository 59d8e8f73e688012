"""The page of the archives in a browser: nothing there yet, one made, one brought, one restored; and what axe says of it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import Page, expect

from backups import shelf, work
from teams.models import AuditEvent, Person, TeamGroup
from tests.teams.test_browser import SERIOUS, OpenPage, opened

__all__ = ["opened"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_unguarded"),
]


def check(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in SERIOUS] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def be_the_worker() -> None:
    """In a thread of its own, as Playwright's loop runs in this one."""

    def go_on() -> None:
        work.work()
        connection.close()

    thread = threading.Thread(target=go_on)
    thread.start()
    thread.join()


@pytest.mark.parametrize("opened", [("503",)], indirect=True)
def test_an_archive_is_made_and_everything_restored_from_it(
    opened: OpenPage, administrator: Person, archives: Path
) -> None:
    page = opened(administrator, "/organisation/backup/", 390)
    check(page)
    page.locator("#live button.btn-primary").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    check(page)
    be_the_worker()
    expect(page.locator("#live[data-state=idle]")).to_be_visible()
    TeamGroup.objects.create(name="later")
    page.reload()
    check(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_label("Restore: archive").click()
    check(page)
    page.get_by_label("Organisation's name").fill("Somebody else")
    page.get_by_role("button", name="Restore everything").click()
    expect(page.locator(".p-form-error")).to_be_visible()
    check(page)
    page.get_by_label("Organisation's name").fill("Example Ltd")
    page.get_by_role("button", name="Restore everything").click()
    expect(page.locator("#live[data-state=restoring]")).to_be_visible()
    be_the_worker()
    expect(page.get_by_label("Password", exact=True)).to_be_visible(timeout=30_000)
    assert not TeamGroup.objects.exists()
    assert AuditEvent.objects.latest("pk").action == "backup.restored"
    assert len(shelf.listed()) == 1
