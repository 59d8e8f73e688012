"""The roadmap's pages: who gets them, what they show, its start and items, refusals that keep what was typed."""

import csv
import io
import re
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from comments.models import Words
from core import clock
from roadmaps import services
from roadmaps.models import Item, Roadmap, State
from teams.models import Person, Team
from tests.roadmaps.factories import item_of, noon, ticked
from tests.roadmaps.pages import SignIn, row_of, tick, url
from tests.stale import asked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


# -- Reading --


def test_a_team_without_a_roadmap_is_shown_how_to_start(member: Client, team: Team) -> None:
    response = member.get(reverse("roadmap", args=[team.pk]))
    assert response.status_code == 200
    page = response.content.decode()
    assert 'value="2026-05-01"' in page  # the first of this month
    assert "Wider automation" in page
    assert page.count("btn-primary") == 1


def test_a_reader_is_not_offered_to_start(signed_in: SignIn, team: Team, manager: Person) -> None:
    page = signed_in(manager).get(reverse("roadmap", args=[team.pk])).content.decode()
    assert "start_date" not in page


def test_the_page_shows_phases_items_and_numbers(member: Client, roadmap: Roadmap, item: Item, editor: Person) -> None:
    ticked(item, editor, noon(5, 5), note="see https://wiki.example.com/x")
    page = member.get(url("roadmap", roadmap)).content.decode()

    assert "1 of 12 items done, month 2 of 12." in " ".join(page.split())
    row = row_of(page, item)
    assert "ticked by <bdi>Emma Editor</bdi>, 5 May" in row
    assert '<a href="https://wiki.example.com/x" rel="nofollow">' in row
    assert 'aria-checked="true"' in row
    assert 'value="to_do"' in row
    assert page.count('role="checkbox"') == 21
    assert re.findall(r'<details class="p-card p-flush p-phase" id="(phase-\d)" open>', page) == ["phase-1"]


def test_an_earlier_gate_that_is_not_met_stays_in_sight(
    member: Client, roadmap: Roadmap, item: Item, editor: Person
) -> None:
    with clock.at(noon(7, 2)):
        page = member.get(url("roadmap", roadmap)).content.decode()
        assert "Gate of phase 1" in page
        assert page.count("overdue, 30 Jun") == 6  # three in the gate, three in what is due next
        assert re.findall(r'id="(phase-\d)" open>', page) == ["phase-1", "phase-2"]
        for each in roadmap.items.filter(phase=1):
            ticked(each, editor, noon(7, 2))
        page = member.get(url("roadmap", roadmap)).content.decode()
        assert "Gate of phase 2" in page
        assert "overdue, " not in page
        assert re.findall(r'id="(phase-\d)" open>', page) == ["phase-2"]


def test_a_reader_sees_everything_and_cannot_tick(
    signed_in: SignIn, roadmap: Roadmap, item: Item, outsider: Person
) -> None:
    client = signed_in(outsider)
    page = client.get(url("roadmap", roadmap)).content.decode()
    assert "Set up the Git repository" in page
    assert 'role="checkbox"' not in page
    assert "roadmap/items/" in page
    assert tick(client, item).status_code == 403
    assert client.get(item.get_absolute_url()).status_code == 200
    assert not item.ticks.exists()


@pytest.mark.parametrize("name", ["roadmap-edit-item", "roadmap-tick", "roadmap-undo", "roadmap-drop", "roadmap-state"])
def test_another_teams_people_and_managers_may_not_change_it(
    signed_in: SignIn, roadmap: Roadmap, item: Item, outsider: Person, manager: Person, name: str
) -> None:
    for person in (outsider, manager):
        assert signed_in(person).post(url(name, roadmap, item.pk), {}).status_code == 403


