"""The server's files: every variable is explained, every knob of the settings is listed, and the two fit together."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.bootstrap import ROOT

VARIABLE = re.compile(r"\$\{(\w+)(?::[-?]([^}]*))?\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def listed() -> set[str]:
    """The variables of .env.example, set or commented out."""
    return set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]*)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def knobs_of_the_settings() -> set[str]:
    """Every name that settings.py asks `env` for."""
    tree = ast.parse((ROOT / "mlops_portal" / "settings.py").read_text())
    return {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def knobs_of_the_launcher() -> set[str]:
    return set(re.findall(r'knob\("(\w+)"', (ROOT / "ops" / "run.py").read_text()))


def test_every_knob_is_in_the_example(listed: set[str]) -> None:
    knobs = knobs_of_the_settings() | knobs_of_the_launcher()
    assert {"SECRET_KEY", "DATABASE_URL", "OUTGOING_ALLOW", "PORT"} <= knobs
    assert knobs - listed == set()


def test_every_variable_of_the_compose_file_is_in_the_example(listed: set[str]) -> None:
    used = {name for name, _ in VARIABLE.findall((ROOT / "docker-compose.yml").read_text())}
    assert "POSTGRES_PASSWORD" in used
    assert used - listed == set()


def test_the_example_lists_nothing_that_nobody_reads(listed: set[str]) -> None:
    used = {name for name, _ in VARIABLE.findall((ROOT / "docker-compose.yml").read_text())}
    assert listed - used - knobs_of_the_settings() - knobs_of_the_launcher() == set()


def test_every_knob_reaches_the_containers(compose: dict[str, Any]) -> None:
    # Those that a container has no use for: where it keeps files is the image's, where it listens too.
    fixed = {"HOST", "PORT", "PORTAL_VAR", "DEBUG"}
    assert knobs_of_the_settings() - fixed == set(compose["services"]["web"]["environment"])


def test_the_services_are_watched_and_wait_for_each_other(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"migrate", "web", "worker", "beat", "postgres", "redis"}
    for name in ("web", "worker", "beat", "postgres", "redis"):
        assert services[name]["healthcheck"]["test"], name
        assert services[name]["restart"] == "unless-stopped"
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
        assert services[name]["environment"] == services["migrate"]["environment"]
    assert services["migrate"]["depends_on"].keys() == {"postgres", "redis"}
    assert services["migrate"]["restart"] == "no"
    kept = {volume.partition(":")[0] for name in ("postgres", "redis") for volume in services[name]["volumes"]}
    assert kept == set(compose["volumes"])


def test_only_the_web_service_is_published_and_only_to_this_machine(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"web": ["${HOST:-127.0.0.1}:${PORT:-8000}:8000"]}


def test_the_image_holds_no_secret_and_nothing_made_here() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", ".git", ".venv", "var", "node_modules", "static/build"} <= set(ignored)
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), line


def test_the_portal_boots_with_the_environment_of_the_compose_file(compose: dict[str, Any], tmp_path: Path) -> None:
    given = {
        "SECRET_KEY": "x" * 60,
        "ENCRYPTION_KEYS": "c29tZSB0aGlydHktdHdvIGJ5dGVzIG9mIGEga2V5ISE=",
        "POSTGRES_PASSWORD": "secret",
        "PORTAL_URL": "https://portal.example.com",
    }
    environment = {
        name: VARIABLE.sub(lambda found: given.get(found[1], found[2] or ""), value)
        for name, value in compose["services"]["web"]["environment"].items()
    }
    show = (
        "from django.conf import settings as s; import django; django.setup();"
        "print(s.DATABASES['default']['HOST'], s.DATABASES['default']['PASSWORD'], s.CELERY_BROKER_URL, s.MAIL_WORKS, s.DEBUG)"
    )
    done = subprocess.run(
        [sys.executable, "-c", show],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PORTAL_VAR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "mlops_portal.settings",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "postgres secret redis://redis:6379/0 False False\n", done.stderr


def test_the_test_run_of_a_change_is_the_two_commands() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "make test\n" in script.read_text()
    assert "make test-recorded" in script.read_text()


@pytest.mark.parametrize(
    "lock", ["requirements.txt", "requirements-dev.txt", "requirements-node.txt", "package-lock.json"]
)
def test_the_lock_files_name_no_registry_and_every_hash(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "--index-url" not in text
    assert "--find-links" not in text
    assert '"resolved"' not in text
    if lock.endswith(".txt"):
        pinned = re.findall(r"^[a-z0-9][^\s=]*==\S+.*\\\n    --hash=sha256:", text, re.MULTILINE)
        assert len(pinned) == len(re.findall(r"^[a-z0-9][^\s=]*==", text, re.MULTILINE)) > 0
    else:
        assert text.count('"integrity"') > 200
