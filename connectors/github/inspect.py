"""The first look at a repository: what there is to read, and what the portal would choose."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from connectors.github import parse
from connectors.github.address import web_url
from connectors.github.reader import PER_PAGE
from connectors.names import deploys, is_production, speaks_of_incidents
from connectors.records import DeploymentSource, Identity, Inspection, Seen
from core.http import Client, OutgoingError

ISSUE_PAGES = 3  # pull requests stand among the issues, so one page may hold few of them
RUN_PAGES = 2
SHOWN = 50  # of each kind


@dataclass
class _Look:
    client: Client
    repository: str
    missing: list[str]

    def pages(self, rest: str, wrap: str = "", pages: int = 1, **params: Any) -> list[dict[str, Any]]:
        """The objects of the first pages. Raises OutgoingError."""
        found: list[dict[str, Any]] = []
        response = self.client.get(f"repos/{self.repository}/{rest}", {"per_page": PER_PAGE, **params})
        for page in range(pages):
            data = response.json()
            rows = data.get(wrap) if wrap and isinstance(data, dict) else data
            if not isinstance(rows, list):
                raise OutgoingError("bad_answer", host=self.client.host)
            found += [row for row in rows if isinstance(row, dict)]
            if page + 1 == pages or not response.next_url:
                break
            response = self.client.get(response.next_url)
        return found

    def part(self, name: str, rest: str, wrap: str = "", pages: int = 1, **params: Any) -> list[dict[str, Any]]:
        """Likewise; a part that the token may not read is noted and is empty, one that is switched off is empty."""
        try:
            return self.pages(rest, wrap, pages, **params)
        except OutgoingError as error:
            if error.code in ("forbidden", "missing_scope", "not_found"):
                self.missing.append(name)
            elif error.code != "gone":
                raise
            return []

    def optional(self, rest: str, wrap: str = "") -> list[dict[str, Any]]:
        """What only completes a part: without it there is less to choose from, and that is all."""
        try:
            return self.pages(rest, wrap)
        except OutgoingError as error:
            if error.code in ("forbidden", "missing_scope", "not_found", "gone"):
                return []
            raise


def identify(client: Client, repository: str) -> Identity:
    """One request, or two where the name is a former one. Raises OutgoingError."""
    found = client.get(f"repos/{repository}").json()
    if not isinstance(found, dict) or not isinstance(found.get("id"), int):
        raise OutgoingError("bad_answer", host=client.host)
    full_name = parse.text(found.get("full_name")) or repository
    return Identity(
        external_id=str(found["id"]),
        full_name=full_name,
        url=parse.web_address(found.get("html_url")) or f"{web_url(client.base_url)}/{full_name}",
        default_branch=parse.text(found.get("default_branch")),
    )


def inspect(client: Client, repository: str) -> Inspection:
    """Reads the repository and the first pages of its deployments, runs and issues. Raises OutgoingError."""
    identity = identify(client, repository)
    look = _Look(client, repository, [])
    environments = _environments(look.part("deployments", "deployments"))
    workflows = _workflows(look)
    labels = _labels(look)
    return Inspection(
        external_id=identity.external_id,
        full_name=identity.full_name,
        url=identity.url,
        default_branch=identity.default_branch,
        environments=environments,
        workflows=workflows,
        labels=labels,
        proposed_source=_source(environments, workflows),
        missing=tuple(look.missing),
    )


def _source(environments: Iterable[Seen], workflows: Iterable[Seen]) -> DeploymentSource:
    """The host's own deployments where one is production, else runs where one deploys; never a guess beyond that."""
    if any(seen.proposed for seen in environments):
        return DeploymentSource.DEPLOYMENTS
    if any(seen.proposed for seen in workflows):
        return DeploymentSource.RUNS
    return DeploymentSource.DEPLOYMENTS if any(environments) else DeploymentSource.NONE


def _environments(rows: Iterable[dict[str, Any]]) -> tuple[Seen, ...]:
    counts: Counter[str] = Counter()
    said: set[str] = set()
    for row in rows:
        name = parse.text(row.get("environment"))
        if name:
            counts[name] += 1
            if row.get("production_environment") is True:
                said.add(name)
    return _ranked(Seen(name, name, count, name in said or is_production(name)) for name, count in counts.items())


def _workflows(look: _Look) -> tuple[Seen, ...]:
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    branches: dict[str, Counter[str]] = defaultdict(Counter)
    for row in look.part("actions", "actions/runs", "workflow_runs", RUN_PAGES):
        ident = str(row.get("workflow_id") or "")
        if ident:
            counts[ident] += 1
            names.setdefault(ident, parse.text(row.get("name")))
            branches[ident][parse.text(row.get("head_branch"))] += 1
    if "actions" not in look.missing:
        # A deployment a month is not among the newest runs of a busy repository.
        for row in look.optional("actions/workflows", "workflows"):
            if isinstance(row.get("id"), int) and row.get("state") in (None, "active"):
                names[str(row["id"])] = parse.text(row.get("name"))
    return _ranked(
        Seen(ident, name or ident, counts[ident], deploys(name), _most(branches[ident]))
        for ident, name in names.items()
    )


def _labels(look: _Look) -> tuple[Seen, ...]:
    """Labels that issues carry. Only those that speak of incidents are proposed: "bug" would count every defect."""
    issues = look.part("issues", "issues", "", ISSUE_PAGES, state="all")
    counts: Counter[str] = Counter()
    names: dict[str, str] = {}
    for row in issues:
        if not parse.is_pull_request(row):
            for name in {names.setdefault(name.lower(), name) for name in parse.names(row.get("labels"))}:
                counts[name] += 1
    if "issues" not in look.missing:
        for row in look.optional("labels"):
            name = parse.text(row.get("name"))
            if name:
                names.setdefault(name.lower(), name)
    return _ranked((Seen(name, name, counts[name], speaks_of_incidents(name)) for name in names.values()), near="bug")


def _most(counts: Counter[str]) -> tuple[str, ...]:
    return tuple(name for name, _count in counts.most_common(10) if name)


def _ranked(found: Iterable[Seen], near: str = "") -> tuple[Seen, ...]:
    """Proposed ones first, then the one called `near`, then by how often they occur."""

    def rank(seen: Seen) -> tuple[bool, bool, int, str]:
        return not seen.proposed, seen.name.lower() != near, -seen.count, seen.name.lower()

    return tuple(sorted(found, key=rank))[:SHOWN]
