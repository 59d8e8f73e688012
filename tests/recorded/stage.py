"""What the recorded tests play with: the recordings' server, a portal of their own, and a person in a browser."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
from playwright.sync_api import Locator, Page, expect

from ops.processes import end_with_parent, marked
from ops.services import free_port

TOKEN = "recorded-token"
PASSWORD = "four quiet lighthouse keepers"
SUBMIT = "main form:not(.p-inline) button.btn-primary"
SYNC_TAKES = 60_000  # milliseconds at most
SETTLED = "#live:not([hx-trigger='every 2s'])"  # no sync runs or is about to
TAKE_OVER_TAKES = 120_000  # likewise, when a killed worker's lease has to run out first


class Replay:
    """The recordings' server on a port of its own; started again with other options, it is the same host."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *options: str) -> Replay:
        self.stop()
        command = [sys.executable, str(self.folder / "replay.py"), "--host", "github", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--token", TOKEN, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509  nothing else runs in this process
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == self.url
        return self

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.communicate()
            self.process = None

    def reset(self) -> None:
        self._control("reset", method="POST")

    def stats(self) -> dict[str, Any]:
        """{"requests": 2, "statuses": {"304": 2}, …} since the start or the last reset."""
        return self._control("stats")

    def _control(self, name: str, method: str = "GET") -> Any:
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/_replay/{name}", method=method)) as answer:
            return json.load(answer)


@dataclass(frozen=True)
class Portal:
    address: str
    setup_code: str
    environment: dict[str, str]

    @property
    def database(self) -> str:
        return self.environment["DATABASE_URL"]

    def workers(self) -> list[int]:
        """The worker and its pool."""
        marks = marked(f"-Xmlops_portal={self.environment['PORTAL_VAR']}/run/")
        return [process for process in marks if b"\0worker\0" in Path(f"/proc/{process}/cmdline").read_bytes()]

    def rows(self, source: Source) -> dict[str, list[dict[str, Any]]]:
        """Everything stored of the source, whole but for numbers and instants of the storing; rows name each other by key."""
        connection = psycopg2.connect(self.database)
        try:
            cursor = connection.cursor()
            return {table: _rows(cursor, query, source) for table, query in STORED.items()}
        finally:
            connection.close()


# What the host told, and what delivery/refresh/ made of it.
STORED = {
    "delivery_deployment": """
        SELECT t.*, p.key AS previous FROM delivery_deployment t LEFT JOIN delivery_deployment p ON p.id = t.previous_id
        WHERE t.{} ORDER BY t.key""",
    "delivery_incident": "SELECT t.* FROM delivery_incident t WHERE t.{} ORDER BY t.key",
    "delivery_change": """
        SELECT t.*, d.key AS deployment FROM delivery_change t LEFT JOIN delivery_deployment d ON d.id = t.deployment_id
        WHERE t.{} ORDER BY t.key""",
    "delivery_comparison": """
        SELECT t.*, ARRAY(SELECT sha FROM delivery_comparedcommit c WHERE c.comparison_id = t.id ORDER BY c.id) AS shas
        FROM delivery_comparison t WHERE t.{} ORDER BY t.base, t.head""",
    "delivery_failure": """
        SELECT t.kind, d.key AS deployment, i.key AS incident FROM delivery_failure t
        JOIN delivery_deployment d ON d.id = t.deployment_id LEFT JOIN delivery_incident i ON i.id = t.incident_id
        WHERE d.{} ORDER BY d.key, t.kind, i.key""",
    "delivery_deliveryday": "SELECT t.* FROM delivery_deliveryday t WHERE t.{} ORDER BY t.day, t.environment_class",
}
NUMBERS = frozenset({"id", "service_id", "team_id", "previous_id", "deployment_id", "recorded_at"})


def _rows(cursor: Any, query: str, source: Source) -> list[dict[str, Any]]:
    cursor.execute(query.format("service_id IN (SELECT id FROM delivery_service WHERE source_id = %s)"), [source.pk])
    names = [column.name for column in cursor.description]
    found = [{n: v for n, v in zip(names, row, strict=True) if n not in NUMBERS} for row in cursor]
    for row in found:
        if "url" in row:
            row["url"] = row["url"].replace(source.host, "HOST")
    return found


@dataclass(frozen=True)
class Rules:
    """What is chosen on the second page of connecting. `workflows` by name, the others as they are typed."""

    workflows: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


ANTS, OPENBIC = "panjf2000/ants", "facebook/OpenBIC"
RULES = {
    ANTS: Rules(workflows=("CodeQL", "Lint", "Tests"), labels=("bug",)),
    OPENBIC: Rules(environments=("github-pages",)),
}


@dataclass(frozen=True)
class Source:
    """A connected repository: its page, and the host that it is read from."""

    path: str  # /teams/1/connections/2/
    host: str  # 127.0.0.1:1234

    @property
    def pk(self) -> int:
        return int(self.path.rstrip("/").rpartition("/")[2])

    @property
    def team(self) -> str:
        """/teams/1"""
        return self.path.partition("/connections/")[0]


@dataclass
class Seen:
    """The connection's page after a sync: the health's tone, what was looked at by stream, what is set aside, traffic."""

    tone: str
    read: dict[str, int]
    set_aside: list[str]
    requests: int
    not_modified: int
    left: list[int]  # of the host's limit, and the limit
    outcomes: list[str] = field(default_factory=list)  # tones of all syncs, newest first


class Person:
    """Somebody in front of a browser."""

    def __init__(self, page: Page, portal: Portal) -> None:
        self.page = page
        self.portal = portal
        page.set_default_timeout(30_000)

    def go(self, path: str) -> None:
        self.page.goto(f"{self.portal.address}{path}" if path.startswith("/") else path)

    def find(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def numbers(self, selector: str) -> list[int]:
        return [int(text) for text in re.findall(r"\d+", self.find(selector).first.inner_text())]

    def data(self, path: str) -> Any:
        """What the API answers."""
        answer = self.page.request.get(f"{self.portal.address}{path}")
        assert answer.ok, answer.text()
        return answer.json()

    # -- Getting there

    def set_up(self) -> None:
        self.go("/setup/")
        self._fill(code=self.portal.setup_code, organisation="Acme Retail", name="Ada Admin", email="ada@example.com")
        self._fill(password=PASSWORD)
        self.page.select_option("#id_time_zone", "UTC")
        self.page.click(SUBMIT)
        expect(self.find(".p-step.is-now")).to_be_visible()

    def sign_in(self, email: str) -> None:
        self.go("/accounts/login/")
        self._fill(login=email, password=PASSWORD)
        self.page.click(SUBMIT)
        expect(self.find(".p-account")).to_be_visible()

    def _fill(self, **values: str) -> None:
        for name, value in values.items():
            self.page.fill(f"#id_{name}", value)

    def create_team(self, name: str) -> str:
        """/teams/1"""
        self.go("/teams/new/")
        self._fill(name=name)
        self.page.click(SUBMIT)
        expect(self.page).to_have_url(re.compile(r"/teams/\d+/members/$"))
        return urlsplit(self.page.url).path.removesuffix("/members/")

    # -- Connecting

    def connect(self, team: str, repository: str, replay: Replay, rules: Rules | None = None, *faults: str) -> Source:
        """Connect and start the first sync. `faults`: options with which the host goes on after the first look."""
        self.enter_address(team, repository, replay)
        if faults:
            replay.start(*faults)
        self.choose(rules or RULES[repository])
        return Source(urlsplit(self.page.url).path, f"127.0.0.1:{replay.port}")

    def enter_address(self, team: str, repository: str, replay: Replay) -> None:
        self.go(f"{team}/delivery/connect/")
        self._fill(address=f"https://github.com/{repository}", token=TOKEN)
        self.page.click("details.p-fold summary")
        self._fill(base_url=replay.url)
        self.page.click(SUBMIT)
        expect(self.find(".p-rules-form")).to_be_visible()

    def choose(self, rules: Rules) -> None:
        self.page.check("input[name=how_far][value=all]")
        source = "runs" if rules.workflows else "deployments" if rules.environments else "none"
        self.page.check(f"input[name=deployments][value={source}]")
        if source == "runs":
            self._check("#id_workflows", rules.workflows)
            self.page.fill("#id_branches", "*")
        for environment in rules.environments:
            self.find(
                ".p-envs .p-form-row",
            ).filter(has_text=environment).locator("select").select_option("production")
        offered = self._check("#id_labels", rules.labels)
        self.page.fill("#id_other_labels", "\n".join(label for label in rules.labels if label not in offered))
        self.page.click(SUBMIT)
        expect(self.find("#live")).to_be_visible()

    def _check(self, group: str, names: tuple[str, ...]) -> list[str]:
        """Tick those of a group of boxes that are called so, and no other; returns what was offered."""
        offered = []
        for label in self.find(f"{group} label").all():
            offered.append(label.inner_text().partition(" · ")[0].strip())
            label.locator("input").set_checked(offered[-1] in names)
        return offered

    # -- The connection's page

    def sync_now(self, source: Source) -> Seen:
        self.go(source.path)
        self.page.click("#live form[action$='/sync/'] button")
        return self.wait_for_sync(source)

    def wait_for_sync(self, source: Source, timeout: float = SYNC_TAKES) -> Seen:
        """Until the page, which asks by itself, shows that no sync runs or is about to."""
        self._be_at(source)
        expect(self.find(SETTLED)).to_be_visible(timeout=timeout)
        return self.see(source)

    def wait_until_right(self, source: Source) -> Seen:
        """Also over waits for the host's limit, in which the page asks only now and then."""
        for _ in range(100):
            seen = self.wait_for_sync(source)
            # Between the wait and the look the next sync may have begun, which looks well too.
            if seen.tone == "is-ok" and self.find(SETTLED).count():
                return seen
            self.page.wait_for_timeout(500)
        raise AssertionError(f"{source.path} is still {seen.tone}")

    def _be_at(self, source: Source) -> None:
        if urlsplit(self.page.url).path != source.path:
            self.go(source.path)

    def see(self, source: Source) -> Seen:
        self.go(source.path)
        streams = self.find("#live [data-stream]")
        history = self.find("[aria-labelledby=h-history] tbody tr")
        requests, not_modified = (int(text) for text in history.first.locator("td").all_inner_texts()[-2:])
        return Seen(
            tone=tone_of(self.find("#live [role=status]")),
            read={each.get_attribute("data-stream") or "": int(each.inner_text()) for each in streams.all()},
            set_aside=self.find("[aria-labelledby=h-aside] tbody th").all_inner_texts(),
            requests=requests,
            not_modified=not_modified,
            left=self.numbers("#live dl > div:last-child dd"),
            outcomes=[tone_of(each) for each in history.locator("td .p-status").all()],
        )


def tone_of(status: Locator) -> str:
    return next((name for name in (status.get_attribute("class") or "").split() if name.startswith("is-")), "")


def instants(rows: Locator) -> list[datetime]:
    return [datetime.fromisoformat(text) for each in rows.all() if (text := each.get_attribute("datetime"))]


MakeReplay = Callable[..., Replay]
