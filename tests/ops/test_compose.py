"""The server's files: every variable is explained, every knob of the settings is listed, and the two fit together."""

import ast
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops import make_secrets
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
    assert "PORTAL_URL" in used
    assert used - listed == set()


def test_the_example_lists_nothing_that_nobody_reads(listed: set[str]) -> None:
    used = {name for name, _ in VARIABLE.findall((ROOT / "docker-compose.yml").read_text())}
    assert listed - used - knobs_of_the_settings() - knobs_of_the_launcher() == set()


def test_every_knob_reaches_the_containers(compose: dict[str, Any]) -> None:
    # Those that a container has no use for: where it keeps files is the image's, where it listens too.
    fixed = {"HOST", "PORT", "PORTAL_VAR", "DEBUG"}
    given = {name.removesuffix("_FILE") for name in compose["services"]["web"]["environment"]}
    assert knobs_of_the_settings() - fixed == given


PORTAL = ("web", "worker", "beat")


def test_the_services_are_watched_and_wait_for_each_other(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"proxy", "migrate", *PORTAL, "postgres", "redis"}
    for name in services.keys() - {"migrate"}:
        assert services[name]["healthcheck"]["test"], name
        assert services[name]["restart"] == "unless-stopped"
        assert services[name]["stop_grace_period"], name
    for name in PORTAL:
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
        assert services[name]["environment"] == services["migrate"]["environment"]
    assert services["migrate"]["depends_on"].keys() == {"postgres", "redis"}
    assert services["migrate"]["restart"] == "no"
    kept = {volume.partition(":")[0] for service in services.values() for volume in service.get("volumes", ())}
    assert kept == set(compose["volumes"])


def test_every_service_has_no_right_that_it_does_not_need(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service, name
        assert "privileged" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name
        assert not [volume for volume in service.get("volumes", ()) if volume.startswith(("/", "."))], name
        uid = service.get("user") or _user_of_the_image(service["build"]["target"])
        assert int(uid.partition(":")[0]) > 0, name


def _user_of_the_image(target: str) -> str:
    stage = (ROOT / "Dockerfile").read_text().partition(f" AS {target}\n")[2].partition("\nFROM ")[0]
    return re.findall(r"^USER (\S+)$", stage, re.MULTILINE)[-1]


def test_only_the_proxy_is_published_and_the_servers_have_no_way_out(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert {name for name, service in services.items() if "ports" in service} == {"proxy"}
    assert compose["networks"]["inside"] == {"internal": True}
    assert services["proxy"]["networks"] == ["outside"], "the proxy reaches web and nobody else"
    for name in ("migrate", "beat", "postgres", "redis"):
        assert services[name]["networks"] == ["inside"], name


def test_the_proxy_is_published_where_it_listens(compose: dict[str, Any]) -> None:
    """PORTAL_URL without a port: then Caddy listens at its own two, which are published and asked for its health."""
    caddy = (ROOT / "Caddyfile").read_text()
    listens = dict(re.findall(r"(https?)_port \{\$HTTPS?_PORT:(\d+)\}", caddy))
    proxy = compose["services"]["proxy"]
    assert proxy["ports"] == [f"80:{listens['http']}", f"443:{listens['https']}"]
    assert proxy["healthcheck"]["test"][-1] == listens["https"]
    assert not {"HTTP_PORT", "HTTPS_PORT"} & proxy["environment"].keys()


def test_every_image_is_pinned(compose: dict[str, Any]) -> None:
    images = [service["image"] for service in compose["services"].values() if "build" not in service]
    images += re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(images) == 5
    for image in images:
        assert re.search(r":\d+\.\d+", image), image


def test_every_secret_is_a_file_that_make_secrets_makes(compose: dict[str, Any], tmp_path: Path) -> None:
    made = make_secrets.make(tmp_path / "secrets")
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert {f"./secrets/{name}" for name in made} == {each["file"] for each in compose["secrets"].values()}
    used = {name for service in compose["services"].values() for name in service.get("secrets", ())}
    assert used == set(made)
    before = (tmp_path / "secrets" / "secret_key").read_text()
    assert make_secrets.make(tmp_path / "secrets") == []
    assert (tmp_path / "secrets" / "secret_key").read_text() == before
    for service in compose["services"].values():
        for name, value in (service.get("environment") or {}).items():
            assert not re.search("(PASSWORD|KEYS?|EMAIL_URL)$", name), f"{name} stands in the environment"
            if name.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in service["secrets"], name


def test_the_image_holds_no_secret_and_nothing_made_here() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", "secrets", ".git", ".venv", "var", "node_modules", "static/build"} <= set(ignored)
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), line


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
