"""The API of OKRs: the same rules as the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from okrs import services
from okrs.models import CheckIn, Cycle, KeyResult, Objective
from teams.models import Person, Team
from tests.okrs.factories import checked_in, noon, quarter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
SignIn = Callable[[Person], Client]


def url(name: str, *args: object) -> str:
    return reverse(f"api-okr-{name}", args=args)


def send(client: Client, method: str, path: str, sent: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
    return getattr(client, method)(path, sent, content_type="application/json", headers=headers)


def test_objectives_with_where_their_key_results_stand(
    member: Client, team: Team, cycle: Cycle, key_result: KeyResult, editor: Person
) -> None:
    checked_in(key_result, editor, noon(11, 23), 45)
    (row,) = member.get(url("objectives", team.pk) + f"?cycle={cycle.pk}").json()
    assert row["objective"]["business_metric"] == "Churn: 2.4 % a month"
    assert (row["progress"], row["status"], row["reporting"]) == (0.45, "at_risk", 1)
    standing = row["key_results"][0]["standing"]
    assert standing == {
        "value": 45.0, "progress": 0.45, "expected": pytest.approx(53 / 91), "automatic": "at_risk", "human": None,
        "status": "at_risk", "confidence": None, "due": {"on": "2026-11-30", "days_late": 0},
    }  # fmt: skip
    assert member.get(url("objectives", team.pk) + "?cycle=999").json() == []


def test_a_cycle_that_cannot_be_finds_nothing(member: Client, team: Team, key_result: KeyResult) -> None:
    path = url("objectives", team.pk)
    assert len(member.get(path, {"cycle": key_result.cycle.pk}).json()) == 1
    assert member.get(path, {"cycle": "9" * 24}).status_code == 400


def test_the_whole_way_by_api(member: Client, team: Team) -> None:
    days = {"first_day": "2026-10-01", "last_day": "2026-12-31"}
    cycle = send(member, "post", url("cycles", team.pk), days)
    assert cycle.status_code == 201
    assert member.get(url("cycles", team.pk)).json()["count"] == 1
    sent = {"cycle": cycle.json()["id"], "title": "Faster", "business_metric": "Churn"}
    objective = send(member, "post", url("objectives", team.pk), sent).json()
    sent = {"objective": objective["id"], "title": "Lead time", "kind": "decrease", "start": 12, "target": 6}
    made = send(member, "post", url("key-results", team.pk), sent)
    assert made.status_code == 201
    path = url("check-ins", team.pk, made.json()["id"])
    checked = send(member, "post", path, {"value": 9, "confidence": 7, "comment": "Good", "request_id": "1"})
    assert checked.status_code == 201
    send(member, "post", path, {"value": 8, "request_id": "1"})
    (listed,) = member.get(path).json()["results"]
    assert (listed["value"], listed["comment"], listed["source"], listed["target"]) == (9, "Good", "person", 6)
    standing = member.get(url("key-result", team.pk, made.json()["id"])).json()["standing"]
    assert standing["progress"] == 0.5


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"value": 45, "status": "on_track"}, "reason"),
        ({"value": 45, "day": "2026-09-01"}, "day"),
        ({"value": 45, "confidence": 11}, "confidence"),
        ({"value": "many"}, "value"),
        ({}, "value"),
    ],
)
def test_refusals_name_the_field(
    member: Client, team: Team, key_result: KeyResult, sent: dict[str, Any], field: str
) -> None:
    response = send(member, "post", url("check-ins", team.pk, key_result.pk), sent)
    assert response.status_code == 400
    assert list(response.json()) == [field]
    assert not CheckIn.objects.exists()


def test_a_key_result_is_edited_and_a_stale_edit_told(member: Client, team: Team, key_result: KeyResult) -> None:
    path = url("key-result", team.pk, key_result.pk)
    unseen = send(member, "patch", path, {"target": 90})
    assert (unseen.status_code, "send the ETag" in unseen.json()["detail"]) == (428, True)
    assert send(member, "patch", path, {"target": 90, "seen": {"target": 100}}).json()["target"] == 90
    stale = send(member, "patch", path, {"target": 80, "seen": {"target": 100}})
    assert stale.status_code == 409
    told = stale.json()
    assert told.pop("changed")["target"]["by"] == "Emma Editor"
    assert told == {"detail": "stale", "theirs": {"target": 90.0}, "yours": {"target": 80.0}}
    assert send(member, "patch", path, {"target": 0, "seen": {"target": 90}}).json() == {
        "target": [
            "Start and target are the same, so nothing would move. Keep the value where it is instead?",
        ]
    }


def test_an_etag_says_what_was_seen_field_by_field(member: Client, team: Team, key_result: KeyResult) -> None:
    path = url("key-result", team.pk, key_result.pk)
    read = member.get(path)["ETag"]
    assert member.get(path)["ETag"] == read
    edited = send(member, "patch", path, {"target": 90}, {"If-Match": read})
    assert (edited.status_code, edited.json()["target"]) == (200, 90)
    assert edited["ETag"] != read

    same = send(member, "patch", path, {"target": 80}, {"If-Match": read})
    assert (same.status_code, same.json()["theirs"], same.json()["yours"]) == (409, {"target": 90.0}, {"target": 80.0})
    there = send(member, "patch", path, {"target": 90}, {"If-Match": read})
    assert (there.status_code, there["ETag"]) == (200, edited["ETag"]), "it stands there already"
    other = send(member, "patch", path, {"title": "Coverage"}, {"If-Match": read})
    assert (other.status_code, other.json()["title"], other.json()["target"]) == (200, "Coverage", 90)
    weak = send(member, "patch", path, {"target": 70}, {"If-Match": f"W/{other['ETag']}"})
    assert weak.status_code == 200, "a proxy that compresses weakens what it passes on"


@pytest.mark.parametrize("header", ["no-quotes", '"', '*, "x"', '"x" "y"', ","])
def test_an_if_match_that_says_nothing_is_refused(
    member: Client, team: Team, key_result: KeyResult, header: str
) -> None:
    answer = send(member, "patch", url("key-result", team.pk, key_result.pk), {"target": 90}, {"If-Match": header})
    assert (answer.status_code, list(answer.json())) == (400, ["detail"])
    key_result.refresh_from_db()
    assert key_result.target == 100


def test_an_if_match_may_name_several_etags_or_any(member: Client, team: Team, key_result: KeyResult) -> None:
    """RFC 9110, 13.1.1; what names no state of this row is no match, whatever it looks like."""
    path = url("key-result", team.pk, key_result.pk)
    read = member.get(path)["ETag"]
    for header in ('"x", "y"', '"xyzzy"', '""', '"a.b"'):
        foreign = send(member, "patch", path, {"target": 90}, {"If-Match": header})
        assert (foreign.status_code, foreign.json()["theirs"]) == (409, {"target": 100.0})
    among = send(member, "patch", path, {"target": 90}, {"If-Match": f'"x" , W/"y",{read}'})
    assert (among.status_code, among.json()["target"]) == (200, 90)
    anything = send(member, "patch", path, {"target": 70}, {"If-Match": "*"})
    assert (anything.status_code, anything.json()["target"]) == (200, 70)


def test_if_match_beside_seen_must_both_be_so(member: Client, team: Team, key_result: KeyResult) -> None:
    path = url("key-result", team.pk, key_result.pk)
    first = member.get(path)["ETag"]
    send(member, "patch", path, {"target": 90}, {"If-Match": first})
    now = member.get(path)["ETag"]
    by_etag = send(member, "patch", path, {"target": 80, "seen": {"target": 90}}, {"If-Match": first})
    by_value = send(member, "patch", path, {"target": 80, "seen": {"target": 100}}, {"If-Match": now})
    assert (by_etag.status_code, by_value.status_code) == (409, 409)
    both = {"target": 80, "title": "Coverage", "seen": {"target": 90}}  # of the title the ETag says it
    assert send(member, "patch", path, both, {"If-Match": now}).status_code == 200


def test_a_field_that_there_is_not_is_refused_by_its_name(member: Client, team: Team, key_result: KeyResult) -> None:
    path = url("key-result", team.pk, key_result.pk)
    sent = {"targt": 90, "id": 1, "seen": {"targt": 100}}
    refused = send(member, "patch", path, sent, {"If-Match": "*"})
    nothing = ["There is no such field to send."]
    assert (refused.status_code, refused.json()) == (400, {"targt": nothing, "id": nothing})
    inside = send(member, "patch", path, {"target": 90, "seen": {"targt": 100}})
    assert (inside.status_code, inside.json()) == (400, {"seen": {"targt": nothing}})
    for header in ({"If-Match": "*"}, {}):
        empty = send(member, "patch", path, {}, header)
        assert (empty.status_code, empty.json()) == (400, {"detail": "Name at least one field to change."})
    key_result.refresh_from_db()
    assert key_result.target == 100


def test_the_etag_of_something_else_is_stale(
    member: Client, team: Team, key_result: KeyResult, objective: Objective
) -> None:
    elsewhere = member.get(url("objective", team.pk, objective.pk))["ETag"]
    answer = send(member, "patch", url("key-result", team.pk, key_result.pk), {"target": 90}, {"If-Match": elsewhere})
    assert (answer.status_code, answer.json()["theirs"]) == (409, {"target": 100.0})


def test_an_objective_is_edited(member: Client, team: Team, objective: Objective) -> None:
    path = url("objective", team.pk, objective.pk)
    assert member.get(path).json()["title"] == "Halve the lead time"
    sent = {"title": "Third", "seen": {"title": "Halve the lead time"}}
    assert send(member, "patch", path, sent).json()["title"] == "Third"


def test_another_teams_cycle_is_refused(member: Client, team: Team, outsider: Person) -> None:
    theirs = quarter(outsider, outsider.memberships.get().team)
    sent = {"cycle": theirs.pk, "title": "x", "business_metric": "y"}
    assert send(member, "post", url("objectives", team.pk), sent).status_code == 400


def test_a_closed_cycle_is_told(
    member: Client, team: Team, cycle: Cycle, key_result: KeyResult, editor: Person
) -> None:
    from core import clock

    services.close_cycle(cycle=cycle, by=editor)
    with clock.at(noon(12, 15)):
        response = send(member, "post", url("check-ins", team.pk, key_result.pk), {"value": 1})
    assert response.status_code == 400
    assert "closed" in response.json()["detail"]


def test_phases_are_checked(member: Client, team: Team, objective: Objective) -> None:
    sent = {"objective": objective.pk, "title": "x", "kind": "increase", "start": 0, "target": 10}
    path = url("key-results", team.pk)
    assert send(member, "post", path, sent | {"phases": [["soon", 5]]}).status_code == 400
    made = send(member, "post", path, sent | {"phases": [["2026-11-15", 5]]})
    assert made.json()["phases"] == [["2026-11-15", 5.0]]
