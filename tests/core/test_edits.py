"""docs/definitions.md, A stale edit."""

import pytest
from django import forms

from core.edits import SeenForm, StaleEdit, merge


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


def test_the_refusal_names_who_changed_it_as_far_as_known() -> None:
    with pytest.raises(StaleEdit) as refused:
        merge(current={"name": "b"}, seen={"name": "a"}, wanted={"name": "c"}, changed_by=lambda name: f"Ann ({name})")
    assert refused.value.by == {"name": "Ann (name)"}


def test_changes_of_different_fields_are_both_kept() -> None:
    changes = merge(
        current={"name": "new", "zone": "UTC"},
        seen={"name": "old", "zone": "UTC"},
        wanted={"name": "old", "zone": "Asia/Tokyo"},
    )
    assert changes == {"zone": "Asia/Tokyo"}


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


def test_a_stale_form_shows_both_values_and_sent_again_it_wins() -> None:
    data = {"name": "b", "seen_name": "a", "colour": "g", "seen_colour": "r"}
    form = ColourForm(data, current={"name": "b", "colour": ""})
    assert form.is_valid()

    form.show_stale(StaleEdit(theirs={"colour": ""}, yours={"colour": "g"}))

    assert "“None”" in form.errors["colour"][0]
    assert form["colour"].value() == "g"
    assert form["seen_colour"].value() == ""
    assert form["seen_name"].value() == "a"


def test_data_without_what_was_seen_is_stale_and_not_a_crash() -> None:
    form = ColourForm({"name": "b"}, current={"name": "a", "colour": "r"})
    assert form.is_valid()

    with pytest.raises(StaleEdit):
        merge(current={"name": "a", "colour": "r"}, seen=form.seen, wanted=form.wanted)