def test_an_item_is_found_in_its_own_team_only(signed_in: SignIn, item: Item, outsider: Person) -> None:
    theirs = outsider.memberships.get().team
    assert signed_in(outsider).get(reverse("roadmap-item", args=[theirs.pk, item.pk])).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_items(member: Client, roadmap: Roadmap, editor: Person) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert member.get(url("roadmap", roadmap)).status_code == 200
        return len(captured)

    for item in roadmap.items.all():
        ticked(item, editor, noon(5, 5), note="done")
    member.get(url("roadmap", roadmap))
    before = queries()
    for number in range(21):
        added = services.add_item(
            roadmap=roadmap, title=f"More {number}", phase=1 + number % 4, owner=editor, by=editor
        )
        ticked(added, editor, noon(5, 6), note="done too")
    assert queries() == before


def test_what_people_write_is_escaped(member: Client, roadmap: Roadmap, editor: Person) -> None:
    made = services.add_item(roadmap=roadmap, title="<script>alert(1)</script>", phase=1, by=editor)
    ticked(made, editor, noon(5, 5), note="<b>bold</b> javascript:alert(1)")
    for page in (member.get(url("roadmap", roadmap)), member.get(made.get_absolute_url())):
        text = page.content.decode()
        assert "<script>alert" not in text
        assert "<b>bold" not in text
        assert 'href="javascript' not in text


def test_japanese_readers_get_the_templates_japanese(
    member: Client, roadmap: Roadmap, item: Item, editor: Person
) -> None:
    editor.language = "ja"
    editor.save()
    assert "Gitリポジトリ構築" in member.get(url("roadmap", roadmap)).content.decode()
    assert "すべてチームのGitリポジトリにあり" in member.get(item.get_absolute_url()).content.decode()


# -- Filters --


def titles(page: str) -> set[str]:
    return set(re.findall(r'class="p-item-a" id="title-\d+" href="[^"]+">([^<]+)<', page))


def test_filters_in_the_address(member: Client, roadmap: Roadmap, item: Item, editor: Person) -> None:
    other = item_of(roadmap, "automation.model_registry")
    services.set_owner(item=other, owner=editor, seen=None, by=editor)
    services.set_due(item=item, due_date=date(2026, 5, 1), seen=item.due_date, by=editor)
    done = item_of(roadmap, "foundation.basic_cicd")
    services.set_owner(item=done, owner=editor, seen=None, by=editor)
    ticked(done, editor, noon(5, 5))
    address = url("roadmap", roadmap)

    assert titles(member.get(f"{address}?overdue=1").content.decode()) == {"Set up the Git repository"}
    assert titles(member.get(f"{address}?mine=1").content.decode()) == {
        "Introduce a model registry",
        "Basic CI/CD pipeline",
    }
    page = member.get(f"{address}?mine=1&open=1").content.decode()
    assert titles(page) == {"Introduce a model registry"}
    assert re.findall(r'id="(phase-\d)" open>', page) == ["phase-1", "phase-2"]
    assert len(titles(member.get(f"{address}?open=1").content.decode())) == 20


# -- Start --


def test_starting(member: Client, team: Team) -> None:
    response = member.post(reverse("roadmap-start", args=[team.pk]), {"start_date": "2026-05-01"})
    assert response.status_code == 302
    assert Roadmap.objects.get(team=team).start_date == date(2026, 5, 1)
    again = member.post(reverse("roadmap-start", args=[team.pk]), {"start_date": "2026-06-01"}, follow=True)
    assert "has started its roadmap already" in again.content.decode()
    assert Roadmap.objects.get(team=team).start_date == date(2026, 5, 1)


@pytest.mark.parametrize("day", ["", "2026-02-30", "tomorrow", "2036-01-01", "0001-01-01"])
def test_a_start_that_is_no_day_is_422(member: Client, team: Team, day: str) -> None:
    response = member.post(reverse("roadmap-start", args=[team.pk]), {"start_date": day})
    assert response.status_code == 422
    page = response.content.decode()
    assert "p-form-error" in page
    assert not day or f'value="{day}"' in page


