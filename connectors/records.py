"""The plain records that every connector yields, and the one protocol by which a sync drives a connector.

A connector knows a system's API and nothing of the database. `connections/` decides when to read and how far it
came; `delivery/` stores what came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from core.http import Client


class Outcome(StrEnum):
    """How a deployment ended; see docs/definitions.md, Deployment."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    RUNNING = "running"
    UNKNOWN = "unknown"


class DeploymentSource(StrEnum):
    """Where a service's deployments are read from; exactly one for each service, since two would count twice."""

    DEPLOYMENTS = "deployments"
    RUNS = "runs"
    PUSHED = "pushed"  # not read at all: programs push them
    NONE = "none"


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
    """One deployment. All instants are aware, in UTC."""

    key: str  # stable on the host: "deployment:42" or "run:577324554"
    outcome: Outcome
    created_at: datetime
    finished_at: datetime | None  # first success; of a run its completion; None while unknown or running
    environment: str = ""  # the host's own name; "" for runs
    workflow: str = ""  # id of the workflow; "" for the host's deployments
    workflow_name: str = ""
    branch: str = ""
    sha: str = ""
    title: str = ""
    url: str = ""  # of the page for people
    attempt: int = 1
    told_at: datetime | None = None  # of what is pushed: when its sender knew it


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """One incident. `resolved_at` is None while it is open (again)."""

    key: str  # "issue:6"
    title: str
    began_at: datetime
    resolved_at: datetime | None
    labels: tuple[str, ...] = ()
    url: str = ""
    told_at: datetime | None = None  # of what is pushed: when its sender knew it


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """A merged pull request: what lead time is measured of. All instants are aware, in UTC."""

    key: str  # "pull:12"
    number: int
    title: str
    merged_at: datetime
    opened_at: datetime
    merge_sha: str  # the commit that brought it into its target branch; "" where the host does not say
    first_commit_at: datetime | None  # when the earliest of its commits was authored; None where nobody can tell
    first_review_at: datetime | None  # by a person other than its author, before the merge
    author: str = ""  # the host's name of the account
    branch: str = ""  # from which it came
    target: str = ""  # into which it was merged
    labels: tuple[str, ...] = ()
    url: str = ""
    reverts: str = ""  # key of the change that it takes back ("pull:7")
    reverts_title: str = ""  # or its title, where only that is known
    files: tuple[str, ...] | None = None  # paths that it touches; None: not asked for, or too many to be told
    told_at: datetime | None = None  # of what is pushed: when its sender knew it


@dataclass(frozen=True, slots=True)
class ComparisonRecord:
    """What was committed between two deployments: a fact of git that never changes, so it is asked for once."""

    key: str  # comparison_key(base, head)
    base: str
    head: str
    shas: tuple[str, ...] | None  # commits reachable from `head` and not from `base`, oldest first; None: see `reason`
    reason: str = ""  # why the host cannot compare: "not_found", "too_large", "refused", "server_error"
    files: tuple[str, ...] | None = None  # paths that differ; None: unknown, or too many to be told


def comparison_key(base: str, head: str) -> str:
    return f"compare:{base}...{head}"


Record = DeploymentRecord | IncidentRecord | ChangeRecord | ComparisonRecord

# Asked whenever the connector is ready to compare: (base, head) of what has been stored so far, the newest first, and only
# what was not answered yet. Empty: nothing is wanted.
Wanted = Callable[[], Sequence[tuple[str, str]]]


def nothing() -> Sequence[tuple[str, str]]:
    """A sync that wants no comparison."""
    return ()


@dataclass(frozen=True, slots=True)
class SetAside:
    """An object that could not be understood. It is shown with its reason and read again by `key` at the next sync."""

    key: str
    reason: str  # a code: "missing_instant", "unknown_value", "gone", …; connections/ turns it into a sentence
    detail: str = ""  # the field or value, short, as the host sent it
    url: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer gave. `state` replaces the stored state of `stream` in the same transaction as the records."""

    stream: str  # "deployments" | "incidents" | "changes" | "comparisons" | "again"
    records: Sequence[Record]
    state: dict[str, Any]  # JSON; opaque to everyone but the connector
    set_aside: Sequence[SetAside] = ()
    read: int = 0  # objects looked at, also those that the options leave out
    reached: datetime | None = None  # how far back this stream has come, for the progress line
    done: bool = False  # nothing more to read in this stream for now
    refused: str = ""  # the token may not read this stream, and everything else is read: the code of the refusal
    left: int | None = None  # about how many requests the rest of this stream takes; None: nobody can tell


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a person chose to read of one repository."""

    deployments: DeploymentSource
    workflows: tuple[str, ...] = ()  # ids; only for RUNS
    incident_labels: tuple[str, ...] = ()
    since: date | None = None  # read no object created before this day (UTC); None: all there is
    files: bool = False  # read of each change which files it touches: some service is a part of the repository


