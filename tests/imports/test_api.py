"""Imports by a program: bring a file, look, import."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from roadmaps.models import Item, Roadmap
from teams.models import Person
from tests.imports.files import as_csv

pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def client(signed_in: Callable[[Person], Client], editor: Person) -> Client:
    return signed_in(editor)


def bring(client: Client, roadmap: Roadmap, brought: bytes, **more: Any) -> Any:
    body = {"kind": "roadmap-items", "name": "items.csv", "content": b64encode(brought).decode(), **more}
    return client.post(reverse("api-imports", args=[roadmap.team_id]), body, content_type="application/json")


def test_a_file_is_brought_looked_at_and_imported(client: Client, roadmap: Roadmap) -> None:
    made = bring(client, roadmap, as_csv(["Section", "Item"], [1, "One"], [1, "Two"]))
    assert made.status_code == 201
    told = made.json()
    assert (told["counts"]["new"], [row["title"] for row in told["rows"]]) == (2, ["One", "Two"])
    one = reverse("api-import", args=[roadmap.team_id, told["id"]])
    assert client.get(one, {"show": "same"}).json()["rows"] == []
    done = client.post(reverse("api-import-apply", args=[roadmap.team_id, told["id"]]), content_type="application/json")
    assert (done.status_code, done.json()["state"], done.json()["rows"]) == (200, "applied", [])
    assert (told["can_be_applied"], told["written"]) == (True, 0)
    assert (done.json()["can_be_applied"], done.json()["written"]) == (False, 2)
    assert Item.objects.filter(title__in=["One", "Two"]).count() == 2
    assert [each["id"] for each in client.get(reverse("api-imports", args=[roadmap.team_id])).json()] == [told["id"]]


def test_what_cannot_be_read_or_imported_is_400_with_the_sentence(client: Client, roadmap: Roadmap) -> None:
    assert bring(client, roadmap, b"").json() == {"content": ["This field may not be blank."]}
    assert bring(client, roadmap, b"\x89PNG\0").json() == {
        "content": ["This is neither CSV nor an Excel file (.xlsx)."]
    }
    assert bring(client, roadmap, b"x", content="%%%").json() == {"content": ["This is not Base64."]}
    assert bring(client, roadmap, b"x", kind="people").json() == {"kind": ["Nothing of this kind is imported."]}
    told = bring(client, roadmap, as_csv(["Section", "Item"], [9, "One"])).json()
    assert told["rows"][0]["number"] == 2
    refused = client.post(
        reverse("api-import-apply", args=[roadmap.team_id, told["id"]]), content_type="application/json"
    )
    assert (refused.status_code, list(refused.json())) == (400, ["detail"])
    gone = client.delete(reverse("api-import", args=[roadmap.team_id, told["id"]]))
    assert gone.status_code == 204


def test_a_body_of_30_mb_is_413(client: Client, roadmap: Roadmap) -> None:
    response = bring(client, roadmap, b"a" * 22_000_000)
    assert (response.status_code, list(response.json())) == (413, ["detail"])


def test_a_row_says_what_it_changes_in_the_language_of_whoever_asks(
    client: Client, roadmap: Roadmap, item: Item, editor: Person
) -> None:
    told = bring(client, roadmap, as_csv(["No.", "State"], [item.pk, "done"])).json()
    change = {"name": "State", "before": "To do", "after": "Done"}
    assert change in told["rows"][0]["differences"]
    one = reverse("api-import", args=[roadmap.team_id, told["id"]])
    editor.language = "ja"
    editor.save()
    japanese = client.get(one).json()["rows"][0]["differences"]
    assert {"name": "状態", "before": "未着手", "after": "完了"} in japanese
