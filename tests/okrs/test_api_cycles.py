"""The API of one cycle: its days and rhythm, closing, carrying over, archiving. The rules are those of the pages."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from okrs.models import Cycle, KeyResult, Objective
from teams.models import Person, Team
from tests.okrs.factories import checked_in, noon, quarter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def own(team: Team, editor: Person) -> Cycle:
    return quarter(editor, team, date(2026, 10, 2), date(2026, 12, 31))


def send(client: Client, name: str, args: list[Any], sent: dict[str, Any], method: str = "post", **headers: str) -> Any:
    path = reverse(f"api-okr-{name}", args=args)
    return getattr(client, method)(path, sent, content_type="application/json", headers=headers)


def test_a_cycle_is_edited_from_what_was_seen(member: Client, team: Team, own: Cycle) -> None:
    at = [team.pk, own.pk]
    read = member.get(reverse("api-okr-cycle", args=at))
    assert (read.json()["own_title"], read.json()["weekday"]) == ("", 0)
    named = send(member, "cycle", at, {"title": "Winter", "weekday": 2}, "patch", **{"If-Match": read["ETag"]})
    assert (named.status_code, named.json()["title"], named.json()["weekday"]) == (200, "Winter", 2)
    stale = send(member, "cycle", at, {"weekday": 4}, "patch", **{"If-Match": read["ETag"]})
    assert (stale.status_code, stale.json()["theirs"], stale.json()["yours"]) == (409, {"weekday": 2}, {"weekday": 4})
    wrong = send(member, "cycle", at, {"last_day": "2026-10-01"}, "patch", **{"If-Match": "*"})
    assert (wrong.status_code, list(wrong.json())) == (400, ["last_day"])


def test_the_organisations_cycle_is_not_the_teams_to_change(member: Client, team: Team, cycle: Cycle) -> None:
    cycle.team = None
    cycle.save()
    assert send(member, "cycle-closed", [team.pk, cycle.pk], {"closed": True}).status_code == 404
    assert member.get(reverse("api-okr-cycle", args=[team.pk, cycle.pk])).status_code == 404
    path = reverse("api-organisation-okr-cycle", args=[cycle.pk])
    assert member.get(path).status_code == 200
    assert member.patch(path, {"weekday": 1}, content_type="application/json").status_code == 403


def test_closing_grades_and_is_taken_back(
    member: Client, team: Team, cycle: Cycle, key_result: KeyResult, editor: Person
) -> None:
    cycle.team = team
    cycle.save()
    at = [team.pk, cycle.pk]
    checked_in(key_result, editor, noon(11, 20), 50)
    stranger = send(member, "cycle-closed", at, {"closed": True, "grades": [{"key_result": 10**6, "grade": 1}]})
    assert (stranger.status_code, list(stranger.json())) == (400, ["grades"])
    closed = send(member, "cycle-closed", at, {"closed": True, "grades": [{"key_result": key_result.pk, "grade": 0.7}]})
    assert (closed.status_code, closed.json()["closed_on"]) == (200, "2026-11-23")
    key_result.refresh_from_db()
    assert key_result.grade == 0.7
    reopened = send(member, "cycle-closed", at, {"closed": False})
    assert (reopened.status_code, reopened.json()["closed_on"]) == (200, None)


def test_what_is_open_is_carried_over_once(
    member: Client, team: Team, cycle: Cycle, key_result: KeyResult, editor: Person, outsider: Person
) -> None:
    at = [team.pk, cycle.pk]
    later = quarter(editor, team, date(2027, 1, 1), date(2027, 3, 31))
    theirs = quarter(outsider, outsider.memberships.get().team, date(2027, 1, 1), date(2027, 3, 31))
    assert send(member, "carry-over", at, {"into": theirs.pk}).json() == {
        "into": ["This cycle belongs to another team."]
    }
    (made,) = send(member, "carry-over", at, {"into": later.pk, "only": [key_result.pk]}).json()
    assert KeyResult.objects.get(pk=made["id"]).carried_from == key_result
    assert send(member, "carry-over", at, {"into": later.pk}).json() == []


def test_an_objective_and_a_key_result_are_archived_and_brought_back(
    member: Client, team: Team, objective: Objective, key_result: KeyResult
) -> None:
    for name, row in (("key-result", key_result), ("objective", objective)):
        at = [team.pk, row.pk]
        archived = send(member, f"{name}-archived", at, {"archived": True})
        assert (archived.status_code, archived.json()["archived_at"] is None) == (200, False)
        assert send(member, f"{name}-archived", at, {"archived": False}).json()["archived_at"] is None