def test_moving_the_start(member: Client, roadmap: Roadmap) -> None:
    address = url("roadmap-start-date", roadmap)
    assert 'value="2026-04-01"' in member.get(address).content.decode()
    sent = {"start_date": "2026-05-01", "seen_start_date": "2026-04-01"}
    assert member.post(address, sent).status_code == 302
    assert Roadmap.objects.get().start_date == date(2026, 5, 1)

    stale = member.post(address, sent | {"start_date": "2026-06-01"})
    assert stale.status_code == 409
    page = stale.content.decode()
    question = asked(page)["start_date"]
    assert question.sentence.startswith("You changed this meanwhile in another window (")
    assert (question.theirs, question.mine) == ("1 May 2026", "1 Jun 2026")
    assert 'value="2026-06-01"' in page

    wrong = member.post(address, {"start_date": "1999-01-01", "seen_start_date": "2026-05-01"})
    assert wrong.status_code == 422
    assert 'value="1999-01-01"' in wrong.content.decode()


# -- Items --


def test_adding_an_item(member: Client, roadmap: Roadmap, editor: Person) -> None:
    address = url("roadmap-add-item", roadmap, 2)
    assert "Wider automation" in member.get(address).content.decode()
    sent = {"title": "Tidy up", "owner": editor.pk, "due_date": "2026-08-01", "request_id": "r1"}
    response = member.post(address, sent)
    made = Item.objects.get(title="Tidy up")
    assert response["Location"].endswith(f"#item-{made.pk}")
    assert (made.phase, made.owner, made.due_date, made.due_edited) == (2, editor, date(2026, 8, 1), True)
    member.post(address, sent)  # sent twice
    assert Item.objects.filter(title="Tidy up").count() == 1
    assert member.get(url("roadmap-add-item", roadmap, 5)).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "kept"),
    [
        ({"title": "", "due_date": "2026-08-01"}, 'value="2026-08-01"'),
        ({"title": "Fine", "due_date": "2026-01-01"}, 'value="Fine"'),
        ({"title": "Fine", "due_date": "soon"}, 'value="soon"'),
        ({"title": "Fine", "owner": "999999"}, 'value="Fine"'),
    ],
)
def test_adding_something_wrong_is_422_and_keeps_it(member: Client, roadmap: Roadmap, wrong: dict, kept: str) -> None:
    response = member.post(url("roadmap-add-item", roadmap, 1), wrong)
    assert response.status_code == 422
    assert kept in response.content.decode()
    assert roadmap.items.count() == 21


def edit(client: Client, item: Item, **changes: object) -> object:
    seen = {"title": item.shown_title, "owner": item.owner_id or "", "due_date": item.due_date or ""}
    sent = seen | {f"seen_{name}": value for name, value in seen.items()} | changes
    return client.post(url("roadmap-edit-item", item.roadmap, item.pk), sent)


def test_editing(member: Client, item: Item, editor: Person) -> None:
    response = edit(member, item, title="Ours", owner=editor.pk, due_date="2026-06-01")
    assert response["Location"] == item.get_absolute_url()
    item.refresh_from_db()
    assert (item.title, item.owner, item.due_date) == ("Ours", editor, date(2026, 6, 1))
    page = member.get(item.get_absolute_url()).content.decode()
    assert "Title: Set up the Git repository → Ours" in page
    assert "Owner: nobody → Emma Editor" in page
    assert "Due date: 30 Jun 2026 → 1 Jun 2026" in page


def test_editing_what_somebody_changed_is_409_and_keeps_what_was_typed(
    member: Client, item: Item, team_admin: Person
) -> None:
    services.rename(item=item, title="Theirs", seen=item.shown_title, by=team_admin)
    response = edit(member, item, title="Mine", due_date="2026-06-02")
    assert response.status_code == 409
    page = response.content.decode()
    question = asked(page)["title"]
    assert question.sentence.startswith("Taro Admin changed this meanwhile (")
    assert (question.theirs, question.mine) == ("Theirs", "Mine")
    assert 'value="Mine"' in page
    assert 'value="2026-06-02"' in page
    item.refresh_from_db()
    assert (item.title, item.due_date) == ("Theirs", date(2026, 6, 30))


