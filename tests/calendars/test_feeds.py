"""What programs read from the secret addresses."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import vobject
from django.http import HttpResponse
from django.test import Client

from calendars import events, services
from calendars.models import Address
from roadmaps.models import Item, Roadmap
from roadmaps.services import set_due
from teams.models import Person, Team
from teams.services import people
from tests.factories import MembershipFactory, TeamFactory
from tests.okrs.factories import key_result_of, objective_in, quarter
from tests.roadmaps.factories import item_of, started

pytestmark = pytest.mark.django_db


def mine(secret: str) -> str:
    return f"/ics/{secret}/mine.ics"


def of(secret: str, team: Team) -> str:
    return f"/ics/{secret}/teams/{team.pk}.ics"


def read(response: Any) -> dict[str, Any]:
    """The events by the thing that they are of."""
    assert response.status_code == 200
    calendar = vobject.readOne(response.content.decode())
    return {each.uid.value.partition("@")[0]: each for each in calendar.contents.get("vevent", [])}


def titles(response: Any) -> list[str]:
    return [each.summary.value for each in read(response).values()]


def test_items_check_ins_and_training(
    program: Client, secret: str, team: Team, roadmap: Roadmap, editor: Person
) -> None:
    objective = objective_in(quarter(editor), editor, team)
    for title in ("Coverage", "Lead time"):
        key_result_of(objective, editor, title=title)
    item = item_of(roadmap, "monitoring.data_drift")
    response = program.get(mine(secret))
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    found = read(response)
    assert found[f"item:{item.pk}"].dtstart.value == date(2026, 12, 31)
    assert found[f"item:{item.pk}"].summary.value == "Due: Detect data drift · Forecasting"
    assert found[f"item:{item.pk}"].url.value == f"http://testserver/teams/{team.pk}/roadmap/items/{item.pk}/"
    both = found[f"check-ins:{team.pk}:2026-11-30"]
    assert (both.summary.value, both.url.value) == ("2 check-ins · Forecasting", "http://testserver/check-ins/")
    assert both.description.value.startswith("Coverage\nLead time\n")
    assert found[f"training:{team.pk}:training.best_practices:2026-12"].dtstart.value == date(2026, 12, 2)
    shared = read(program.get(of(secret, team)))
    assert set(shared) == set(found)
    assert shared[f"item:{item.pk}"].summary.value == "Due: Detect data drift"
    assert shared[f"check-ins:{team.pk}:2026-11-30"].url.value == f"http://testserver/teams/{team.pk}/okrs/"


def test_a_month_back_and_thirteen_ahead(
    program: Client, secret: str, team: Team, roadmap: Roadmap, editor: Person
) -> None:
    days = {"in": [date(2026, 10, 23), date(2027, 12, 24)], "out": [date(2026, 10, 22), date(2027, 12, 25)]}
    numbers = {}
    for item, day in zip(Item.objects.filter(phase__in=(1, 2)), days["in"] + days["out"], strict=False):
        Item.objects.filter(pk=item.pk).update(due_date=day)
        numbers[f"item:{item.pk}"] = day
    shown = {numbers[uid] for uid in read(program.get(mine(secret))) if uid in numbers}
    assert shown == set(days["in"])


def test_one_s_own_holds_what_is_one_s_own_or_the_team_s(
    program: Client, secret: str, team: Team, roadmap: Roadmap, editor: Person, team_admin: Person
) -> None:
    own, other, nobody = Item.objects.filter(phase=3).order_by("pk")
    Item.objects.filter(pk=own.pk).update(owner=editor)
    Item.objects.filter(pk=other.pk).update(owner=team_admin)
    cycle = quarter(editor)
    organisation = key_result_of(objective_in(cycle, editor, None), editor)
    key_result_of(objective_in(cycle, editor, None), team_admin, owner=None)
    elsewhere = started(MembershipFactory().team, editor)
    found = read(program.get(mine(secret)))
    assert {f"item:{own.pk}", f"item:{nobody.pk}"} <= set(found)
    assert f"item:{other.pk}" not in found
    assert f"item:{other.pk}" in read(program.get(of(secret, team)))
    check_in = found["check-ins:organisation:2026-11-30"]
    assert check_in.summary.value == "Check-in: Test coverage · Organisation"
    assert check_in.url.value.endswith(organisation.get_absolute_url())
    assert f"item:{item_of(elsewhere, 'monitoring.data_drift').pk}" not in found
    assert read(program.get(of(secret, elsewhere.team)))  # everyone reads every team


def test_in_the_reader_s_language_whatever_the_program_asks_for(
    program: Client, secret: str, team: Team, roadmap: Roadmap, editor: Person
) -> None:
    Person.objects.filter(pk=editor.pk).update(language="ja")
    response = program.get(mine(secret), headers={"Accept-Language": "en"})
    assert "期限：データドリフト検出 · Forecasting" in titles(response)
    assert response["Content-Language"] == "ja"


def test_an_item_keeps_its_uid_and_counts_its_days(
    program: Client, secret: str, roadmap: Roadmap, editor: Person
) -> None:
    item = item_of(roadmap, "monitoring.data_drift")
    before = read(program.get(mine(secret)))[f"item:{item.pk}"]
    set_due(item=item, due_date=date(2026, 12, 18), seen=item.due_date, by=editor)
    after = read(program.get(mine(secret)))[f"item:{item.pk}"]
    assert after.dtstart.value == date(2026, 12, 18)
    assert int(after.sequence.value) == int(before.sequence.value) + 1
    assert after.last_modified.value > before.last_modified.value


def test_304_until_something_changes(program: Client, secret: str, roadmap: Roadmap, editor: Person) -> None:
    first = program.get(mine(secret))
    again = program.get(mine(secret), headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    Item.objects.filter(phase=3).update(title="Renamed")
    assert program.get(mine(secret), headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_the_new_address_ends_the_old_one_at_once(program: Client, secret: str, team: Team, editor: Person) -> None:
    new = services.renew(person=editor).secret
    assert [program.get(path).status_code for path in (mine(secret), of(secret, team), mine(new))] == [404, 404, 200]
    services.turn_off(person=editor, by=editor)
    assert program.get(mine(new)).status_code == 404


def test_unknown_ended_and_missing_are_one_answer(program: Client, secret: str, team: Team, editor: Person) -> None:
    def said(path: str) -> tuple[int, bytes]:
        response = program.get(path)
        return response.status_code, response.content.partition(b"<main")[2]

    unknown = said(mine("x" * 43))
    assert (unknown[0], b"</main>" in unknown[1]) == (404, True)
    assert said(of("x" * 43, team)) == said(of(secret, Team(pk=10_000))) == said(mine("é")) == unknown
    services.turn_off(person=editor, by=editor)
    assert said(mine(secret)) == said(of(secret, team)) == unknown


@pytest.mark.parametrize("end", ["deactivate", "reset_sign_in", "remove"])
def test_what_ends_sign_in_ends_the_address_for_good(
    program: Client, secret: str, editor: Person, administrator: Person, end: str
) -> None:
    getattr(people, end)(person=editor, by=administrator)
    assert program.get(mine(secret)).status_code == 404
    assert not Address.objects.exists()
    if end == "deactivate":
        people.reactivate(person=editor, by=administrator)
        assert program.get(mine(secret)).status_code == 404


def test_somebody_made_inactive_by_whatever_way_reads_nothing(program: Client, secret: str, editor: Person) -> None:
    Person.objects.filter(pk=editor.pk).update(is_active=False)
    assert program.get(mine(secret)).status_code == 404


def test_an_archived_team_s_is_empty(program: Client, secret: str, team: Team, roadmap: Roadmap) -> None:
    Team.objects.filter(pk=team.pk).update(archived_at=roadmap.created_at)
    assert read(program.get(of(secret, team))) == read(program.get(mine(secret))) == {}


@pytest.mark.usefixtures("limited")
def test_how_often_a_program_may_ask(program: Client, secret: str, team: Team, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"calendar": "2/m/key"}
    answers: list[HttpResponse] = [program.get(mine(secret)), program.get(of(secret, team)), program.get(mine(secret))]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[-1]["Retry-After"]
    assert program.get(mine("y" * 43)).status_code == 404  # another's count


def test_no_cookie_is_set_and_nobody_keeps_it(program: Client, secret: str) -> None:
    response = program.get(mine(secret))
    assert not response.cookies
    assert "no-store" in response["Cache-Control"]


def test_a_calendar_is_bounded(program: Client, secret: str, roadmap: Roadmap, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(program.get(mine(secret)))
    monkeypatch.setattr(events, "MOST", 3)
    assert list(read(program.get(mine(secret)))) == list(whole)[:3]


def test_as_many_queries_for_one_team_as_for_two(
    program: Client, secret: str, team: Team, roadmap: Roadmap, editor: Person, django_assert_max_num_queries: Any
) -> None:
    cycle = quarter(editor)
    key_result_of(objective_in(cycle, editor, team), editor)
    with django_assert_max_num_queries(20) as one:
        few = read(program.get(mine(secret)))
    other = MembershipFactory(team=TeamFactory(), person=editor).team
    started(other, editor)
    key_result_of(objective_in(cycle, editor, other), editor)
    with django_assert_max_num_queries(20) as two:
        assert len(read(program.get(mine(secret)))) == 2 * len(few)
    assert len(two) == len(one)
