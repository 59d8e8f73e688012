"""Part of `make lint`: whether a locked package has a published weakness. What cannot be asked is said, and fails nothing.

The lock files are read and nothing is installed; the tools ask the package registries that this machine is set up for.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ops.bootstrap import ROOT

# Seconds since the start of lint; the tools run beside the other checks.
GIVEN_UP_AFTER = 15.0


@dataclass(frozen=True)
class Verdict:
    """`fine` is None where nobody could be asked."""

    fine: bool | None
    sentence: str
    details: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        return {True: "ok  ", False: "FAIL", None: "--  "}[self.fine]


def unreachable(why: str) -> Verdict:
    return Verdict(None, f"not audited: what is known of weaknesses cannot be reached ({why})")


def of_python(output: str) -> Verdict:
    """What pip-audit's JSON says. It tells a registry that does not answer from an unknown package by nothing."""
    try:
        packages = json.loads(output)["dependencies"]
    except (ValueError, TypeError, KeyError):
        return unreachable("pip-audit gave no answer")
    asked = [package for package in packages if "vulns" in package]
    details = [
        f"{package['name']} {package['version']}: {weakness['id']}, "
        f"mended in {', '.join(weakness.get('fix_versions') or ['no release yet'])}"
        for package in asked
        for weakness in package["vulns"]
    ]
    if details:
        return Verdict(False, _count(len(details)), tuple(details))
    if not asked:
        return unreachable(f"none of {len(packages)} packages could be looked up")
    left = len(packages) - len(asked)
    return Verdict(True, _packages(len(asked)) + (f", {left} could not be looked up" if left else ""))


def of_node(output: str) -> Verdict:
    """What npm's JSON says."""
    try:
        answer = json.loads(output)
        found, total = answer["vulnerabilities"], answer["metadata"]["dependencies"]["total"]
    except (ValueError, TypeError, KeyError):
        return unreachable("npm gave no answer")
    details = tuple(f"{name}: {facts['severity']}, {_via(facts)}" for name, facts in sorted(found.items()))
    return Verdict(False, _count(len(details)), details) if details else Verdict(True, _packages(total))


def _via(facts: Mapping[str, Any]) -> str:
    via = [each["title"] if isinstance(each, dict) else f"through {each}" for each in facts.get("via", [])]
    return "; ".join(via) or "no title"


def _packages(number: int) -> str:
    return f"{number} package{'s' if number != 1 else ''}"


def _count(number: int) -> str:
    return f"{number} known weakness{'es' if number > 1 else ''}"


PIP_AUDIT = (
    sys.executable,
    "-m",
    "pip_audit",
    "--require-hashes",
    "--disable-pip",
    "--progress-spinner=off",
    "--format=json",
)
AUDITS: dict[str, tuple[tuple[str, ...], Callable[[str], Verdict]]] = {
    "packages (requirements.txt)": ((*PIP_AUDIT, "--requirement", "requirements.txt"), of_python),
    "packages (requirements-dev.txt)": ((*PIP_AUDIT, "--requirement", "requirements-dev.txt"), of_python),
    "packages (package-lock.json)": (("npm", "audit", "--package-lock-only", "--json"), of_node),
}


class Audit:
    """Started before the other checks and asked after them."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
        self._running: dict[str, subprocess.Popen[str]] = {}
        for name, (command, _) in AUDITS.items():
            with suppress(OSError):  # no npm: nobody to ask
                self._running[name] = subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env={**os.environ, "PATH": path},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )

    def verdicts(self) -> dict[str, Verdict]:
        return {name: self._verdict(name, judge) for name, (_, judge) in AUDITS.items()}

    def _verdict(self, name: str, judge: Callable[[str], Verdict]) -> Verdict:
        process = self._running.get(name)
        if process is None:
            return unreachable("the tool is not installed")
        try:
            output, _ = process.communicate(timeout=max(0.1, self._began + GIVEN_UP_AFTER - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return unreachable(f"no answer within {GIVEN_UP_AFTER:.0f} s")
        return judge(output)