def test_fields_that_were_not_touched_show_what_stands_when_another_is_asked_about(
    member: Client, item: Item, team_admin: Person
) -> None:
    opened = {"title": item.shown_title, "owner": "", "due_date": "2026-06-30"}
    edit(member, item, title="Theirs", owner=team_admin.pk, due_date="2026-06-20")
    seen = {f"seen_{name}": value for name, value in opened.items()}
    response = member.post(url("roadmap-edit-item", item.roadmap, item.pk), opened | seen | {"title": "Mine"})
    form, page = response.context["edit_form"], response.content.decode()
    assert (response.status_code, list(asked(page))) == (409, ["title"])
    assert [form[name].value() for name in opened] == ["Mine", team_admin.pk, date(2026, 6, 20)]
    assert f'name="seen_owner" value="{team_admin.pk}"' in page
    assert 'name="seen_due_date" value="2026-06-20"' in page
    assert 'type="date" name="due_date" value="2026-06-20"' in page


def test_an_owner_changed_by_somebody_is_told_by_name(
    member: Client, item: Item, editor: Person, team_admin: Person
) -> None:
    services.set_owner(item=item, owner=team_admin, seen=None, by=team_admin)
    response = edit(member, item, owner=editor.pk)
    assert response.status_code == 409
    question = asked(response.content.decode())["owner"]
    assert (question.theirs, question.mine) == ("Taro Admin", "Emma Editor")


@pytest.mark.parametrize(
    ("changes", "kept"), [({"due_date": "2026-03-01"}, "2026-03-01"), ({"title": "x" * 201}, "x" * 201)]
)
def test_editing_something_wrong_is_422(member: Client, item: Item, changes: dict, kept: str) -> None:
    response = edit(member, item, **changes)
    assert response.status_code == 422
    assert kept in response.content.decode()
    item.refresh_from_db()
    assert (item.title, item.due_date) == ("", date(2026, 6, 30))


def set_state(client: Client, item: Item, **sent: object) -> object:
    data = {"wanted": "done", "seen_version": item.version, "note": "", "on": ""} | sent
    return client.post(url("roadmap-state", item.roadmap, item.pk), data)


def test_board_and_history_tell_one_day_where_the_readers_clock_shows_another(
    signed_in: SignIn, editor: Person, item: Item
) -> None:
    """The reader is in UTC, the team in Tokyo, where it is tomorrow already."""
    Team.objects.filter(pk=item.roadmap.team_id).update(time_zone="Asia/Tokyo")
    evening = datetime(2026, 5, 4, 16, tzinfo=UTC)
    with clock.at(evening):
        services.tick(item=Item.objects.get(pk=item.pk), wanted="done", seen_version=0, by=editor)
        board = signed_in(editor).get(url("roadmap", item.roadmap)).text
        history = signed_in(editor).get(item.get_absolute_url()).text
    assert "ticked by <bdi>Emma Editor</bdi>, 5 May" in board
    assert "4 May 2026, 16:00" in history
    assert "as of 5 May 2026" in history


def test_the_state_with_a_day_and_a_note(member: Client, item: Item) -> None:
    assert set_state(member, item, on="2026-05-04", note="finally").status_code == 302
    page = member.get(item.get_absolute_url()).content.decode()
    assert "To do → Done" in page
    assert "as of 4 May 2026" in page
    assert "finally" in page


@pytest.mark.parametrize(
    "wrong", [{"on": "2026-05-21"}, {"on": "2026-03-01"}, {"on": "soon"}, {"wanted": ""}, {"note": "x" * 1001}]
)
def test_a_state_that_makes_no_sense_is_422_and_keeps_the_note(member: Client, item: Item, wrong: dict) -> None:
    response = set_state(member, item, **({"note": "do not lose me"} | wrong))
    assert response.status_code == 422
    assert wrong.get("note", "do not lose me") in response.content.decode()
    assert not item.ticks.exists()


