"""The model file: whole, in both languages, and each way to break it is told with file, line and key."""

import json

import pytest
from django.utils import translation

from assessments import library
from core import content
from core.content import ContentError, Document
from roadmaps import template

SOURCE = (content.FOLDER / "models" / "mlops-guide.yaml").read_text("utf-8")
SCHEMA = json.loads((content.FOLDER / "models" / "schema.json").read_text("utf-8"))


def checked(source: str) -> None:
    document = Document("content/models/broken.yaml", source)
    document.check(SCHEMA)
    library.check(document)


def test_four_areas_of_three_criteria_with_four_states() -> None:
    model = library.load()
    assert [(area.key, len(area.criteria)) for area in model.areas] == [
        ("data", 3),
        ("model", 3),
        ("deploy", 3),
        ("monitor", 3),
    ]
    assert {len(criterion.states) for criterion in model.criteria} == {4}
    assert (model.version, model.top) == (1, 3)
    assert model.criterion("no.such") is None


def test_texts_in_both_languages() -> None:
    criterion = library.load().criterion("data.versioning")
    assert criterion is not None
    with translation.override("en"):
        assert content.text(criterion.states[0].label) == "Not versioned"
    with translation.override("ja"):
        assert content.text(criterion.states[0].label) == "版管理なし"


def test_the_roadmap_names_criteria_that_are_there() -> None:
    model = library.load()
    for part in template.load().parts:
        for entry in part.entries:
            for criterion, state in entry.criteria:
                found = model.criterion(criterion)
                assert found is not None, criterion
                assert 0 < state <= model.top


def test_every_state_can_be_reached_by_the_roadmap() -> None:
    """So the next best step always finds an item."""
    reached = {pair for part in template.load().parts for entry in part.entries for pair in entry.criteria}
    highest = {name: max(state for each, state in reached if each == name) for name, _state in reached}
    assert highest == {criterion.id: 3 for criterion in library.load().criteria}


@pytest.mark.parametrize(
    ("old", "new", "key", "what"),
    [
        (
            "title: {en: Data management, ja: データ管理}",
            "title: {en: Data management}",
            "areas[0].title.ja",
            "is missing",
        ),
        (
            "title: {en: Versioning, ja: バージョン管理}",
            'title: {en: " ", ja: あ}',
            "areas[0].criteria[0].title.en",
            "match",
        ),
        ("id: data.pipeline", "id: data.versioning", "areas[0].criteria[1].id", "is used twice"),
        ("- key: model\n", "- key: data\n", "areas[1].key", "is used twice"),
        ("valid_days: 180", "valid_days: long", "areas[0].criteria[0].valid_days", "not of type 'integer'"),
        ("  method: lowest_state", "  method: mean", "scoring.method", "was expected"),
        ("version: 1\n", "version: 1\nextra: 2\n", "extra", "is not a key that is known here"),
        ("          2:\n", "          4:\n", "areas[0].criteria[0].next_step[2]", "is missing"),
    ],
)
def test_a_broken_file_is_told_with_line_and_key(old: str, new: str, key: str, what: str) -> None:
    broken = SOURCE.replace(old, new, 1)
    assert broken != SOURCE
    with pytest.raises(ContentError) as caught:
        checked(broken)
    told = str(caught.value)
    assert told.startswith("content/models/broken.yaml, line ")
    assert f", {key}: " in told
    assert what in told
    line = int(told.split("line ")[1].split(",", maxsplit=1)[0])
    at = SOURCE[: SOURCE.index(old)].count("\n") + 1
    assert at <= line <= at + 1 or "next_step" in key


def test_a_next_step_in_one_language_is_told_at_its_line() -> None:
    """Its key is a number."""
    text = "            en: From the next training on, keep a dated, read-only copy of every training set.\n"
    broken = SOURCE.replace(text, "", 1)
    line = SOURCE[: SOURCE.index(text)].count("\n")
    with pytest.raises(ContentError, match=rf"line {line}, areas\[0\]\.criteria\[0\]\.next_step\[1\]\.en: is missing"):
        checked(broken)


def test_a_state_that_is_missing_is_told() -> None:
    start = SOURCE.index("          - n: 3\n            key: traced_to_runs")
    end = SOURCE.index("        next_step:", start)
    with pytest.raises(ContentError, match="must have 4 states, one for each level"):
        checked(SOURCE[:start] + SOURCE[end:])
