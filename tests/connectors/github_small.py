"""GitHub's connector and its fake with small pages, so that everything happens with little data."""

from __future__ import annotations

import pytest

from connectors.github import changes, compare, deployments, issues, pulls, runs
from tests.fakes import github_answers


def small(patch: pytest.MonkeyPatch) -> None:
    """Pages of 5, own pages of 3, and a listing of runs that ends at 20."""
    for module in (deployments, issues, runs, changes, pulls, compare):
        patch.setattr(module, "PER_PAGE", 5)
    for module in (deployments, changes, compare):
        patch.setattr(module, "CHUNK", 3)
    patch.setattr(runs, "CAP", 20)
    patch.setattr(github_answers, "CAP", 20)
