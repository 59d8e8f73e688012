"""How headless Chromium is started, by tests and journeys alike."""

import os

from playwright.sync_api import Page

# A container has no sandbox of its own, and Chromium must not look for its maker's hosts.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """The browser to start: CHROMIUM, else Debian's."""
    return os.environ.get("CHROMIUM", "/usr/bin/chromium")


def look(page: Page) -> None:
    """Let an open page ask at once whether anything has changed, as it does when its tab comes to the front."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
