"""Starting, moving the start, adding and editing: dates, the stale edit, the trace people read."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from core import clock
from core.append_only import AppendOnlyError
from core.edits import StaleEdit
from roadmaps import services, template
from roadmaps.models import Change, Field, Item, Roadmap, State
from roadmaps.overview import overviews
from roadmaps.services import AlreadyStarted, RoadmapError
from teams.models import Person, Team
from tests.factories import MembershipFactory, PersonFactory
from tests.roadmaps.factories import item_of, started

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


# -- Start --


def test_starting_makes_the_template_into_items(team: Team, editor: Person) -> None:
    made = services.start_roadmap(team=team, start_date=date(2026, 11, 30), by=editor)

    assert made.template_version == template.load().version
    assert made.items.count() == 21
    assert made.items.of_phases().count() == 12
    due = made.items.of_phases().order_by("phase").values_list("phase", "due_date").distinct()
    assert list(due) == [
        (1, date(2027, 2, 27)),
        (2, date(2027, 5, 29)),
        (3, date(2027, 8, 29)),
        (4, date(2027, 11, 29)),
    ]
    assert set(made.items.filter(phase=None).values_list("checklist", "due_date")) == {
        ("technical", None),
        ("organisational", None),
    }
    change = made.changes.get()
    assert (change.field, change.new, change.person) == (Field.STARTED, "2026-11-30", editor)


def test_a_team_has_one_roadmap(roadmap: Roadmap, editor: Person) -> None:
    with pytest.raises(AlreadyStarted):
        services.start_roadmap(team=roadmap.team, start_date=date(2026, 5, 1), by=editor)
    with pytest.raises(IntegrityError), transaction.atomic():
        Roadmap.objects.create(
            team=roadmap.team, start_date=date(2026, 5, 1), template_id="x", template_version=1, created_by=editor
        )


@pytest.mark.parametrize("start", [date(2027, 5, 21), date(206, 5, 1), date(2021, 5, 19), date(9998, 12, 31)])
def test_a_start_that_cannot_be_meant_is_refused(team: Team, editor: Person, start: date) -> None:
    with pytest.raises(RoadmapError) as caught:
        services.start_roadmap(team=team, start_date=start, by=editor)
    assert caught.value.field == "start_date"
    assert not Roadmap.objects.exists()


@pytest.mark.parametrize("start", [date(2027, 5, 20), date(2021, 5, 20)])
def test_a_start_at_the_edge_is_taken(team: Team, editor: Person, start: date) -> None:
    assert services.start_roadmap(team=team, start_date=start, by=editor).start_date == start


# -- Moving the start --


def test_due_dates_that_nobody_edited_move_with_the_start(roadmap: Roadmap, item: Item, editor: Person) -> None:
    services.set_due(item=item, due_date=date(2026, 5, 8), seen=item.due_date, by=editor)
    services.change_start_date(roadmap=roadmap, start_date=date(2026, 5, 1), seen=date(2026, 4, 1), by=editor)

    item.refresh_from_db()
    assert item.due_date == date(2026, 5, 8)
    assert item_of(roadmap, "foundation.basic_cicd").due_date == date(2026, 7, 31)
    assert item_of(roadmap, "technical.documentation").due_date is None
    change = roadmap.changes.last()
    assert (change.field, change.old, change.new) == (Field.START_DATE, "2026-04-01", "2026-05-01")


def test_moving_the_start_elsewhere_meanwhile_is_stale(roadmap: Roadmap, editor: Person) -> None:
    services.change_start_date(roadmap=roadmap, start_date=date(2026, 5, 1), seen=date(2026, 4, 1), by=editor)
    with pytest.raises(StaleEdit) as caught:
        services.change_start_date(roadmap=roadmap, start_date=date(2026, 6, 1), seen=date(2026, 4, 1), by=editor)
    assert caught.value.theirs == {"start_date": date(2026, 5, 1)}
    # The wanted day is there already: nothing happens.
    services.change_start_date(roadmap=roadmap, start_date=date(2026, 5, 1), seen=date(2026, 4, 1), by=editor)
    assert roadmap.changes.filter(field=Field.START_DATE).count() == 1


def test_a_due_date_given_back_follows_the_start_again(roadmap: Roadmap, item: Item, editor: Person) -> None:
    services.set_due(item=item, due_date=date(2026, 5, 8), seen=item.due_date, by=editor)
    made = services.set_due(item=item, due_date=None, seen=date(2026, 5, 8), by=editor)
    assert (made.due_date, made.due_edited) == (date(2026, 6, 30), False)
    services.change_start_date(roadmap=roadmap, start_date=date(2026, 5, 1), seen=date(2026, 4, 1), by=editor)
    item.refresh_from_db()
    assert item.due_date == date(2026, 7, 31)


# -- Adding --


def test_an_added_item_is_in_the_scope_from_its_day(roadmap: Roadmap, editor: Person) -> None:
    made = services.add_item(roadmap=roadmap, title="  Tidy\n the notebooks ", phase=2, owner=editor, by=editor)

    assert (made.title, made.phase, made.position, made.added_on) == ("Tidy the notebooks", 2, 4, date(2026, 5, 20))
    assert (made.due_date, made.due_edited, made.mandatory, made.state) == (
        date(2026, 9, 30),
        False,
        False,
        State.TO_DO,
    )
    change = made.changes.get()
    assert (change.field, change.new, change.person) == (Field.ADDED, "Tidy the notebooks", editor)


def test_an_added_item_leaves_the_scope_of_the_days_before_alone(roadmap: Roadmap, editor: Person) -> None:
    services.add_item(roadmap=roadmap, title="Late thought", phase=2, by=editor)
    (found,) = overviews([roadmap])
    scope = {day.day: day.scope for day in found.burn_up}
    assert [scope[date(2026, 5, day)] for day in (19, 20)] == [12, 13]


def test_an_item_added_before_the_start_is_there_from_the_start(team: Team, editor: Person) -> None:
    made = started(team, editor)
    with clock.at(datetime(2026, 3, 1, tzinfo=UTC)):
        assert services.add_item(roadmap=made, title="Early", phase=1, by=editor).added_on is None


def test_adding_twice_by_one_request_adds_once(roadmap: Roadmap, editor: Person) -> None:
    one, two = (
        services.add_item(roadmap=roadmap, title="Once", phase=1, by=editor, request_id="r1") for _time in range(2)
    )
    assert one == two
    assert Item.objects.filter(title="Once").count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": "   "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"phase": 5}, "phase"),
        ({"phase": None}, "phase"),
        ({"checklist": "technical"}, "phase"),
        ({"phase": None, "checklist": "spiritual"}, "phase"),
        ({"due_date": date(2026, 3, 31)}, "due_date"),
        ({"due_date": date(2036, 1, 1)}, "due_date"),
    ],
)
def test_what_cannot_be_added_is_refused(roadmap: Roadmap, editor: Person, wrong: dict, field: str) -> None:
    with pytest.raises(RoadmapError) as caught:
        services.add_item(**({"roadmap": roadmap, "title": "Fine", "phase": 1, "by": editor} | wrong))
    assert caught.value.field == field
    assert roadmap.items.count() == 21


def test_the_database_keeps_an_item_to_a_phase_or_a_checklist(roadmap: Roadmap) -> None:
    for wrong in (
        {"phase": 1, "checklist": "technical"},
        {"phase": None, "checklist": ""},
        {"phase": 5, "checklist": ""},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Item.objects.create(roadmap=roadmap, title="Wrong", position=9, **wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Item.objects.create(roadmap=roadmap, phase=1, position=9)  # neither a title nor the template's
    with pytest.raises(IntegrityError), transaction.atomic():
        Item.objects.create(roadmap=roadmap, phase=1, position=9, template_key="foundation.basic_cicd")


# -- Editing --


def test_a_title_of_the_team_replaces_the_templates_in_every_language(item: Item, editor: Person) -> None:
    made = services.rename(item=item, title="Move to our GitHub", seen=item.shown_title, by=editor)
    with translation.override("ja"):
        assert made.shown_title == "Move to our GitHub"
    assert [(change.field, change.old, change.new) for change in made.changes.all()] == [
        (Field.TITLE, "", "Move to our GitHub")
    ]

    back = services.rename(item=made, title="", seen="Move to our GitHub", by=editor)
    with translation.override("ja"):
        assert back.shown_title == "Gitリポジトリ構築"


def test_the_templates_own_words_stay_the_templates(item: Item, editor: Person) -> None:
    made = services.rename(item=item, title="Gitリポジトリ構築", seen="Set up the Git repository", by=editor)
    assert made.title == ""
    assert not made.changes.exists()


def test_an_own_item_needs_a_title(roadmap: Roadmap, editor: Person) -> None:
    own = services.add_item(roadmap=roadmap, title="Own", phase=1, by=editor)
    with pytest.raises(RoadmapError) as caught:
        services.rename(item=own, title=" ", seen="Own", by=editor)
    assert caught.value.field == "title"


def test_an_owner_belongs_to_the_team(item: Item, editor: Person, outsider: Person) -> None:
    made = services.set_owner(item=item, owner=editor, seen=None, by=editor)
    assert made.owner == editor
    with pytest.raises(RoadmapError) as caught:
        services.set_owner(item=item, owner=outsider, seen=editor, by=editor)
    assert caught.value.field == "owner"
    gone = MembershipFactory(team=item.roadmap.team, person=PersonFactory(is_active=False)).person
    with pytest.raises(RoadmapError):
        services.set_owner(item=item, owner=gone, seen=editor, by=editor)


def test_other_fields_merge(item: Item, editor: Person, team_admin: Person) -> None:
    services.set_owner(item=item, owner=team_admin, seen=None, by=team_admin)
    # This form was opened before: it still holds "nobody" as the owner and touches only the title.
    made = services.edit_item(
        item=item,
        by=editor,
        wanted={"title": "Renamed", "owner": None, "due_date": item.due_date},
        seen={"title": item.shown_title, "owner": None, "due_date": item.due_date},
    )
    assert (made.title, made.owner) == ("Renamed", team_admin)


def test_the_same_field_is_stale_and_nothing_is_changed(item: Item, editor: Person, team_admin: Person) -> None:
    services.rename(item=item, title="Theirs", seen=item.shown_title, by=team_admin)
    with pytest.raises(StaleEdit) as caught:
        services.edit_item(
            item=item,
            by=editor,
            wanted={"title": "Mine", "due_date": date(2026, 6, 1)},
            seen={"title": item.shown_title, "due_date": item.due_date},
        )
    assert caught.value.theirs == {"title": "Theirs"}
    assert caught.value.yours == {"title": "Mine"}
    fresh = Item.objects.get(pk=item.pk)
    assert (fresh.title, fresh.due_date) == ("Theirs", date(2026, 6, 30))


def test_stale_values_leave_the_service_plain(item: Item, editor: Person, team_admin: Person) -> None:
    services.edit_item(
        item=item,
        by=editor,
        wanted={"title": "Renamed", "owner": editor},
        seen={"title": item.shown_title, "owner": None},
    )
    with pytest.raises(StaleEdit) as caught:
        services.edit_item(
            item=item, by=editor, wanted={"title": "", "owner": team_admin}, seen={"title": "Other", "owner": None}
        )
    assert caught.value.theirs == {"title": "Renamed", "owner": editor.pk}
    assert caught.value.yours == {"title": "Set up the Git repository", "owner": team_admin.pk}


def test_the_wanted_value_is_there_already(item: Item, editor: Person, team_admin: Person) -> None:
    services.set_due(item=item, due_date=date(2026, 6, 1), seen=item.due_date, by=team_admin)
    services.set_due(item=item, due_date=date(2026, 6, 1), seen=item.due_date, by=editor)
    assert item.changes.count() == 1


@pytest.mark.parametrize("due", [date(2026, 3, 31), date(2032, 1, 1)])
def test_a_due_date_that_cannot_be_meant_is_refused(item: Item, editor: Person, due: date) -> None:
    with pytest.raises(RoadmapError) as caught:
        services.set_due(item=item, due_date=due, seen=item.due_date, by=editor)
    assert caught.value.field == "due_date"


def test_a_due_date_in_the_past_makes_sense(item: Item, editor: Person) -> None:
    assert services.set_due(item=item, due_date=date(2026, 4, 2), seen=item.due_date, by=editor).due_edited


def test_an_entry_of_a_checklist_may_get_a_due_date_and_lose_it(roadmap: Roadmap, editor: Person) -> None:
    entry = item_of(roadmap, "technical.documentation")
    made = services.set_due(item=entry, due_date=date(2026, 6, 1), seen=None, by=editor)
    assert made.due_date == date(2026, 6, 1)
    assert services.set_due(item=entry, due_date=None, seen=date(2026, 6, 1), by=editor).due_date is None


def test_changes_are_never_changed(roadmap: Roadmap) -> None:
    with pytest.raises(AppendOnlyError):
        Change.objects.all().update(new="2020-01-01")
    change = roadmap.changes.get()
    with pytest.raises(AppendOnlyError):
        change.save()
