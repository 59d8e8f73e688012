"""Plays a weekly job in real browsers, as `make journey J=name` asks: a screenshot of each step, its clicks and keys.

A journey is a module `tests/journeys/<name>.py` with `def play(stage: Stage) -> None`. It finds things by role, name or
id and never by a sentence, so that one text plays in both languages.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.browser import CHROMIUM_ARGUMENTS, chromium

expect.set_options(timeout=30_000)
PASSWORD = "four quiet lighthouse keepers"
SUBMIT = "main form button.btn-primary"


@dataclass
class Actor:
    """A person with a browser of their own. Every click and every key is counted."""

    name: str
    page: Page
    stage: "Stage"
    clicks: int = 0
    keys: int = 0

    def go(self, path: str) -> None:
        self.page.goto(f"{self.stage.address}{path}" if path.startswith("/") else path)

    def find(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def click(self, target: str | Locator) -> None:
        (self.find(target) if isinstance(target, str) else target).first.click()
        self.clicks += 1

    def fill(self, target: str | Locator, text: str) -> None:
        """Type into a field. Getting there counts as one key (Tab), each character as one."""
        (self.find(target) if isinstance(target, str) else target).first.fill(text)
        self.keys += 1 + len(text)

    def choose(self, target: str | Locator, value: str) -> None:
        """Choose from a list: two clicks."""
        (self.find(target) if isinstance(target, str) else target).first.select_option(value)
        self.clicks += 2

    def speak(self, language: str) -> None:
        """Choose the language by the switch in the page's head, unless the page speaks it already."""
        if self.find("html").get_attribute("lang") != language:
            self.click(f"header button[value={language}]")
        expect(self.find("html")).to_have_attribute("lang", language)

    def look(self, title: str) -> None:
        """Keep what the page shows in the middle of a step."""
        self.stage.keep(self, title)

    def step(self, title: str) -> None:
        """End a step: keep what the page shows and tell what it took."""
        self.stage.finish_step(self, title)


@dataclass
class Stage:
    """The portal under play, in one language."""

    address: str
    setup_code: str
    fake_github: str
    language: str
    folder: Path
    browser: Browser
    pictures: int = 0
    steps: int = 0
    clicks: int = 0
    keys: int = 0
    problems: list[str] = field(default_factory=list)

    @contextmanager
    def actor(self, name: str, **context: object) -> Iterator[Actor]:
        """A person with a fresh browser, 1440 px wide unless `context` says otherwise."""
        options = {"viewport": {"width": 1440, "height": 900}, "locale": self.language} | context
        opened = self.browser.new_context(**options)  # type: ignore[arg-type]
        opened.set_default_timeout(30_000)
        page = opened.new_page()
        page.on("pageerror", lambda error: self.problems.append(f"{name}: {error}"))
        page.on("console", lambda line: self.problems.append(f"{name}: {line.text}") if _is_problem(line) else None)
        try:
            yield Actor(name, page, self)
        except BaseException:
            page.screenshot(path=self.folder / "failed.png", full_page=True)
            raise
        finally:
            opened.close()

    def keep(self, actor: Actor, title: str) -> None:
        """A picture of the page, which speaks the language that is played in."""
        self.pictures += 1
        slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
        actor.page.wait_for_load_state("networkidle")
        expect(actor.find("html")).to_have_attribute("lang", self.language)
        actor.page.screenshot(path=self.folder / f"{self.pictures:02}-{slug}.png", full_page=True)

    def finish_step(self, actor: Actor, title: str) -> None:
        self.keep(actor, title)
        self.steps += 1
        self.clicks += actor.clicks
        self.keys += actor.keys
        print(f"  {self.steps:2}. {title} ({actor.name}): {_took(actor.clicks, actor.keys)}", flush=True)
        actor.clicks = actor.keys = 0


def found(actor: Actor, organisation: str, team: str) -> None:
    """Set the portal up as its first person and make a team, as most journeys begin."""
    actor.go("/")
    actor.speak(actor.stage.language)
    actor.fill("#id_code", actor.stage.setup_code)
    actor.fill("#id_organisation", organisation)
    actor.fill("#id_name", actor.name)
    actor.fill("#id_email", "first@example.com")
    actor.fill("#id_password", PASSWORD)
    actor.click(SUBMIT)
    actor.click(".p-step.is-now a")
    actor.fill("#id_name", team)
    actor.click(SUBMIT)


def _took(clicks: int, keys: int) -> str:
    return f"{clicks} click{'s' * (clicks != 1)}, {keys} key{'s' * (keys != 1)}"


def _is_problem(line: object) -> bool:
    # A refused form is answered with 422, a stale one with 409, and whoever looks during a restore with 503: browsers report them
    # on the console. Everything else there is a defect.
    text = getattr(line, "text", "")
    return getattr(line, "type", "") == "error" and not any(status in text for status in ("422", "409", "503"))


def run(play: Callable[[Stage], None]) -> None:
    """Play in the language and against the addresses that the environment names; exits 1 if a step fails."""
    folder = Path(os.environ["JOURNEY_FOLDER"])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGUMENTS)
        stage = Stage(
            address=os.environ["PORTAL_ADDRESS"].rstrip("/"),
            setup_code=os.environ.get("SETUP_CODE", ""),
            fake_github=os.environ.get("FAKE_GITHUB", ""),
            language=os.environ.get("JOURNEY_LANGUAGE", "en"),
            folder=folder,
            browser=browser,
        )
        play(stage)
        browser.close()
    print(f"  In all {_took(stage.clicks, stage.keys)} in {stage.steps} steps", flush=True)
    if stage.problems:
        print("\n".join(dict.fromkeys(stage.problems)))
        sys.exit(1)
