"""The OKRs of the organisation: brought by whoever may edit them, and back as they were."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from core import clock
from imports.models import State, Upload
from okrs.models import CheckIn, KeyResult, Objective
from teams.models import AuditEvent, Person, Team
from tests.imports.files import as_csv, brought, imported, said, stored
from tests.okrs.factories import FIRST, TODAY, checked_in, key_result_of, noon, objective_in, quarter

pytestmark = pytest.mark.django_db
HEADER = ["Cycle begins", "Objective", "Business metric", "Key result", "Kind", "Start value", "Target value"]
ROWS = [[FIRST, "Ship faster", "Time to market", "Lead time", "decrease", 12, 6]]
FILE = as_csv(HEADER, *ROWS)


@pytest.fixture(autouse=True)
def _today() -> object:
    with clock.at(TODAY):
        yield


def test_the_organisations_key_results_and_check_ins_are_imported(manager: Person) -> None:
    quarter(manager)
    assert imported(None, manager, "key-results", FILE).state == State.APPLIED
    made = KeyResult.objects.get()
    assert (made.title, made.objective.team, made.objective.title) == ("Lead time", None, "Ship faster")
    check_ins = as_csv(["Key result", "Day", "Value"], ["Lead time", "2026-11-02", 9])
    assert imported(None, manager, "check-ins", check_ins).written == 1
    assert CheckIn.objects.get().key_result == made
    assert [each.team for each in AuditEvent.objects.filter(action="import.applied")] == [None, None]


@pytest.mark.parametrize("kind", ["key-results", "check-ins"])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_what_is_downloaded_comes_back_unchanged(manager: Person, kind: str, ending: str) -> None:
    key_result = key_result_of(objective_in(quarter(manager), manager, None), manager)
    checked_in(key_result, manager, noon(11, 2), 40, confidence=7, comment="=1+1")
    upload = brought(None, manager, kind, stored(None, kind, ending))
    assert said(upload) == [(2, "same", "")]


def test_a_teams_table_is_not_the_organisations(manager: Person, team: Team, editor: Person) -> None:
    """Neither reaches the other, by title nor by id."""
    key_result = key_result_of(objective_in(quarter(manager), editor, team, title="Ship faster"), editor)
    ((_number, state, reason),) = said(brought(None, manager, "key-results", FILE))
    assert (state, reason) == ("new", "")
    named = as_csv(["id", "Objective", "Key result"], [key_result.pk, "Ship faster", "Test coverage"])
    ((_number, state, reason),) = said(brought(None, manager, "key-results", named))
    assert (state, reason) == ("refused", f"No key result here has the id {key_result.pk}.")
    assert Objective.objects.filter(team=None).count() == 0


def test_from_the_okr_page_to_the_file_and_back(signed_in: Callable[[Person], Client], manager: Person) -> None:
    quarter(manager)
    client, url = signed_in(manager), reverse("organisation-import-new", args=["key-results"])
    assert url in client.get(reverse("organisation-okrs")).content.decode()
    response = client.post(url, {"file": SimpleUploadedFile("okrs.csv", FILE)})
    upload = Upload.objects.get()
    assert response["Location"] == f"/okrs/imports/{upload.pk}/" == upload.get_absolute_url()
    done = client.post(reverse("organisation-import-apply", args=[upload.pk]), follow=True).content.decode()
    assert "1 row was written" in done
    assert reverse("organisation-import-new", args=["check-ins"]) in done
    assert client.get(reverse("organisation-import-new", args=["roadmap-items"])).status_code == 404


def test_by_api(signed_in: Callable[[Person], Client], manager: Person) -> None:
    quarter(manager)
    client = signed_in(manager)
    body = {"kind": "key-results", "name": "a.csv", "content": b64encode(FILE).decode()}
    told = client.post(reverse("api-organisation-imports"), body, content_type="application/json").json()
    apply = reverse("api-organisation-import-apply", args=[told["id"]])
    assert client.post(apply, content_type="application/json").json()["written"] == 1
    body["kind"] = "roadmap-items"
    refused = client.post(reverse("api-organisation-imports"), body, content_type="application/json")
    assert (refused.status_code, refused.json()) == (400, {"kind": ["Nothing of this kind is imported."]})


def test_the_organisations_files_are_not_among_a_teams(
    signed_in: Callable[[Person], Client], administrator: Person, team: Team
) -> None:
    quarter(administrator)
    upload = brought(None, administrator, "key-results", FILE)
    client = signed_in(administrator)
    assert client.get(reverse("import", args=[team.pk, upload.pk])).status_code == 404
    assert client.get(reverse("organisation-import", args=[upload.pk])).status_code == 200
    assert client.get(reverse("imports", args=[team.pk])).context["rows"].paginator.count == 0
