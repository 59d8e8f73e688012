"""The pages of imports: templates, the dry run, importing, and who sees what."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from core import imports as registry
from imports import services
from imports.models import State, Upload
from roadmaps.importing import ItemImporter
from roadmaps.models import Item, Roadmap
from teams.models import Person
from tests.imports.files import as_csv, brought, said

KIND = "roadmap-items"
pytestmark = pytest.mark.usefixtures("today")
HEADER = ["Section", "Item", "State", "extra"]
GOOD = as_csv(HEADER, [1, "One", "done", "x"], [2, "=2", "", ""])


@pytest.fixture
def client(signed_in: Callable[[Person], Client], editor: Person) -> Client:
    return signed_in(editor)


def bring(client: Client, roadmap: Roadmap, content: bytes, name: str = "items.csv") -> Any:
    url = reverse("import-new", args=[roadmap.team_id, KIND])
    return client.post(url, {"file": SimpleUploadedFile(name, content)})


def test_from_the_file_over_the_dry_run_to_the_roadmap(client: Client, roadmap: Roadmap) -> None:
    response = bring(client, roadmap, GOOD)
    upload = Upload.objects.get()
    assert response["Location"] == upload.get_absolute_url()
    page = client.get(response["Location"]).content.decode()
    assert "Import 2 rows" in page
    assert "Columns that are left out: extra" in " ".join(page.split())
    assert Item.objects.filter(title="One").count() == 0
    done = client.post(reverse("import-apply", args=[roadmap.team_id, upload.pk]), follow=True)
    assert "2 rows were written" in done.content.decode()
    assert f'<a class="btn btn-primary" href="{reverse("roadmap", args=[roadmap.team_id])}"' in done.content.decode()
    assert f'<a class="btn" href="{reverse("import-new", args=[roadmap.team_id, KIND])}"' in done.content.decode()
    assert set(Item.objects.filter(template_key="").values_list("title", flat=True)) == {"One", "=2"}


def test_refused_rows_are_listed_with_number_and_reason_and_there_is_no_button(
    client: Client, roadmap: Roadmap
) -> None:
    page = client.get(bring(client, roadmap, as_csv(HEADER, [9, "<b>x</b>", "", ""]))["Location"]).content.decode()
    assert "“9” is none of" in page
    assert "1 row is refused, so nothing can be imported." in page
    assert reverse("import-apply", args=[roadmap.team_id, Upload.objects.get().pk]) not in page
    assert "<b>x</b>" not in page


def test_a_file_that_is_none_is_told_at_the_field(client: Client, roadmap: Roadmap) -> None:
    response = bring(client, roadmap, b"%PDF-1.7")
    assert response.status_code == 422
    assert "neither CSV nor an Excel file" in response.context["form"].errors["file"][0]
    assert bring(client, roadmap, b"").context["form"].errors["file"] == ["The file is empty."]
    assert client.post(reverse("import-new", args=[roadmap.team_id, KIND])).status_code == 422
    assert not Upload.objects.exists()


def test_30_mb_are_told_how_much_may_be(client: Client, roadmap: Roadmap) -> None:
    response = bring(client, roadmap, b"a" * 30_000_000)
    assert response.status_code == 422
    assert response.context["form"].errors["file"] == [
        "The file has 28.6\xa0MB. At most 5\xa0MB can be read: split it."
    ]


def test_rows_are_filtered_and_come_in_pages(client: Client, roadmap: Roadmap, editor: Person) -> None:
    rows = [[1, f"Item {n}", "", ""] for n in range(150)] + [["x", "bad", "", ""]]
    url = brought(roadmap.team, editor, KIND, as_csv(HEADER, *rows)).get_absolute_url()
    assert [len(client.get(url, {"page": page}).context["rows"]) for page in (1, 2)] == [100, 51]
    assert [row.title for row in client.get(url, {"show": "refused"}).context["rows"]] == ["bad"]
    assert client.get(url, {"show": "same"}).context["rows"].object_list == []
    assert client.get(url, {"show": "nonsense", "page": "-1"}).context["rows"].paginator.count == 151


def test_a_change_meanwhile_is_409_with_the_new_plan(
    client: Client, roadmap: Roadmap, item: Item, editor: Person
) -> None:
    upload = brought(roadmap.team, editor, KIND, as_csv(["No.", "State"], [item.pk, "done"]))
    client.post(reverse("roadmap-tick", args=[roadmap.team_id, item.pk]), {"wanted": "done", "seen_version": 0})
    response = client.post(reverse("import-apply", args=[roadmap.team_id, upload.pk]))
    assert response.status_code == 409
    assert "Meanwhile something was changed here" in response.content.decode()
    assert [row.state for row in response.context["rows"]] == ["same"]


def test_a_refusal_to_import_is_422_and_throwing_away_leads_back(
    client: Client, roadmap: Roadmap, editor: Person
) -> None:
    upload = brought(roadmap.team, editor, KIND, as_csv(HEADER, [9, "x", "", ""]))
    assert client.post(reverse("import-apply", args=[roadmap.team_id, upload.pk])).status_code == 422
    assert client.post(reverse("import-check", args=[roadmap.team_id, upload.pk])).status_code == 302
    gone = client.post(reverse("import-throw-away", args=[roadmap.team_id, upload.pk]))
    assert gone["Location"] == reverse("import-new", args=[roadmap.team_id, KIND])
    assert client.get(upload.get_absolute_url()).status_code == 404


def test_while_a_worker_imports_the_page_asks_for_its_fragment(
    client: Client, roadmap: Roadmap, editor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ItemImporter, "at_once", 0)
    upload = services.apply(upload=brought(roadmap.team, editor, KIND, GOOD), by=editor)
    page = client.get(upload.get_absolute_url(), headers={"HX-Request": "true"})
    assert 'hx-trigger="every 1s"' in page.content.decode()
    assert "<html" not in page.content.decode()
    assert "HX-Refresh" not in page.headers
    Upload.objects.update(state=State.APPLIED, applied_at=upload.rung_at)
    assert client.get(upload.get_absolute_url(), headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


@pytest.mark.parametrize("kind", ["roadmap-items", "answers"])
def test_a_template_names_all_columns_and_its_example_can_be_read(
    client: Client, roadmap: Roadmap, editor: Person, kind: str
) -> None:
    url = reverse("import-template", args=[roadmap.team_id, kind])
    importer = registry.get(kind)
    assert importer is not None
    header = ",".join(str(column.header) for column in importer.columns)
    content = client.get(url, {"format": "csv"}).content
    assert content.decode("utf-8-sig").splitlines()[0] == header
    book = openpyxl.load_workbook(io.BytesIO(client.get(url, {"format": "xlsx"}).content))
    assert [len(sheet["A"]) >= 2 for sheet in book.worksheets] == [True, True]
    assert book.worksheets[1].max_row == 1 + len(importer.columns) + len(importer.notes())
    ((number, state, reason),) = said(brought(roadmap.team, editor, kind, content))
    assert number == 2
    assert (state, reason) == ("new", "") or "No round is open" in reason


def test_the_list_names_what_can_be_imported_and_the_files_of_late(
    client: Client, roadmap: Roadmap, editor: Person
) -> None:
    upload = brought(roadmap.team, editor, KIND, GOOD, "räume.csv")
    page = client.get(reverse("imports", args=[roadmap.team_id])).content.decode()
    assert "räume.csv" in page
    assert upload.get_absolute_url() in page
    assert all(reverse("import-new", args=[roadmap.team_id, each.kind]) in page for each in registry.all_importers())


def test_the_list_says_truly_how_each_file_stands(client: Client, roadmap: Roadmap, item: Item, editor: Person) -> None:
    refused, same = as_csv(HEADER, [9, "x", "", ""]), as_csv(["No.", "Item"], [item.pk, item.shown_title])
    services.apply(upload=brought(roadmap.team, editor, KIND, same), by=editor)
    for content in (refused, same, GOOD):
        brought(roadmap.team, editor, KIND, content)
    rows = client.get(reverse("imports", args=[roadmap.team_id])).context["rows"]
    assert [(row.label, row.summary) for row in rows] == [
        ("not imported yet", "2 rows to write"),
        ("nothing to import", "1 row"),
        ("cannot be imported", "1 of 1 rows refused"),
        ("imported", "0 rows written"),
    ]
    done = client.get(rows[-1].get_absolute_url()).content.decode()
    assert "everything in it was here already, so nothing was written" in done
    table = client.get(reverse("imports", args=[roadmap.team_id]), {"format": "csv"}).content.decode("utf-8-sig")
    assert [line.split(",")[4:7] for line in table.splitlines()[1:]] == [
        ["not imported yet", "2", "2"], ["nothing to import", "1", "0"], ["cannot be imported", "1", "0"], ["imported", "1", "0"],
    ]  # fmt: skip


def test_what_is_ticked_is_thrown_away(client: Client, roadmap: Roadmap, editor: Person) -> None:
    url = reverse("imports-throw-away", args=[roadmap.team_id])
    made = [brought(roadmap.team, editor, KIND, as_csv(HEADER, [1, f"Item {n}", "", ""])).pk for n in range(3)]
    response = client.post(url, {})
    assert response.status_code == 422
    assert "Tick the files first." in response.content.decode()
    done = client.post(url, {"chosen": [*made[:2], "x", "9" * 30]}, follow=True)
    assert "2 files are thrown away" in done.content.decode()
    assert list(Upload.objects.values_list("pk", flat=True)) == made[2:]


def test_the_rows_of_a_dry_run_are_had_as_a_file(client: Client, roadmap: Roadmap, item: Item, editor: Person) -> None:
    rows = [[1, item.shown_title, "done", ""], [9, "x", "", ""]]
    url = brought(roadmap.team, editor, KIND, as_csv(HEADER, *rows)).get_absolute_url()
    asked = client.get(url, {"format": "csv", "show": "refused"})
    assert [line.split(",")[:3] for line in asked.content.decode("utf-8-sig").splitlines()[1:]] == [
        ["3", "Refused", "x"]
    ]
    assert "State: To do → Done" in client.get(url, {"format": "csv"}).content.decode()


def test_another_teams_file_is_not_there(client: Client, roadmap: Roadmap, outsider: Person, editor: Person) -> None:
    upload = brought(roadmap.team, editor, KIND, GOOD)
    other = outsider.memberships.get().team
    assert client.get(reverse("import", args=[other.pk, upload.pk])).status_code == 404
    assert client.get(reverse("import-new", args=[roadmap.team_id, "no-such"])).status_code == 404


def test_queries_are_equal_for_few_and_many_rows(
    client: Client, roadmap: Roadmap, editor: Person, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    asked = []
    for number in (5, 50):
        rows = [[1, f"Item {n}", "", ""] for n in range(number)]
        upload = brought(roadmap.team, editor, KIND, as_csv(HEADER, *rows))
        client.get(upload.get_absolute_url())
        with CaptureQueriesContext(connection) as queries:
            client.get(upload.get_absolute_url())
        asked.append(len(queries))
    assert asked[0] == asked[1]
