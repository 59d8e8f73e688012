"""Answers from a table: what each row says, the levels since, and that what is stored comes back unchanged."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from assessments import library, services, snapshots
from assessments.models import Answer, Assessment, Snapshot, Source
from core import clock
from teams.models import Person, Team
from tests.assessments.factories import TODAY, answered, answered_all, noon, started
from tests.factories import MembershipFactory, OrganisationFactory, TeamFactory
from tests.imports.files import as_csv, as_xlsx, brought, imported, said, stored

KIND = "answers"
HEADER = ["Criterion", "State", "Day", "Comment", "Link", "Valid until"]
pytestmark = pytest.mark.usefixtures("today")


def plan(team: Team, by: Person, *rows: Any) -> list[tuple[int, str, str]]:
    return said(brought(team, by, KIND, as_csv(HEADER, *rows)))


def levels(team: Team, area: str, *days: date) -> list[int | None]:
    found = dict(Snapshot.objects.filter(team=team, area=area).values_list("day", "level"))
    return [found.get(day) for day in days]


def test_a_past_answer_is_an_event_of_its_day_and_says_that_it_was_imported(draft: Assessment, editor: Person) -> None:
    row = ["data.versioning", "2", "2026-04-01", "DVC", "https://wiki.example.com", ""]
    assert imported(draft.team, editor, KIND, as_csv(HEADER, row)).state == "applied"
    made = Answer.objects.get()
    valid = date(2026, 4, 1)
    assert (made.criterion, made.state, made.effective_on, made.source) == (
        "data.versioning",
        2,
        valid,
        Source.IMPORTED,
    )
    assert (made.assessment, made.person, made.recorded_at, made.version) == (draft, editor, TODAY, 1)
    assert made.comment is not None
    assert (made.comment.text, made.link) == ("DVC", "https://wiki.example.com")
    by_hand = answered(draft, editor, "data.versioning", 2, on=date(2026, 4, 1))
    assert made.valid_until == by_hand.valid_until


def test_the_snapshots_since_are_built_again_those_of_dependants_too(draft: Assessment, editor: Person) -> None:
    answered_all(draft, editor)
    other = MembershipFactory(person=editor).team
    theirs = started(other, editor)
    answered_all(theirs, editor, at=noon(11, 1))
    services.inherit(team=other, criterion="data.versioning", provider=draft.team, by=editor, on=date(2026, 11, 1))
    days = [date(2026, 9, 30), date(2026, 10, 1), date(2026, 11, 22)]
    assert levels(draft.team, "data", *days) == [None, None, None]
    rows = [[each.id, "1", "2026-10-01"] for each in library.load().areas[0].criteria]
    imported(draft.team, editor, KIND, as_csv(["Criterion", "State", "Day"], *rows))
    assert levels(draft.team, "data", *days) == [None, 1, 1]
    assert levels(other, "data", date(2026, 11, 22)) == [1]
    kept = list(Snapshot.objects.values_list("team", "area", "day", *snapshots.FIGURES))
    snapshots.rebuild()
    assert list(Snapshot.objects.values_list("team", "area", "day", *snapshots.FIGURES)) == kept


def test_the_same_file_twice_changes_nothing_today_and_tomorrow(draft: Assessment, editor: Person) -> None:
    rows = [
        ["data.versioning", "2", "2026-04-01", "a", "", ""],
        ["data.versioning", "3", "", "", "", ""],
        ["deploy.serving", "unknown", "", "", "", ""],
    ]
    ids = {each.id for each in library.load().criteria}
    rows = [row for row in rows if row[0] in ids] + [
        [sorted(ids)[0], "not_applicable", "2026-05-01", "no models", "", ""]
    ]
    imported(draft.team, editor, KIND, as_csv(HEADER, *rows))
    before = Answer.objects.count()
    assert {each[1] for each in plan(draft.team, editor, *rows)} == {"same"}
    with clock.at(noon(11, 24)):
        assert {each[1] for each in plan(draft.team, editor, *rows)} == {"same"}
    assert Answer.objects.count() == before


def test_another_answer_of_the_same_day_is_a_change_and_keeps_what_the_file_leaves_empty(
    draft: Assessment, editor: Person
) -> None:
    answered(draft, editor, "data.versioning", 1, on=date(2026, 4, 1), comment="first", link="https://a.example")
    row = ["data.versioning", "2", "2026-04-01", "", "", ""]
    assert plan(draft.team, editor, row) == [(2, "changed", "")]
    imported(draft.team, editor, KIND, as_csv(HEADER, row))
    old, new = Answer.objects.order_by("version")
    assert (new.version, new.state, new.link, new.comment) == (2, 2, "https://a.example", old.comment)


def test_states_and_criteria_are_found_by_their_names_in_either_language(draft: Assessment, editor: Person) -> None:
    criterion = library.load().criteria[0]
    for language in ("en", "ja"):
        names = [criterion.title[language], criterion.states[3].label[language], f"2026-04-0{len(language)}"]
        (found,) = plan(draft.team, editor, names)
        assert found[1:] == ("new", "")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["no.such", "1", "", "", "", ""], "“no.such” is none of"),
        (["data.versioning", "4", "", "", "", ""], "“4” is none of"),
        (["data.versioning", "", "", "", "", ""], "Fill in: State"),
        (["data.versioning", "1.5", "", "", "", ""], "“1.5” is none of"),
        (["data.versioning", "1", "2026-11-24", "", "", ""], "lies in the future"),
        (["data.versioning", "1", "2020-01-01", "", "", ""], "lies too far back"),
        (["data.versioning", "1", "2026-11-01", "", "", "2026-10-31"], "valid until the day it is given"),
        (["data.versioning", "not_applicable", "", "", "", "2026-12-31"], "leave the day empty"),
        (["data.versioning", "1", "", "c" * 2001, "", ""], "at most 2000 characters"),
        (["data.versioning", "1", "", "", "javascript:alert(1)", ""], "starts with http"),
        (["data.versioning", "exempt", "", "", "", ""], "is asked for and approved"),
        (["data.versioning", "inherited", "", "", "", ""], "a provider is chosen"),
    ],
)
def test_a_row_is_refused_as_by_hand(draft: Assessment, editor: Person, row: list[str], reason: str) -> None:
    ((number, state, why),) = plan(draft.team, editor, row)
    assert (number, state) == (2, "refused")
    assert reason in why


def test_two_answers_of_one_day_are_refused(draft: Assessment, editor: Person) -> None:
    rows = [["data.versioning", "1", "2026-11-23", "", "", ""], ["data.versioning", "2", "", "", "", ""]]
    found = plan(draft.team, editor, *rows)
    assert [each[1] for each in found] == ["new", "refused"]


def test_without_an_open_round_only_what_is_there_is_understood(complete: Assessment, editor: Person) -> None:
    services.submit(assessment=complete, by=editor)
    rows = [["data.versioning", "2", "2026-11-23", "", "", ""], ["data.versioning", "1", "2026-11-01", "", "", ""]]
    same, new = plan(complete.team, editor, *rows)
    assert (same[1], new[1]) == ("same", "refused")
    assert "No round is open" in new[2]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_is_stored_comes_back_unchanged(
    complete: Assessment, editor: Person, outsider: Person, ending: str, language: str
) -> None:
    answered(
        complete,
        editor,
        "data.versioning",
        3,
        on=date(2026, 5, 1),
        comment="=1+1\r\n「日本」",
        link="https://a.example",
    )
    services.mark_not_applicable(team=complete.team, criterion="data.versioning", by=editor, reason="x")
    provider = outsider.memberships.get().team
    services.inherit(team=complete.team, criterion=library.load().criteria[1].id, provider=provider, by=editor)
    with translation.override(language):
        again = brought(complete.team, editor, KIND, stored(complete.team, KIND, ending))
        assert {each[1:] for each in said(again)} == {("same", "")}
        assert again.rows == 13


def test_many_rows_take_a_bounded_number_of_queries(
    draft: Assessment, editor: Person, django_assert_max_num_queries: Any
) -> None:
    ids = [each.id for each in library.load().criteria]
    rows = [[ids[n % 12], n % 4, f"2026-{1 + n // 12 % 10:02}-{1 + n // 120:02}", f"c{n}"] for n in range(240)]
    with django_assert_max_num_queries(70):
        assert imported(draft.team, editor, KIND, as_xlsx(HEADER[:4], *rows)).state == "applied"
    assert Answer.objects.count() == 240


# -- Whatever people write ------------------------------------------------------------------------------------------

TEXTS = st.one_of(
    st.sampled_from(
        ["=1+1", "'=1+1", "@x", "-1", "007", '"', '","', "日本語", "🚀", "a;b", "a\tb", "#N/A", "a\nb", "true"]
    ),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30),
)
ROWS = st.tuples(
    st.sampled_from([each.id for each in library.load().criteria]),
    st.sampled_from([0, 1, 2, 3, None]),
    st.dates(date(2026, 10, 1), date(2026, 11, 23)),
    TEXTS,
)


class ThereAndBack(TestCase):
    """Answers given by hand in any way, downloaded and brought again, are all the same."""

    team: Team
    editor: Person
    draft: Assessment

    @classmethod
    def setUpTestData(cls) -> None:
        OrganisationFactory()
        cls.team = TeamFactory()
        cls.editor = MembershipFactory(team=cls.team).person
        cls.draft = started(cls.team, cls.editor)

    @given(answers=st.lists(ROWS, min_size=1, max_size=4), ending=st.sampled_from(["csv", "xlsx"]))
    @settings(max_examples=15)
    def test_any_answers(self, answers: list[Any], ending: str) -> None:
        with clock.at(TODAY):
            for criterion, state, day, comment in answers:
                answered(self.draft, self.editor, criterion, state, on=day, comment=comment)
            again = brought(self.team, self.editor, KIND, stored(self.team, KIND, ending))
            assert {each[1:] for each in said(again)} == {("same", "")}
