"""The page of the archives in a browser: nothing there yet, one made, one brought, one restored; and what axe says of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from backups import shelf, work
from teams.models import AuditEvent, Person, TeamGroup
from tests.browsing import OpenPage, beside, faults

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_unguarded"),
]


@pytest.mark.parametrize("opened", [("503",)], indirect=True)
def test_an_archive_is_made_and_everything_restored_from_it(
    opened: OpenPage, administrator: Person, archives: Path
) -> None:
    page = opened(administrator, "/organisation/backup/", 390)
    assert faults(page) == []
    page.locator("#live button.btn-primary").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert faults(page) == []
    beside(work.work)
    expect(page.locator("#live[data-state=idle]")).to_be_visible()
    TeamGroup.objects.create(name="later")
    page.reload()
    assert faults(page) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_label("Restore: archive").click()
    assert faults(page) == []
    page.get_by_label("Organisation's name").fill("Somebody else")
    page.get_by_role("button", name="Restore everything").click()
    expect(page.locator(".p-form-error")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Organisation's name").fill("Example Ltd")
    page.get_by_role("button", name="Restore everything").click()
    expect(page.locator("#live[data-state=restoring]")).to_be_visible()
    beside(work.work)
    expect(page.get_by_label("Password", exact=True)).to_be_visible(timeout=30_000)
    assert not TeamGroup.objects.exists()
    assert AuditEvent.objects.latest("pk").action == "backup.restored"
    assert len(shelf.listed()) == 1
