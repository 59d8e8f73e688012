"""The API of the roadmap: the same rules as the pages, with tokens."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from core.crypto import digest
from roadmaps import services
from roadmaps.models import Item, Roadmap, State
from teams.models import ApiToken, Person, Team, TokenScope
from tests.roadmaps.factories import item_of, noon, ticked
from tests.sessions import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def api(editor: Person) -> APIClient:
    client = APIClient()
    sign_in(client, editor)
    return client


def token(team: Team, maker: Person, scope: str = TokenScope.WRITE) -> APIClient:
    secret = f"secret-{team.pk}-{scope}"
    ApiToken.objects.create(team=team, maker=maker, name="robot", scope=scope, digest=digest(secret), hint=secret[:4])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def url(name: str, *args: object) -> str:
    return reverse(name, args=args)


def test_the_addresses_are_below_the_team(item: Item) -> None:
    team = item.roadmap.team_id
    assert url("api-roadmap-tick", team, item.pk) == f"/api/v1/teams/{team}/roadmap/items/{item.pk}/tick/"
    assert url("api-roadmap", team) == f"/api/v1/teams/{team}/roadmap/"


def test_the_roadmap(api: APIClient, roadmap: Roadmap, item: Item, editor: Person) -> None:
    ticked(item, editor, noon(5, 5))
    told = api.get(url("api-roadmap", roadmap.team_id)).json()
    assert told["start_date"] == "2026-04-01"
    assert (told["month"], told["today"], told["late"]) == (2, "2026-05-20", 0)
    assert told["progress"] == {"done": 1, "total": 12, "skipped": 0}
    assert [phase["progress"]["done"] for phase in told["phases"]] == [1, 0, 0, 0]
    assert told["phases"][1]["span"] == {"first": "2026-07-01", "last": "2026-09-30"}
    assert told["forecast"]["kind"] == "needs_more_data"


def test_a_team_without_a_roadmap_is_404_and_can_start_one(api: APIClient, team: Team) -> None:
    address = url("api-roadmap", team.pk)
    assert api.get(address).status_code == 404
    assert api.post(address, {"start_date": "1999-01-01"}, format="json").json() == {
        "start_date": ["Choose a start within the last five years or the next twelve months."]
    }
    made = api.post(address, {"start_date": "2026-05-01"}, format="json")
    assert (made.status_code, made.json()["month"]) == (201, 1)
    assert api.post(address, {"start_date": "2026-05-01"}, format="json").status_code == 409


def test_moving_the_start(api: APIClient, roadmap: Roadmap) -> None:
    address = url("api-roadmap", roadmap.team_id)
    moved = api.patch(address, {"start_date": "2026-05-01", "seen": "2026-04-01"}, format="json")
    assert moved.json()["start_date"] == "2026-05-01"
    stale = api.patch(address, {"start_date": "2026-06-01", "seen": "2026-04-01"}, format="json")
    assert stale.status_code == 409
    told = stale.json()
    assert told.pop("changed")["start_date"]["by"] == "Emma Editor"
    assert told == {"detail": "stale", "theirs": {"start_date": "2026-05-01"}, "yours": {"start_date": "2026-06-01"}}

    seen = {"HTTP_IF_MATCH": api.get(address)["ETag"]}
    assert api.patch(address, {"start_date": "2026-06-01"}, format="json").status_code == 428
    assert api.patch(address, {"start_date": "2026-06-01"}, format="json", **seen).status_code == 200
    assert api.patch(address, {"start_date": "2026-07-01"}, format="json", **seen).status_code == 409


def test_the_items(api: APIClient, roadmap: Roadmap, django_assert_max_num_queries: Callable) -> None:
    with django_assert_max_num_queries(8):
        told = api.get(url("api-roadmap-items", roadmap.team_id), {"limit": 100}).json()
    assert told["count"] == 21
    first = told["results"][0]
    assert (first["template_key"], first["title"]) == ("foundation.git_repository", "Set up the Git repository")
    assert (first["phase"], first["checklist"], first["state"], first["version"]) == (1, "", "to_do", 0)
    assert (first["mandatory"], first["due_date"], first["owner"]) == (True, "2026-06-30", None)
    sections = [item["phase"] or item["checklist"] for item in told["results"]]
    assert list(dict.fromkeys(sections)) == [1, 2, 3, 4, "technical", "organisational"]
    one = api.get(url("api-roadmap-item", roadmap.team_id, first["id"])).json()
    assert one == first


def test_adding(api: APIClient, roadmap: Roadmap, editor: Person) -> None:
    address = url("api-roadmap-items", roadmap.team_id)
    made = api.post(address, {"title": "New", "phase": 3, "owner": editor.pk, "request_id": "x"}, format="json")
    assert made.status_code == 201
    assert (made.json()["owner_name"], made.json()["due_date"]) == ("Emma Editor", "2026-12-31")
    again = api.post(address, {"title": "New", "phase": 3, "request_id": "x"}, format="json")
    assert again.json()["id"] == made.json()["id"]
    assert api.post(address, {"title": "New"}, format="json").status_code == 400


def test_a_tick(api: APIClient, item: Item) -> None:
    address = url("api-roadmap-tick", item.roadmap.team_id, item.pk)
    told = api.post(address, {"wanted": "done", "seen_version": 0, "note": "by script"}, format="json")
    assert told.status_code == 200
    assert (told.json()["state"], told.json()["version"]) == ("done", 1)
    # Wanted once more, although seen before: nothing happens.
    assert api.post(address, {"wanted": "done", "seen_version": 0}, format="json").json()["version"] == 1


def test_a_stale_tick_is_409_with_both(api: APIClient, item: Item, team_admin: Person) -> None:
    ticked(item, team_admin, noon(5, 5), State.IN_PROGRESS)
    stale = api.post(
        url("api-roadmap-tick", item.roadmap.team_id, item.pk), {"wanted": "done", "seen_version": 0}, format="json"
    )
    assert stale.status_code == 409
    assert stale.json() == {
        "detail": "stale",
        "theirs": {"state": "in_progress", "version": 1},
        "yours": {"state": "done", "version": 0},
        "changed": {"state": {"by": "Taro Admin", "at": "2026-05-05T12:00:00Z"}},
    }


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"wanted": "done"}, "seen_version"),
        ({"seen_version": 0}, "wanted"),
        ({"wanted": "finished", "seen_version": 0}, "wanted"),
        ({"wanted": "skipped", "seen_version": 0}, "note"),
        ({"wanted": "done", "seen_version": 0, "on": "2026-05-21"}, "on"),
        ({"wanted": "done", "seen_version": 0, "note": "x" * 1001}, "note"),
        ({"wanted": "to_do", "seen_version": 1, "already_had": True}, "already_had"),
    ],
)
def test_a_tick_that_makes_no_sense_is_400(api: APIClient, item: Item, editor: Person, sent: dict, field: str) -> None:
    if sent.get("seen_version") == 1:
        ticked(item, editor, noon(5, 5))
    refused = api.post(url("api-roadmap-tick", item.roadmap.team_id, item.pk), sent, format="json")
    assert refused.status_code == 400
    assert list(refused.json()) == [field]


def test_undo(api: APIClient, item: Item, editor: Person) -> None:
    ticked(item, editor, noon(5, 5))
    address = url("api-roadmap-undo", item.roadmap.team_id, item.pk)
    assert api.post(address, {"seen_version": 0}, format="json").status_code == 409
    told = api.post(address, {"seen_version": 1}, format="json").json()
    assert (told["state"], told["version"]) == ("to_do", 2)
    assert api.post(address, {"seen_version": 2}, format="json").json() == {"detail": "There is nothing to undo."}


def test_editing(api: APIClient, item: Item, editor: Person, outsider: Person) -> None:
    address = url("api-roadmap-item", item.roadmap.team_id, item.pk)
    told = api.patch(
        address,
        {"title": "Ours", "owner": editor.pk, "seen": {"title": "Set up the Git repository", "owner": None}},
        format="json",
    )
    assert (told.json()["title"], told.json()["owner"]) == ("Ours", editor.pk)
    missing = api.patch(address, {"due_date": "2026-06-01", "seen": {}}, format="json")
    assert (missing.status_code, list(missing.json()["seen"])) == (400, ["due_date"])
    stale = api.patch(address, {"owner": None, "seen": {"owner": outsider.pk}}, format="json")
    assert (stale.status_code, stale.json()["theirs"], stale.json()["yours"]) == (
        409,
        {"owner": editor.pk},
        {"owner": None},
    )
    wrong = api.patch(address, {"owner": outsider.pk, "seen": {"owner": editor.pk}}, format="json")
    assert wrong.json() == {"owner": ["Choose somebody who belongs to the team."]}


def test_an_item_is_edited_from_its_etag_and_another_field_is_merged(
    api: APIClient, item: Item, editor: Person, team_admin: Person
) -> None:
    address = url("api-roadmap-item", item.roadmap.team_id, item.pk)
    read = {"HTTP_IF_MATCH": api.get(address)["ETag"]}
    services.rename(item=item, title="Theirs", seen="", by=team_admin)
    both = api.patch(address, {"owner": editor.pk}, format="json", **read)
    assert (both.status_code, both.json()["title"], both.json()["owner"]) == (200, "Theirs", editor.pk)
    stale = api.patch(address, {"title": "Mine"}, format="json", **read)
    assert (stale.status_code, stale.json()["theirs"], stale.json()["yours"]) == (
        409,
        {"title": "Theirs"},
        {"title": "Mine"},
    )
    assert api.patch(address, {"title": "Mine"}, format="json", HTTP_IF_MATCH=both["ETag"]).json()["title"] == "Mine"


def test_the_ticks(api: APIClient, roadmap: Roadmap, item: Item, editor: Person, team_admin: Person) -> None:
    ticked(item, editor, noon(5, 5), note="merged")
    other = ticked(item_of(roadmap, "foundation.basic_cicd"), team_admin, noon(5, 6))
    told = api.get(url("api-roadmap-ticks", roadmap.team_id)).json()
    assert [tick["person_name"] for tick in told["results"]] == ["Taro Admin", "Emma Editor"]
    assert told["results"][1]["notes"] == ["merged"]
    of_one = api.get(url("api-roadmap-ticks", roadmap.team_id), {"item": other.pk}).json()
    assert [tick["item"] for tick in of_one["results"]] == [other.pk]


def test_a_tick_by_token_records_the_token_and_its_maker(item: Item, editor: Person) -> None:
    robot = token(item.roadmap.team, editor)
    robot.post(
        url("api-roadmap-tick", item.roadmap.team_id, item.pk), {"wanted": "done", "seen_version": 0}, format="json"
    )
    tick = item.ticks.get()
    assert (tick.person, tick.token.name) == (editor, "robot")
    assert item.roadmap.changes.get().token is None


def test_what_tokens_may_not(item: Item, editor: Person, outsider: Person) -> None:
    team = item.roadmap.team
    address, sent = url("api-roadmap-tick", team.pk, item.pk), {"wanted": "done", "seen_version": 0}
    assert token(team, editor, TokenScope.READ).post(address, sent, format="json").status_code == 403
    theirs = token(outsider.memberships.get().team, outsider)
    assert theirs.post(address, sent, format="json").status_code == 404
    assert theirs.get(url("api-roadmap-items", team.pk)).status_code == 404
    assert APIClient().post(address, sent, format="json").status_code == 401
    assert not item.ticks.exists()


def test_a_reader_reads_and_does_not_write(signed_in: Callable[[Person], Client], item: Item, manager: Person) -> None:
    client = signed_in(manager)
    team = item.roadmap.team_id
    assert client.get(url("api-roadmap-items", team)).status_code == 200
    for address in (url("api-roadmap-tick", team, item.pk), url("api-roadmap-undo", team, item.pk)):
        assert client.post(address, {}, content_type="application/json").status_code == 403


def test_an_item_of_another_team_is_404(api: APIClient, item: Item, outsider: Person) -> None:
    theirs = outsider.memberships.get().team_id
    assert api.get(url("api-roadmap-item", theirs, item.pk)).status_code == 404