def test_a_stale_state_is_409_and_keeps_the_note(member: Client, item: Item, team_admin: Person) -> None:
    ticked(item, team_admin, noon(5, 5), State.IN_PROGRESS)
    response = set_state(member, item, note="do not lose me", seen_version=0)
    assert response.status_code == 409
    page = response.content.decode()
    question = asked(page)["wanted"]
    assert question.sentence.startswith("Taro Admin changed this meanwhile (")
    assert (question.theirs, question.mine) == ("In progress", "Done")
    assert "do not lose me" in page

    again = {"note": "do not lose me", "seen_version": 0, "now_version": 1}
    assert set_state(member, item, **again).status_code == 409, "without a choice nothing is replaced"
    assert set_state(member, item, **again, **question.answer("theirs")).status_code == 302
    item.refresh_from_db()
    assert (item.state, item.version, Words.objects.get().text) == (State.IN_PROGRESS, 1, "do not lose me")
    assert set_state(member, item, **again, **question.answer("mine")).status_code == 302
    item.refresh_from_db()
    assert (item.state, item.version) == (State.DONE, 2)


def test_dropping_and_taking_up_again(member: Client, item: Item) -> None:
    address = url("roadmap-drop", item.roadmap, item.pk)
    assert member.post(address, {"reason": "", "seen_version": 0}).status_code == 422
    assert member.post(address, {"reason": "another team has it", "seen_version": 0}).status_code == 302
    page = member.get(url("roadmap", item.roadmap)).content.decode()
    assert "another team has it" in row_of(page, item)
    assert "Take it up again" in row_of(page, item)
    assert "0 of 11 items done" in " ".join(page.split())
    member.post(url("roadmap-undo", item.roadmap, item.pk), {"seen_version": 1})
    item.refresh_from_db()
    assert item.state == State.TO_DO


def test_notes(
    member: Client, signed_in: SignIn, item: Item, editor: Person, team_admin: Person, outsider: Person
) -> None:
    ticked(item, editor, noon(5, 5), note="ask Kenji")
    note = item.notes.get()
    blank = url("roadmap-blank-note", item.roadmap, note.pk)
    assert signed_in(outsider).post(blank).status_code == 403
    assert member.post(blank).status_code == 302
    assert "This text was removed." in member.get(item.get_absolute_url()).content.decode()

    ticked(item, team_admin, noon(5, 6), State.IN_PROGRESS, note="by the admin")
    assert "Remove this text" not in member.get(item.get_absolute_url()).content.decode()
    assert "Remove this text" in signed_in(team_admin).get(item.get_absolute_url()).content.decode()
    theirs = item.notes.get(person=team_admin)
    assert member.post(url("roadmap-blank-note", item.roadmap, theirs.pk)).status_code == 403  # another's words


# -- CSV --


def rows(response: object) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_items_as_csv(member: Client, roadmap: Roadmap, item: Item, editor: Person) -> None:
    services.add_item(roadmap=roadmap, title="=HYPERLINK(1)", phase=1, by=editor)
    ticked(item, editor, noon(5, 5), note="merged")
    header, *found = rows(member.get(url("roadmap-items-csv", roadmap)))
    assert len(found) == 22
    first = dict(zip(header, found[0], strict=True))
    assert (first["Section"], first["Item"], first["State"]) == ("Phase 1", "Set up the Git repository", "Done")
    assert (first["Due"], first["Since"], first["By"], first["Note"]) == (
        "2026-06-30",
        "2026-05-05",
        "Emma Editor",
        "merged",
    )
    assert found[3][header.index("Item")] == "'=HYPERLINK(1)"


def test_the_burn_up_as_csv(member: Client, roadmap: Roadmap, item: Item, editor: Person) -> None:
    ticked(item, editor, noon(5, 5))
    header, *found = rows(member.get(url("roadmap-burn-up-csv", roadmap)))
    assert header == ["Day", "Done", "Scope", "Expected"]
    by_day = {row[0]: row[1:] for row in found}
    assert by_day["2026-04-29"] == ["0", "12", "0"]
    assert by_day["2026-05-20"] == ["1", "12", "0"]
    assert by_day["2026-07-01"] == ["", "12", "3"]
    assert by_day["2027-03-31"] == ["", "12", "12"]
