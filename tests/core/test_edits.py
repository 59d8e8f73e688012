"""docs/definitions.md, A stale edit."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from core.edits import SeenForm, StaleEdit, Touch, merge


def one(current: str, seen: str, wanted: str) -> dict[str, str]:
    return merge(current={"name": current}, seen={"name": seen}, wanted={"name": wanted})


def test_an_edit_of_what_was_seen_is_made() -> None:
    assert one(current="a", seen="a", wanted="b") == {"name": "b"}


def test_the_wanted_value_already_there_is_no_edit() -> None:
    assert one(current="b", seen="a", wanted="b") == {}


def test_a_field_that_was_not_touched_keeps_what_another_made_of_it() -> None:
    assert one(current="b", seen="a", wanted="a") == {}


def test_the_same_field_changed_to_something_else_is_refused_with_both_values() -> None:
    with pytest.raises(StaleEdit) as refused:
        one(current="b", seen="a", wanted="c")
    assert (refused.value.theirs, refused.value.yours) == ({"name": "b"}, {"name": "c"})


NOW = datetime(2026, 11, 26, tzinfo=UTC)


def touch(name: str) -> Touch:
    return Touch(f"Ann ({name})", NOW)


def test_the_refusal_names_who_changed_it_as_far_as_known() -> None:
    with pytest.raises(StaleEdit) as refused:
        merge(current={"name": "b"}, seen={"name": "a"}, wanted={"name": "c"}, changed_by=touch)
    assert refused.value.by == {"name": Touch("Ann (name)", NOW)}


def test_the_line_ends_of_a_browser_are_no_change() -> None:
    assert one(current="a\nb", seen="a\r\nb", wanted="a\r\nb") == {}
    assert one(current="a\nb", seen="a\r\nb", wanted="a\r\nb\r\nc") == {"name": "a\r\nb\r\nc"}


def test_changes_of_different_fields_are_both_kept() -> None:
    changes = merge(
        current={"name": "new", "zone": "UTC"},
        seen={"name": "old", "zone": "UTC"},
        wanted={"name": "old", "zone": "Asia/Tokyo"},
    )
    assert changes == {"zone": "Asia/Tokyo"}


# -- For any three states of any fields

VALUES = st.one_of(
    st.none(), st.integers(0, 2), st.sampled_from(["", "a", "b"]), st.lists(st.integers(0, 1), max_size=2)
)
STATES = st.dictionaries(st.sampled_from("abcd"), st.tuples(VALUES, VALUES, VALUES), min_size=1)


def _part(states: dict[str, tuple[Any, Any, Any]], number: int) -> dict[str, Any]:
    return {name: each[number] for name, each in states.items()}


@given(STATES)
def test_a_merge_loses_nothing_that_anybody_did(states: dict[str, tuple[Any, Any, Any]]) -> None:
    current, seen, wanted = (_part(states, number) for number in range(3))
    in_question = {
        name
        for name in states
        if seen[name] != current[name] and seen[name] != wanted[name] and current[name] != wanted[name]
    }
    if in_question:
        with pytest.raises(StaleEdit) as stale:
            merge(current=current, seen=seen, wanted=wanted)
        assert stale.value.theirs == {name: current[name] for name in in_question}
        assert stale.value.yours == {name: wanted[name] for name in in_question}
        return
    changes = merge(current=current, seen=seen, wanted=wanted)
    after = current | changes
    for name in states:
        touched = wanted[name] != seen[name]
        assert after[name] == (wanted[name] if touched else current[name])
        assert (name in changes) == (after[name] != current[name]), "nothing is written that is there already"


@given(STATES)
def test_what_was_merged_once_is_a_no_op_the_second_time(states: dict[str, tuple[Any, Any, Any]]) -> None:
    current, seen, wanted = (_part(states, number) for number in range(3))
    try:
        after = current | merge(current=current, seen=seen, wanted=wanted)
    except StaleEdit as stale:
        # Chosen: mine, having seen theirs.
        after = current | merge(current=current, seen=seen | stale.theirs, wanted=wanted)
    assert merge(current=after, seen=seen, wanted=wanted) == {}


# -- Forms


class ColourForm(SeenForm):
    name = forms.CharField()
    colour = forms.ChoiceField(choices=[("", "None"), ("r", "Red"), ("g", "Green")], required=False)


def test_a_form_carries_what_was_seen() -> None:
    form = ColourForm(current={"name": "a", "colour": "r"})

    assert [field.name for field in form.hidden_fields()] == ["seen_name", "seen_colour"]
    assert 'name="seen_colour" value="r"' in str(form["seen_colour"])


def test_a_form_tells_seen_from_wanted() -> None:
    data = {"name": "b", "seen_name": "a", "colour": "g", "seen_colour": "r"}
    form = ColourForm(data, current={"name": "z", "colour": ""})

    assert form.is_valid()
    assert form.seen == {"name": "a", "colour": "r"}
    assert form.wanted == {"name": "b", "colour": "g"}


STALE = {"name": "b", "seen_name": "a", "colour": "g", "seen_colour": "r"}


def stale(data: dict[str, str] = STALE, theirs: str = "", **kwargs: Any) -> ColourForm:
    """Shown again because somebody set the colour to `theirs` meanwhile."""
    form = ColourForm(data, current={"name": "b", "colour": theirs}, **kwargs)
    assert form.is_valid()
    form.show_stale(StaleEdit(theirs={"colour": theirs}, yours={"colour": "g"}))
    return form


def test_a_stale_form_asks_which_value_shall_stand_and_keeps_what_was_typed() -> None:
    form = stale()
    question = form.fields["colour"].stale
    assert (question.theirs, question.mine, question.chosen) == ("None", "Green", "")
    assert (question.name, question.now) == ("keep_colour", ("now_colour", ""))
    assert form["colour"].value() == "g"
    assert (form["seen_colour"].value(), form["seen_name"].value()) == ("r", "b"), "unanswered, it is stale again"
    assert not hasattr(form.fields["name"], "stale")


@pytest.mark.parametrize(
    ("chosen", "seen", "wanted"), [("", "r", "g"), ("nonsense", "r", "g"), ("mine", "", "g"), ("theirs", "", "")]
)
def test_what_is_chosen_then_counts(chosen: str, seen: str, wanted: str) -> None:
    form = ColourForm(STALE | {"now_colour": "", "keep_colour": chosen}, current={"name": "b", "colour": ""})
    assert form.is_valid()
    assert (form.seen["colour"], form.wanted["colour"]) == (seen, wanted)
    assert form["colour"].value() == "g", "what was typed is still there"


def test_a_third_change_is_asked_about_anew() -> None:
    form = stale(STALE | {"now_colour": "", "keep_colour": "mine"}, theirs="r")
    assert (form.seen["colour"], form.fields["colour"].stale.theirs) == ("", "Red")
    assert form.fields["colour"].stale.chosen == ""


def test_a_choice_without_a_question_means_nothing() -> None:
    form = ColourForm(STALE | {"keep_colour": "theirs"}, current={"name": "b", "colour": ""})
    assert form.is_valid()
    assert form.wanted["colour"] == "g"


def test_the_question_stays_while_something_else_is_wrong() -> None:
    form = ColourForm(
        STALE | {"name": "", "now_colour": "", "keep_colour": "mine"}, current={"name": "b", "colour": ""}
    )
    assert list(form.errors) == ["name"]
    assert (form.fields["colour"].stale.theirs, form.fields["colour"].stale.chosen) == ("None", "mine")


def test_what_is_typed_in_a_field_that_is_left_to_somebody_else_cannot_be_wrong() -> None:
    data = STALE | {"name": "", "now_name": "theirs", "keep_name": "theirs", "seen_colour": "g"}
    form = ColourForm(data, current={"name": "theirs", "colour": "g"})
    assert form.is_valid(), form.errors
    assert form.wanted["name"] == form.seen["name"] == "theirs"


def test_fields_of_a_form_with_a_prefix() -> None:
    data = {f"row-{name}": value for name, value in STALE.items()}
    form = stale(data, prefix="row")
    assert form.fields["colour"].stale.name == "row-keep_colour"
    again = ColourForm(
        data | {"row-now_colour": "", "row-keep_colour": "mine"}, current={"name": "b", "colour": ""}, prefix="row"
    )
    assert again.is_valid()
    assert again.seen == {"name": "a", "colour": ""}


def test_a_chosen_number_is_seen_as_a_number() -> None:
    class CountForm(SeenForm):
        count = forms.TypedChoiceField(choices=[("", "None"), (0, "0"), (1, "1")], coerce=int, empty_value=None)

    form = CountForm({"count": "1", "seen_count": "0"}, current={"count": 0})
    assert form.is_valid()
    assert (form.seen, form.wanted) == ({"count": 0}, {"count": 1})
    assert CountForm({"count": "1", "seen_count": ""}, current={"count": 0}).seen == {"count": None}


def test_what_cannot_be_converted_was_never_there_even_where_nothing_stands() -> None:
    class DayForm(SeenForm):
        day = forms.DateField(required=False)

    form = DayForm({"day": "2026-11-26", "seen_day": "yesterday"}, current={"day": None})
    assert form.is_valid()
    with pytest.raises(StaleEdit) as refused:
        merge(current={"day": None}, seen=form.seen, wanted=form.wanted)
    assert refused.value.theirs == {"day": None}


def test_data_without_what_was_seen_is_stale_and_not_a_crash() -> None:
    form = ColourForm({"name": "b"}, current={"name": "a", "colour": "r"})
    assert form.is_valid()

    with pytest.raises(StaleEdit):
        merge(current={"name": "a", "colour": "r"}, seen=form.seen, wanted=form.wanted)


# -- What was not touched shows what stands there now


class ThreeForm(SeenForm):
    name = forms.CharField()
    colour = forms.ChoiceField(choices=[("", "None"), ("r", "Red"), ("g", "Green")], required=False)
    loud = forms.BooleanField(required=False)


BEFORE = {"seen_name": "a", "seen_colour": "r", "seen_loud": "False"}


def asked_about_the_name(data: dict[str, str], **now: Any) -> ThreeForm:
    form = ThreeForm(BEFORE | data, current={"name": "theirs", "colour": "r", "loud": False} | now)
    assert form.is_valid()
    form.show_stale(StaleEdit(theirs={"name": "theirs"}, yours={"name": data["name"]}))
    return form


def test_untouched_fields_show_what_stands_and_follow_it() -> None:
    form = asked_about_the_name({"name": "mine", "colour": "r"}, colour="g", loud=True)
    assert (form["colour"].value(), form["seen_colour"].value()) == ("g", "g")
    assert (form["loud"].value(), form["seen_loud"].value()) == (True, "True")
    assert "checked" in str(form["loud"])
    assert (form["name"].value(), form["seen_name"].value()) == ("mine", "a")
    assert not hasattr(form.fields["colour"], "stale")


def test_a_field_that_was_typed_in_stays_as_typed_and_seen() -> None:
    form = asked_about_the_name({"name": "mine", "colour": "", "loud": "on"}, colour="r")
    assert (form["colour"].value(), form["seen_colour"].value()) == ("", "r")
    assert (form["loud"].value(), form["seen_loud"].value()) == (True, "False")


def test_what_is_left_to_somebody_else_tells_what_stands_after_a_third_change() -> None:
    data = {"name": "mine", "colour": "", "now_colour": "r", "keep_colour": "theirs"}
    form = asked_about_the_name(data, colour="g")
    question = form.fields["colour"].stale
    assert (question.theirs, question.mine, question.now, question.chosen) == (
        "Green", "None", ("now_colour", "g"), "theirs",
    )  # fmt: skip
