"""GitHub behind the protocol of `connectors.records`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.github.address import parse_address, parse_host
from connectors.github.again import read_again
from connectors.github.changes import Changes
from connectors.github.compare import Comparisons
from connectors.github.deployments import Deployments
from connectors.github.inspect import identify, inspect
from connectors.github.issues import Incidents
from connectors.github.listing import list_repositories
from connectors.github.reader import Reader, Stream
from connectors.github.runs import Runs
from connectors.records import (
    Address,
    DeploymentSource,
    Identity,
    Inspection,
    Page,
    ReadOptions,
    RepositoryPage,
    Wanted,
    nothing,
)
from core.http import Client

API_VERSION = "2022-11-28"


class GitHub:
    kind = "github"
    title = "GitHub"

    def parse_address(self, text: str, base_url: str = "") -> Address:
        return parse_address(text, base_url)

    def parse_host(self, text: str) -> str:
        return parse_host(text)

    def client(self, base_url: str, token: str) -> Client:
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": API_VERSION}
        if token.strip():
            headers["Authorization"] = f"Bearer {token.strip()}"
        return Client(base_url, headers, explain=explain)

    def inspect(self, client: Client, repository: str) -> Inspection:
        return inspect(client, repository)

    def list_repositories(self, client: Client, page: int) -> RepositoryPage:
        return list_repositories(client, page)

    def identify(self, client: Client, repository: str) -> Identity:
        return identify(client, repository)

    def read(
        self,
        client: Client,
        repository: str,
        options: ReadOptions,
        state: dict[str, dict[str, Any]],
        again: Sequence[str],
        now: datetime,
        wanted: Wanted = nothing,
    ) -> Iterator[Page]:
        """What is new first, then what is asked for again, then the way back to the oldest; comparisons after each.

        Where a hundred objects take one request the way back comes first, and where each takes requests of its own last: charts
        fill soon.
        """
        reader = Reader(client, repository, options, now)
        streams: list[Stream] = []
        running: Mapping[str, Any] = {}
        if options.deployments is DeploymentSource.DEPLOYMENTS:
            deployments = Deployments(reader, state.get("deployments"))
            running = dict(deployments.state["open"])
            streams.append(deployments)
        elif options.deployments is DeploymentSource.RUNS:
            streams.append(Runs(reader, state.get("deployments")))
        if options.incident_labels:
            streams.append(Incidents(reader, state.get("incidents")))
        for stream in streams:
            yield from stream.head()
        missing = [key for stream in streams for key in stream.missing]
        yield from read_again(reader, [*again, *missing], running)
        for stream in streams:
            if reader.gone.intersection(stream.missing):
                stream.forget(reader.gone)
                yield stream.page()
        for stream in streams:
            if stream.cheap:
                yield from stream.rest()
        reads_runs = options.deployments is DeploymentSource.RUNS
        if options.deployments is DeploymentSource.NONE or (reads_runs and not options.workflows):
            wanted = nothing  # without deployments nothing has a lead time
        else:
            streams.append(Changes(reader, state.get("changes")))
            yield from streams[-1].head()
        comparisons = Comparisons(reader, state.get("comparisons"), wanted)
        yield from comparisons.read()
        for stream in streams:
            if not stream.cheap:
                yield from stream.rest()
        yield from comparisons.read()

    def read_again(
        self, client: Client, repository: str, options: ReadOptions, keys: Sequence[str], now: datetime
    ) -> Iterator[Page]:
        yield from read_again(Reader(client, repository, options, now), keys, {})


def explain(status: int, headers: Mapping[str, str], data: Any) -> tuple[str, dict[str, Any]] | None:
    """What GitHub means by a refusal, where it says more than its status."""
    said = data.get("message") if isinstance(data, dict) else ""
    if status == 403 and isinstance(said, str) and said.startswith("Resource not accessible by"):
        needs = headers.get("X-Accepted-GitHub-Permissions") or headers.get("X-Accepted-OAuth-Scopes") or "?"
        return "missing_scope", {"needs": needs[:100]}
    return None
