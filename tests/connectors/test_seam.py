"""A new host is a folder of its own and a line in the registry: no room knows what a host is called."""

from __future__ import annotations

import ast
from pathlib import Path

from connectors.registry import CONNECTORS, HOOKS
from ops.bootstrap import ROOT

ROOMS = (
    "core",
    "teams",
    "notices",
    "connections",
    "delivery",
    "comments",
    "imports",
    "calendars",
    "insights",
    "sample",
)
PUSHES = "delivery/examples.py"  # what pushes from GitHub Actions is no host that is read
ALL_HOSTS = ("__init__.py", "records.py", "names.py")  # of connectors/: what is the same for every host


def named(path: Path) -> set[str]:
    """The hosts whose folder a module imports, or whose kind it compares something with."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
        found |= {name.split(".")[1] for name in names if name.startswith("connectors.") and name.count(".") > 1}
        found |= {name.split(".")[1] for name in names if name.removeprefix("connectors.") in CONNECTORS}
        if isinstance(node, ast.Constant) and node.value in CONNECTORS:
            found.add(str(node.value))
    return found


def test_no_room_names_a_host() -> None:
    modules = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if path != ROOT / PUSHES]
    modules += [ROOT / "connectors" / name for name in ALL_HOSTS]
    assert len(modules) > 100
    assert {str(path.relative_to(ROOT)): names for path in modules if (names := named(path))} == {}


def test_a_host_stands_in_the_registry_by_its_folder() -> None:
    assert named(ROOT / "connectors" / "registry.py") == set(CONNECTORS)
    assert all((ROOT / "connectors" / kind / "__init__.py").is_file() for kind in CONNECTORS)
    assert set(HOOKS) <= set(CONNECTORS)


def test_one_host_knows_nothing_of_another() -> None:
    for kind in CONNECTORS:
        for path in (ROOT / "connectors" / kind).rglob("*.py"):
            assert named(path) <= {kind}, path
