"""The API's routes of teams, and the page that describes the API."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import api_docs
from teams.models import Person, Team, TeamGroup
from tests.factories import MembershipFactory, TeamFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(signed_in, editor: Person) -> Client:
    return signed_in(editor)


def test_a_team(api: Client, team: Team, organisation) -> None:
    organisation.time_zone = "Asia/Tokyo"
    organisation.save()
    team.group = TeamGroup.objects.create(name="Supply")
    team.save()
    assert api.get(f"/api/v1/teams/{team.pk}/").json() == {
        "id": team.pk,
        "name": "Forecasting",
        "group": "Supply",
        "time_zone": "Asia/Tokyo",
        "people": 1,
        "created_at": team.created_at.isoformat().replace("+00:00", "Z"),
        "archived_at": None,
        "is_sample": False,
        "group_id": team.group.pk,
        "own_time_zone": "",
    }


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/v1/teams/1/nothing/"])
def test_an_address_that_there_is_not_is_told_in_json(client: Client, organisation, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (404, {"detail": "There is no such address."})


def test_a_page_that_there_is_not_is_told_by_a_page(client: Client, organisation) -> None:
    answer = client.get("/nothing/")
    assert answer.status_code == 404
    assert "<html" in answer.text


def test_members_have_roles_and_no_addresses(api: Client, team: Team, editor: Person) -> None:
    (member,) = api.get(f"/api/v1/teams/{team.pk}/members/").json()
    assert (member["person"], member["name"], member["role"]) == (editor.pk, "Emma Editor", "editor")
    assert editor.email not in str(member)


def test_me(api: Client, editor: Person, team: Team) -> None:
    me = api.get("/api/v1/me/").json()
    assert (me["id"], me["teams"], me["token"]) == (editor.pk, [team.pk], None)


def test_the_list_is_paged_in_a_constant_number_of_queries(api: Client, team: Team) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api.get("/api/v1/teams/").status_code == 200
        return len(captured)

    TeamFactory.create_batch(3)
    at_n = queries()
    for each in TeamFactory.create_batch(6):
        MembershipFactory(team=each)
    assert queries() == at_n
    page = api.get("/api/v1/teams/?limit=2").json()
    assert (page["count"], len(page["results"])) == (10, 2)


def test_the_description_names_every_route(api: Client) -> None:
    schema = api.get("/api/schema/").content.decode()
    for path in ("/api/v1/me/", "/api/v1/teams/{id}/members/", "bearer"):
        assert path in schema


def test_the_page_lists_operations_and_objects(api: Client) -> None:
    page = api.get("/api/").content.decode()
    assert "/api/v1/teams/{id}/members/" in page
    assert 'id="object-Team"' in page
    assert 'href="#object-Member"' in page
    assert {"People and teams", "Delivery", "Roadmap", "OKRs"} <= {
        each.name for each in api_docs.description("en").sections
    }


def test_methods_of_one_path_say_what_each_of_them_does() -> None:
    operations = [each for section in api_docs.description("en").sections for each in section.operations]
    assert len({(each.path, each.text) for each in operations}) == len(operations)
    assert all(each.text for each in operations)


def test_what_is_not_there_is_told_without_our_class_names(api: Client) -> None:
    for path in ("/api/v1/teams/99/", "/api/v1/teams/99/members/", "/api/v1/teams/99/roadmap/"):
        response = api.get(path)
        assert (response.status_code, response.json()) == (404, {"detail": "Not found."})


SCHEMA = {
    "paths": {
        "/things/{id}/": {
            "get": {
                "operationId": "thing",
                "tags": ["things"],
                "description": "One thing.\nMore of it.",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
                },
            },
            "delete": {"operationId": "drop", "tags": ["things"], "responses": {"204": {"description": "No body"}}},
        }
    },
    "components": {
        "schemas": {
            "Colour": {"enum": ["red", "blue", ""], "type": "string"},
            "Thing": {
                "properties": {
                    "colour": {"allOf": [{"$ref": "#/components/schemas/Colour"}], "description": "How it looks."},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                    "made": {"type": "string", "format": "date-time", "nullable": True},
                    "odd": {},
                },
                "required": ["colour"],
            },
        }
    },
}


def test_a_schema_becomes_plain_operations_and_objects() -> None:
    made = api_docs.describe(SCHEMA)

    (section,) = made.sections
    get, drop = section.operations
    assert (section.name, get.method, get.title) == ("things", "GET", "One thing.")
    assert [(f.name, f.kind.text, f.required) for f in get.parameters] == [("id", "integer", True)]
    assert get.answers[0].kind.object == "Thing"
    assert drop.answers[0].kind.text == ""
    (thing,) = made.objects
    assert [(f.name, f.kind.text, f.kind.object, f.kind.choices) for f in thing.fields] == [
        ("colour", "string", "", ("red", "blue")),
        ("parts", "Thing[]", "Thing", ()),
        ("made", "date-time | null", "", ()),
        ("odd", "any", "", ()),
    ]
    assert thing.fields[0].required


def test_the_page_speaks_the_readers_language(signed_in, editor: Person) -> None:
    editor.language = "ja"
    editor.save()
    page = signed_in(editor).get("/api/").text
    assert "チームのメンバーと、その権限・職務。" in page
    assert "access role and job role" not in page
    assert "人とチーム</h2>" in page
    assert "`" not in page


def test_a_team_is_edited_by_who_may(signed_in, team: Team, team_admin: Person, administrator: Person) -> None:
    path, group = f"/api/v1/teams/{team.pk}/", TeamGroup.objects.create(name="Supply")
    admin, anyone = signed_in(team_admin), signed_in(administrator)
    read = anyone.get(path)["ETag"]

    def send(client: Client, sent: dict[str, object]) -> object:
        return client.patch(path, sent, content_type="application/json", headers={"If-Match": read})

    zone = send(admin, {"time_zone": "Asia/Tokyo"})
    assert (zone.status_code, zone.json()["own_time_zone"]) == (200, "Asia/Tokyo")
    assert send(admin, {"name": "Renamed"}).status_code == 403
    for refused in ({"name": ""}, {"group": 0}, {"name": "Renamed", "seen": {}}):  # before it is told what is wrong
        assert send(admin, refused).status_code == 403
    assert send(admin, {}).status_code == 400
    renamed = send(anyone, {"name": "Renamed", "group": group.pk})
    assert (renamed.json()["name"], renamed.json()["group_id"]) == ("Renamed", group.pk)
    stale = send(anyone, {"group": None, "time_zone": "UTC"})
    assert (stale.status_code, stale.json()["theirs"]["time_zone"]) == (409, "Asia/Tokyo")
    assert send(anyone, {"time_zone": "Mars/Base"}).json() == {"time_zone": ["There is no such time zone."]}
