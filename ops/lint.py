"""`make lint`: every check that only reads the code, two at a time; what one of them complains about is printed whole.

The audit of the locked packages (ops/audit.py) runs beside them, as it mostly waits.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from ops.audit import Audit, Verdict
from ops.bootstrap import ROOT
from ops.say import say

PYTHON = (sys.executable, "-m")
# The slowest first.
CHECKS: dict[str, tuple[str, ...]] = {
    "types (mypy)": (*PYTHON, "mypy"),
    "templates (djlint)": (*PYTHON, "djlint", "templates", "--lint", "--quiet"),
    "translations": (*PYTHON, "ops.messages", "check"),
    "migrations": (sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"),
    "floors (import-linter)": (
        os.path.join(os.path.dirname(sys.executable), "lint-imports"),
        "--no-logo",
        "--no-cache",
    ),
    "code (ruff check)": (*PYTHON, "ruff", "check", "--output-format=concise", "."),
    "shape (ruff format)": (*PYTHON, "ruff", "format", "--check", "."),
}


def lint() -> bool:
    """Run every check; whether all are content."""
    audit = Audit()
    with tempfile.TemporaryDirectory() as var, ThreadPoolExecutor(2) as pool:
        environment = {
            **os.environ,
            "PORTAL_ENV": "test",
            "PORTAL_VAR": var,
            "DATABASE_URL": "sqlite://:memory:",
            "REDIS_URL": "",
        }

        def run(command: tuple[str, ...]) -> tuple[int, str, float]:
            began = time.monotonic()
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
            return done.returncode, done.stdout, time.monotonic() - began

        content = True
        for name, (code, output, took) in zip(CHECKS, pool.map(run, CHECKS.values()), strict=True):
            say(f"  {'ok  ' if code == 0 else 'FAIL'} {name}, {took:.0f} s")
            if code:
                content = False
                say("\n".join(f"       {line}" for line in output.rstrip().splitlines()))
    return tell(audit.verdicts()) and content


def tell(verdicts: dict[str, Verdict]) -> bool:
    """Say what came out of the audit; whether nothing bad is known."""
    for name, verdict in verdicts.items():
        say(f"  {verdict.mark} {name}: {verdict.sentence}")
        for line in verdict.details:
            say(f"       {line}")
    return all(verdict.fine is not False for verdict in verdicts.values())


if __name__ == "__main__":
    sys.exit(not lint())
