"""A team with a roadmap that began on 1 April 2026, seen on 20 May."""

from tests.roadmaps.conftest import item, roadmap, today  # noqa: F401
