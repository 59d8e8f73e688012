"""The page of the ways in; its examples are those of docs/ways-in.md, and they work."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from django.urls import reverse

from delivery import examples
from delivery.models import Change, Deployment, Incident
from teams.models import Person, Team
from tests.delivery.factories import ServiceFactory
from tests.delivery.pushes import Program

DOCS = Path(__file__).parents[2] / "docs" / "ways-in.md"
JAPANESE = DOCS.with_name("ways-in.ja.md")
ADDRESS = "https://portal.example.com/api/v1/teams/7"
# What the systems say of a run, for the examples' shells.
RUN = {
    "OUTCOME": "succeeded", "GITHUB_RUN_ID": "9001", "GITHUB_RUN_ATTEMPT": "2", "GITHUB_SHA": "4f2c9ab",
    "GITHUB_REF_NAME": 'say-"hello"', "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/shop",
    "CI_JOB_STATUS": "failed", "CI_JOB_ID": "77", "CI_JOB_STARTED_AT": "2026-11-02T09:30:00Z", "CI_COMMIT_SHA": "5e2c",
    "CI_COMMIT_REF_NAME": 'say-"hello"', "CI_JOB_URL": "https://gitlab.example.com/j/77", "BUILD_NUMBER": "12",
    "GIT_COMMIT": "6a1b", "GIT_BRANCH": 'origin/"x"', "BUILD_URL": "https://ci.example.com/12",
}  # fmt: skip


def all_examples(address: str) -> list[examples.Example]:
    return [
        *examples.of_deployments(f"{address}/deployments/"),
        examples.of_incidents(f"{address}/incidents/"),
        examples.of_alerts(f"{address}/alerts/"),
    ]


def test_the_document_has_the_same_examples() -> None:
    text = DOCS.read_text(encoding="utf-8")
    missing = [each.id for each in all_examples(ADDRESS) if each.text not in text]
    assert missing == [], "docs/ways-in.md and delivery/examples.py differ"


def test_both_languages_have_the_same_examples_and_lead_to_each_other() -> None:
    english, japanese = (path.read_text(encoding="utf-8") for path in (DOCS, JAPANESE))
    blocks = [re.findall(r"^```.*?^```$", text, re.DOTALL | re.MULTILINE) for text in (english, japanese)]
    assert len(blocks[0]) == len(all_examples(ADDRESS))
    assert blocks[0] == blocks[1]
    assert [text.count("\n#") for text in (english, japanese)] == [english.count("\n#")] * 2
    assert (f"]({JAPANESE.name})" in english, f"]({DOCS.name})" in japanese) == (True, True)
    assert set(re.findall(r"`[a-z_]+`", english)) == set(re.findall(r"`[a-z_]+`", japanese)), "every field is told"


@pytest.mark.django_db
@pytest.mark.usefixtures("organisation")
def test_the_page_names_the_teams_own_addresses(
    signed_in: Callable[[Person], Client], team: Team, team_admin: Person, outsider: Person
) -> None:
    ServiceFactory(source__connection__team=team, source__connection__kind="github", source__full_name="acme/shop")
    page = html.unescape(signed_in(team_admin).get(reverse("ways-in", args=[team.pk])).text)
    for each in all_examples(f"http://testserver/api/v1/teams/{team.pk}"):
        assert each.text in page, each.id
    assert ("severity is critical" in page, "acme/shop" in page, reverse("alert-rule", args=[team.pk]) in page) == (
        True, True, True,
    )  # fmt: skip
    reader = signed_in(outsider).get(reverse("ways-in", args=[team.pk])).text
    assert reverse("alert-rule", args=[team.pk]) not in reader
    assert reverse("deployment-new", args=[team.pk]) not in reader
    assert reverse("ways-in", args=[team.pk]) in signed_in(outsider).get(reverse("connections", args=[team.pk])).text


def shells(address: str) -> dict[str, str]:
    """What each example has a shell do."""
    texts = {each.id: each.text for each in all_examples(address)}
    github = yaml.safe_load(texts["github"])["jobs"]["deploy"]["steps"][-1]["run"]
    gitlab = yaml.safe_load(texts["gitlab"])["deploy"]["after_script"][0]
    jenkins = re.search(r"'''(.*?)'''", texts["jenkins"], re.DOTALL)
    assert jenkins is not None
    groovy = jenkins[1].replace("\\\\", "\\")  # as Groovy reads it
    return {"curl": texts["curl"], "incident": texts["incident"], "github": github, "gitlab": gitlab, "jenkins": groovy}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_unguarded", "organisation")
# The examples call curl, which nothing of the project needs: where there is none, there is nothing to run them with.
@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_examples_work(live_server: Any, team: Team, editor: Person) -> None:
    secret = Program(team, editor).secret
    for name, shell in shells(f"{live_server.url}/api/v1/teams/{team.pk}").items():
        environment = {"PORTAL_TOKEN": secret, "PATH": "/usr/bin:/bin", **RUN}
        for _ in range(2):  # a repeated one is no other
            done = subprocess.run(
                ["/bin/bash", "-euc", shell], env=environment, capture_output=True, text=True, check=False, timeout=60
            )
            told = done.returncode == 0 or "came with another body" in done.stdout
            assert told, f"{name}: {done.stdout} {done.stderr}"
    found = Deployment.objects.order_by("key").values_list("key", "outcome", "attempt")
    assert list(found) == [
        ("push:12", "succeeded", 1), ("push:512", "succeeded", 1), ("push:77", "failed", 1), ("push:9001", "succeeded", 2),
    ]  # fmt: skip
    assert (Incident.objects.get().hours, Change.objects.get().deployment) == (
        2.0,
        Deployment.objects.get(key="push:512"),
    )
