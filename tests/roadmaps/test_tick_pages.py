"""Clicks on the roadmap's ticks, with and without htmx, and taking them back."""

import re

import pytest
from django.test import Client

from roadmaps.models import Item, Roadmap, State
from teams.models import Person
from tests.roadmaps.factories import item_of, noon, ticked
from tests.roadmaps.pages import HTMX, row_of, tick, url

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def test_a_click_without_javascript_leads_back_to_the_item(member: Client, item: Item, editor: Person) -> None:
    response = tick(member, item)
    assert response.status_code == 302
    assert response["Location"] == f"{url('roadmap', item.roadmap)}?at={item.pk}#item-{item.pk}"
    assert item.ticks.get().person == editor


def test_a_click_without_javascript_keeps_the_filter(member: Client, item: Item) -> None:
    response = member.post(
        url("roadmap-tick", item.roadmap, item.pk) + "?open=1&evil=//x", {"wanted": "done", "seen_version": 0}
    )
    assert response["Location"] == f"{url('roadmap', item.roadmap)}?open=1&at={item.pk}#item-{item.pk}"


def test_the_way_back_unfolds_the_items_phase(member: Client, roadmap: Roadmap) -> None:
    later = item_of(roadmap, "optimisation.cost")
    page = member.get(tick(member, later)["Location"]).content.decode()
    assert re.findall(r'id="(phase-\d)" open>', page) == ["phase-1", "phase-4"]


def test_a_click_by_htmx_answers_the_row_and_the_numbers_around_it(member: Client, item: Item) -> None:
    response = tick(member, item, headers=HTMX)
    assert response.status_code == 200
    page = response.content.decode()
    assert "<html" not in page
    assert page.strip().startswith("<div")
    assert f'id="row-{item.pk}"' in page
    assert 'aria-checked="true"' in page
    assert set(re.findall(r'id="([\w-]+)" hx-swap-oob="true"', page)) == {
        "phase-1-progress",
        "roadmap-lede",
        "roadmap-overview",
    }
    assert "1 of 12 items done" in " ".join(page.split())


def test_a_second_click_takes_it_back(member: Client, item: Item) -> None:
    tick(member, item)
    tick(member, item, wanted="to_do", seen=1)
    item.refresh_from_db()
    assert (item.state, item.version) == (State.TO_DO, 2)


def test_already_had_by_one_click(member: Client, item: Item) -> None:
    tick(member, item, wanted="already_had")
    assert item.ticks.get().already_had


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_stale_click_is_409_and_shows_both(
    member: Client, item: Item, team_admin: Person, headers: dict[str, str]
) -> None:
    ticked(item, team_admin, noon(5, 5), State.IN_PROGRESS)
    response = tick(member, item, seen=0, headers=headers)
    assert response.status_code == 409
    row = row_of(response.content.decode(), item)
    assert "Taro Admin changed this meanwhile: it is “In progress” now, you wanted “Done”." in row
    assert 'name="seen_version" value="1"' in row
    item.refresh_from_db()
    assert item.state == State.IN_PROGRESS


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"wanted": "finished", "seen_version": 0},
        {"wanted": "done", "seen_version": "x"},
        {"wanted": "skipped", "seen_version": 0},
    ],
)
def test_a_click_that_makes_no_sense_is_422(member: Client, item: Item, sent: dict) -> None:
    for headers in ({}, HTMX):
        response = member.post(url("roadmap-tick", item.roadmap, item.pk), sent, headers=headers)
        assert response.status_code == 422
        assert "p-notice" in row_of(response.content.decode(), item)
    assert not item.ticks.exists()


def test_undo_by_a_click(member: Client, item: Item) -> None:
    tick(member, item)
    page = member.get(url("roadmap", item.roadmap)).content.decode()
    assert f'formaction="{url("roadmap-undo", item.roadmap, item.pk)}"' in row_of(page, item)
    response = member.post(url("roadmap-undo", item.roadmap, item.pk), {"seen_version": 1}, headers=HTMX)
    assert response.status_code == 200
    assert "autofocus" in response.content.decode()  # the button that was pressed is gone: the box gets the focus
    item.refresh_from_db()
    assert item.state == State.TO_DO


def test_undo_of_what_somebody_changed_meanwhile_is_409(member: Client, item: Item, team_admin: Person) -> None:
    tick(member, item)
    ticked(item, team_admin, noon(5, 20), State.IN_PROGRESS)
    response = member.post(url("roadmap-undo", item.roadmap, item.pk), {"seen_version": 1})
    assert response.status_code == 409
    assert "In progress" in row_of(response.content.decode(), item)
