"""Items of a roadmap from a table: what each row does, and that what is stored comes back unchanged."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core import clock
from roadmaps import progress
from roadmaps.facts import facts_of_phases
from roadmaps.models import Change, Item, Note, Roadmap, State, Tick
from roadmaps.services import add_item, edit_item, tick
from teams.models import AuditEvent, Person, Team
from tests.factories import MembershipFactory, OrganisationFactory, TeamFactory
from tests.imports.files import as_csv, brought, imported, said, stored
from tests.roadmaps.factories import TODAY, item_of, noon, started, ticked

KIND = "roadmap-items"
pytestmark = pytest.mark.usefixtures("today")


def plan(team: Team, by: Person, *rows: Any) -> list[tuple[int, str, str]]:
    return said(brought(team, by, KIND, as_csv(*rows)))


def test_a_new_item_comes_with_its_state_owner_and_days(roadmap: Roadmap, editor: Person) -> None:
    rows = [
        ["Section", "Item", "Owner", "Due", "State", "Since", "Note"],
        ["2", "Retrain monthly", editor.email, "2026-08-01", "Done", "2026-05-11", "it runs"],
    ]
    upload = imported(roadmap.team, editor, KIND, as_csv(*rows))
    assert (upload.state, upload.counts["new"]) == ("applied", 1)
    made = Item.objects.get(title="Retrain monthly")
    assert (made.phase, made.owner, made.due_date, made.due_edited) == (2, editor, date(2026, 8, 1), True)
    assert (made.state, made.version, made.added_on) == (State.DONE, 1, date(2026, 5, 11))
    (done,) = made.ticks.all()
    assert (done.effective_at.date(), done.recorded_at, done.person) == (date(2026, 5, 11), TODAY, editor)
    assert Note.objects.get(tick=done).text == "it runs"
    assert list(Change.objects.filter(item=made).values_list("field", "new")) == [("added", "Retrain monthly")]


def test_a_past_row_is_in_the_burn_up_of_its_day(roadmap: Roadmap, editor: Person) -> None:
    imported(
        roadmap.team, editor, KIND, as_csv(["Section", "Item", "State", "Since"], [1, "Old", "done", "2026-04-20"])
    )
    facts = facts_of_phases([roadmap], {roadmap.team_id: roadmap.team.zone})[roadmap.pk]
    before, then = progress.burn_up(facts, [date(2026, 4, 19), date(2026, 4, 20)])
    assert (then.done - before.done, then.scope - before.scope) == (1, 1)


def test_the_same_file_twice_changes_nothing(roadmap: Roadmap, editor: Person) -> None:
    rows = [
        ["Section", "Item", "State", "Since", "Note"],
        ["Phase 1", "One", "done", "2026-05-01", ""],
        ["technical", "Two", "skipped", "", "too dear"],
        ["フェーズ3", "三つ目", "未着手", "", ""],
    ]
    imported(roadmap.team, editor, KIND, as_csv(*rows))
    before = (Item.objects.count(), Tick.objects.count(), Change.objects.count(), Note.objects.count())
    again = brought(roadmap.team, editor, KIND, as_csv(*rows))
    assert said(again) == [(2, "same", ""), (3, "same", ""), (4, "same", "")]
    assert (Item.objects.count(), Tick.objects.count(), Change.objects.count(), Note.objects.count()) == before


def test_an_item_is_found_by_number_by_key_and_by_title_in_either_language(roadmap: Roadmap, editor: Person) -> None:
    one, two = item_of(roadmap, "foundation.git_repository"), roadmap.items.filter(phase=2).first()
    assert two is not None
    assert two.entry is not None
    rows = [
        ["No.", "Key", "Item", "State"],
        [one.pk, "", "Ours now", "done"],
        ["", roadmap.items.get(phase=3, position=1).template_key, "", "in_progress"],
        ["", "", two.entry.title["ja"], "done"],
    ]
    upload = imported(roadmap.team, editor, KIND, as_csv(*rows))
    assert (upload.counts["changed"], upload.counts["new"]) == (3, 0)
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.title, one.state, two.title, two.state) == ("Ours now", "done", "", "done")


def test_an_empty_cell_leaves_what_is_there(roadmap: Roadmap, item: Item, editor: Person) -> None:
    edit_item(item=item, by=editor, wanted={"owner": editor, "title": "Mine"}, seen={"owner": None, "title": ""})
    rows = [["No.", "Item", "Owner", "Due", "State"], [item.pk, "", "", "", "done"]]
    imported(roadmap.team, editor, KIND, as_csv(*rows))
    item.refresh_from_db()
    assert (item.title, item.owner, item.state) == ("Mine", editor, "done")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["999999", "", "1", "A", "", "", "", "", ""], "no item 999999"),
        (["", "no.such", "1", "A", "", "", "", "", ""], "no item with the key no.such"),
        (["", "", "", "Brand new", "", "", "", "", ""], "in which phase or checklist"),
        (["", "", "5", "A", "", "", "", "", ""], "“5” is none of"),
        (["", "", "1", "", "", "", "", "", ""], "Say which item is meant"),
        (["", "", "1", "x" * 201, "", "", "", "", ""], "at most 200 characters"),
        (["", "", "1", "A", "Somebody Else", "", "", "", ""], "Nobody in the team is called Somebody Else"),
        (["", "", "1", "A", "", "2026-02-30", "", "", ""], "“2026-02-30” is no day"),
        (["", "", "1", "A", "", "04/05/2026", "", "", ""], "“04/05/2026” can be read in two ways"),
        (["", "", "1", "A", "", "2026-03-31", "", "", ""], "The roadmap starts on"),
        (["", "", "1", "A", "", "2036-01-01", "", "", ""], "more than five years"),
        (["", "", "1", "A", "", "", "finished", "", ""], "“finished” is none of"),
        (["", "", "1", "A", "", "", "done", "2026-05-21", ""], "lies in the future"),
        (["", "", "1", "A", "", "", "done", "2026-03-31", ""], "The roadmap starts on"),
        (["", "", "1", "A", "", "", "skipped", "", ""], "Say why the item is dropped"),
        (["", "", "1", "A", "", "", "done", "", "n" * 1001], "at most 1000 characters"),
        (["", "", "1", "A", "", "", "", "2026-05-01", ""], "goes with a state"),
    ],
)
def test_a_row_is_refused_as_by_hand_with_its_number(
    roadmap: Roadmap, editor: Person, row: list[str], reason: str
) -> None:
    header = ["No.", "Key", "Section", "Item", "Owner", "Due", "State", "Since", "Note"]
    ((number, state, why),) = plan(roadmap.team, editor, header, row)
    assert (number, state) == (2, "refused")
    assert reason in why


def test_what_is_there_already_is_not_given_another_day_or_note(roadmap: Roadmap, item: Item, editor: Person) -> None:
    ticked(item, editor, noon(5, 2), note="first")
    header = ["No.", "State", "Since", "Note"]
    (day,) = plan(roadmap.team, editor, header, [item.pk, "done", "2026-05-03", ""])
    (note,) = plan(roadmap.team, editor, header, [item.pk, "done", "2026-05-02", "other"])
    (same,) = plan(roadmap.team, editor, header, [item.pk, "done", "2026-05-02", "first"])
    assert (day[1], note[1], same[1]) == ("refused", "refused", "same")
    assert "Undo that first" in day[2]


def test_two_rows_about_one_item_are_refused(roadmap: Roadmap, item: Item, editor: Person) -> None:
    header = ["No.", "Key", "Section", "Item"]
    rows = [[item.pk, "", "", ""], ["", item.template_key, "", ""], ["", "", 1, "New"], ["", "", 1, "ｎｅｗ "]]
    found = plan(roadmap.team, editor, header, *rows)
    assert [each[1] for each in found] == ["same", "refused", "new", "refused"]
    assert "Row 2 is about the same" in found[1][2]


def test_another_teams_item_and_people_are_not_found(roadmap: Roadmap, editor: Person, outsider: Person) -> None:
    other = started(outsider.memberships.get().team, outsider)
    theirs = other.items.first()
    assert theirs is not None
    header = ["No.", "Item", "Owner", "Section"]
    found = plan(roadmap.team, editor, header, [theirs.pk, "", "", ""], ["", "A", outsider.email, "1"])
    assert [each[1] for each in found] == ["refused", "refused"]


def test_a_name_that_two_people_have_needs_the_address(roadmap: Roadmap, editor: Person) -> None:
    twin = MembershipFactory(team=roadmap.team, person__name=editor.name).person
    header = ["Item", "Section", "Owner"]
    by_name, by_address = plan(roadmap.team, editor, header, ["A", 1, editor.name], ["B", 1, twin.email])
    assert (by_name[1], by_address[1]) == ("refused", "new")


def test_without_a_roadmap_the_file_is_refused(team: Team, editor: Person) -> None:
    with pytest.raises(Exception, match="has no roadmap yet"):
        brought(team, editor, KIND, as_csv(["Item"], ["A"]))


def test_formulas_as_names_stay_text_there_and_back(roadmap: Roadmap, editor: Person) -> None:
    names = ["=1+1", "'=1+1", "+a", " @b", "-5", "007", "''=x"]
    imported(roadmap.team, editor, KIND, as_csv(["Section", "Item"], *([1, f"'{name}"] for name in names)))
    kept = set(Item.objects.filter(template_key="").values_list("title", flat=True))
    assert kept == {"=1+1", "'=1+1", "+a", "@b", "-5", "'007", "''=x"}
    assert b",=1+1" not in stored(roadmap.team, KIND)
    assert {each[1] for each in said(brought(roadmap.team, editor, KIND, stored(roadmap.team, KIND)))} == {"same"}


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_is_stored_comes_back_unchanged(
    roadmap: Roadmap, item: Item, editor: Person, ending: str, language: str
) -> None:
    ticked(item, editor, noon(5, 2), note="line one\r\nline two")
    ticked(roadmap.items.get(phase=1, position=2), editor, noon(5, 3), already_had=True)
    gone = roadmap.items.get(phase=1, position=3)
    ticked(gone, editor, noon(5, 4), State.SKIPPED, note="=1+1")
    edit_item(item=gone, by=editor, wanted={"owner": editor}, seen={"owner": None})
    with translation.override(language):
        again = brought(roadmap.team, editor, KIND, stored(roadmap.team, KIND, ending))
        assert {each[1:] for each in said(again)} == {("same", "")}
        assert again.rows == roadmap.items.count()


def test_many_rows_take_a_bounded_number_of_queries(
    roadmap: Roadmap, editor: Person, django_assert_max_num_queries: Any
) -> None:
    header = ["Section", "Item", "State", "Since", "Note"]
    rows = [[1 + n % 4, f"Item {n}", "done", "2026-05-01", f"note {n}"] for n in range(400)]
    with django_assert_max_num_queries(60):
        upload = imported(roadmap.team, editor, KIND, as_csv(header, *rows))
    assert upload.state == "applied"
    assert Item.objects.filter(roadmap=roadmap, state=State.DONE).count() == 400
    assert AuditEvent.objects.get(action="import.applied").data["rows"] == 400


# -- Whatever people write ------------------------------------------------------------------------------------------

AWKWARD = st.sampled_from(
    ["=1+1", "'=1+1", "@x", "-1", "007", '"', '","', "日本語", "🚀", "a;b", "a\tb", "true", "2026-01-01", "#N/A"]
)
TEXTS = st.one_of(AWKWARD, st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30))
TITLES = TEXTS.map(lambda text: " ".join(text.split())).filter(bool)
NOTES = st.lists(TEXTS, min_size=1, max_size=3).map("\n".join)
DAYS = st.dates(date(2026, 4, 1), date(2026, 5, 20))


class ThereAndBack(TestCase):
    """Items made by hand in any way, downloaded and brought again, are all the same."""

    @classmethod
    def setUpTestData(cls) -> None:
        OrganisationFactory()
        cls.team = TeamFactory()
        cls.editor = MembershipFactory(team=cls.team, person__name="O'Neill =1").person
        cls.roadmap = started(cls.team, cls.editor)

    team: Team
    editor: Person
    roadmap: Roadmap

    @given(
        items=st.lists(
            st.tuples(TITLES, st.integers(1, 4), st.sampled_from(State.values), DAYS, NOTES), min_size=1, max_size=5
        ),
        ending=st.sampled_from(["csv", "xlsx"]),
    )
    @settings(max_examples=15)
    def test_any_items(self, items: list[Any], ending: str) -> None:
        with clock.at(TODAY):
            for title, phase, state, day, note in items:
                made = add_item(roadmap=self.roadmap, phase=phase, title=title, by=self.editor, owner=self.editor)
                said_why = "" if state == State.TO_DO else note
                tick(item=made, wanted=state, seen_version=0, by=self.editor, on=day, note=said_why)
            again = brought(self.team, self.editor, KIND, stored(self.team, KIND, ending))
            assert {each[1:] for each in said(again)} == {("same", "")}