@dataclass(frozen=True, slots=True)
class Identity:
    """Which repository a name stands for at present."""

    external_id: str  # the host's id of the repository: survives a rename
    full_name: str
    url: str
    default_branch: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Something met while inspecting a repository: an environment, a workflow or a label."""

    id: str
    name: str
    count: int
    proposed: bool  # the portal would choose it
    branches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the first look at a repository found, for the connect page's proposals."""

    external_id: str  # the host's id of the repository: survives a rename
    full_name: str
    url: str
    default_branch: str
    environments: Sequence[Seen] = ()
    workflows: Sequence[Seen] = ()
    labels: Sequence[Seen] = ()
    proposed_source: DeploymentSource = DeploymentSource.NONE
    missing: Sequence[str] = field(
        default_factory=tuple
    )  # parts the token may not read: "deployments", "actions", "issues"


@dataclass(frozen=True, slots=True)
class Address:
    """A repository's address as a person pasted it, understood."""

    base_url: str  # of the API, no trailing slash: https://api.github.com
    repository: str  # "owner/name"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a host's webhook told: that something happened in a repository. What happened is read by the next sync."""

    event: str  # the host's own name; "ping" asks only whether anybody is there
    external_id: str  # the host's id of the repository; "" where it names none


class Hook(Protocol):
    """The webhooks of one outside system."""

    def is_signed(self, secret: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether whoever knows the secret sent exactly this body. In a time that tells nothing of how far it was right."""

    def understand(self, headers: Mapping[str, str], body: bytes) -> Heard:
        """What a body that was signed tells. ValueError(code) where it cannot be read."""


@dataclass(frozen=True, slots=True)
class Repository:
    """One of those that a token sees."""

    external_id: str
    full_name: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class RepositoryPage:
    """A page of what a token sees, in no order that counts. `more`: there is another one behind it."""

    repositories: Sequence[Repository]
    more: bool = False


class Connector(Protocol):
    """One outside system."""

    kind: str
    title: str

    def parse_address(self, text: str, base_url: str = "") -> Address:
        """Understand a pasted repository address; `base_url` overrides the API's address. ValueError(code) if it is none."""

    def parse_host(self, text: str) -> str:
        """The API's address of a host as a person typed it; "" is the usual host. ValueError(code) if it is none."""

    def client(self, base_url: str, token: str) -> Client:
        """An HTTP client that speaks to this system with this token."""

    def inspect(self, client: Client, repository: str) -> Inspection:
        """A first look: proves the token and proposes what to read. Raises core.http.OutgoingError."""

    def list_repositories(self, client: Client, page: int) -> RepositoryPage:
        """A page (from 1 on) of the repositories that the token sees. Raises core.http.OutgoingError.

        Hosts differ in whether they can search, so none is asked to: connections/choosing.py reads all pages and searches.
        """

    def identify(self, client: Client, repository: str) -> Identity:
        """Which repository this is now: a host leads from a former name to the present one. Raises core.http.OutgoingError."""

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
        """Yield pages from where `state` (by stream) ends, newest first; `again` names keys to read once more by themselves.

        Safe to stop between any two pages and to start again from the stored states. Raises core.http.OutgoingError. What the
        host has no more is set aside as "gone". Where deployments are read, so are the changes that they bring, and the
        comparisons that are `wanted`; a host that knows neither leaves both out.
        """

    def read_again(
        self, client: Client, repository: str, options: ReadOptions, keys: Sequence[str], now: datetime
    ) -> Iterator[Page]:
        """Only these objects, each by itself: pages of the stream "again". Raises core.http.OutgoingError."""
