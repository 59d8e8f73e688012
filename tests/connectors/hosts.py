"""The made-up hosts that the contract is held against: at least one for each connector of the registry, a line each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.connectors import github_cases
from tests.connectors.contract import Host

CASES: dict[str, Callable[[], AbstractContextManager[Host]]] = {
    "github": github_cases.deployments,
    "github, runs": github_cases.runs,
}
