"""The template file: whole, in both languages, and each way to break it is told with file, line and key."""

import json

import pytest
from django.utils import translation

from core import content
from core.content import ContentError, Document
from roadmaps import template

SOURCE = (content.FOLDER / "roadmaps" / "guide-roadmap.yaml").read_text("utf-8")
SCHEMA = json.loads((content.FOLDER / "roadmaps" / "schema.json").read_text("utf-8"))


def checked(source: str) -> None:
    document = Document("content/roadmaps/broken.yaml", source)
    document.check(SCHEMA)
    template._check(document)


def line_of(source: str, text: str) -> int:
    return next(number for number, line in enumerate(source.splitlines(), start=1) if text in line)


def test_four_phases_of_three_items_and_both_checklists() -> None:
    made = template.load()

    assert [(part.n, len(part.entries)) for part in made.phases] == [(1, 3), (2, 3), (3, 3), (4, 3)]
    assert [(part.id, len(part.entries)) for part in made.checklists] == [("technical", 5), ("organisational", 4)]
    assert [entry.mandatory for part in made.phases for entry in part.entries] == [True] * 10 + [False] * 2
    assert made.version == 1


def test_texts_in_both_languages() -> None:
    entry = template.load().entry("foundation.git_repository")
    assert entry is not None
    with translation.override("en"):
        assert content.text(entry.title) == "Set up the Git repository"
    with translation.override("ja"):
        assert content.text(entry.title) == "Gitリポジトリ構築"


def test_the_whole_guide_was_taken_over() -> None:
    data = content.load("roadmaps/guide-roadmap")
    counts = {key: len(data[key]) for key in ("roles", "pitfalls", "training", "poc_criteria", "next_steps")}
    assert counts == {"roles": 5, "pitfalls": 4, "training": 3, "poc_criteria": 3, "next_steps": 4}
    assert len(data["okr_example"]["key_results"]) == 3
    assert len(data["improvement_cycle"]["steps"]) == 4


@pytest.mark.parametrize(
    ("old", "new", "key", "what"),
    [
        ("ja: 基盤整備}", "}", "phases[0].title.ja", "is missing"),
        ("ja: 基盤整備}", 'ja: ""}', "phases[0].title.ja", "does not match"),
        ("mandatory: false", "mandatory: perhaps", "phases[3].items[1].mandatory", "not of type 'boolean'"),
        ("    month_to: 3\n", "    month_to: 4\n", "phases[0].month_to", "without gap or overlap"),
        ("    n: 2\n", "    n: 3\n", "phases[1].n", "without gap or overlap"),
        ("id: foundation.basic_cicd", "id: foundation.git_repository", "phases[0].items[1].id", "is used twice"),
        ("roles: [ml_engineer, data_scientist]", "roles: [wizard]", "phases[0].items[0].roles[0]", "is not one of"),
        ("months: 12", "months: 18", "months", "12 was expected"),
        ("        month_from: 2\n", "        month_from: 9\n", "phases[0].items[2].month_from", "outside its phase"),
        ("# The five recommended roles.", "extra: 1\n# The five", "extra", "is not a key that is known here"),
    ],
)
def test_a_broken_file_is_told_with_line_and_key(old: str, new: str, key: str, what: str) -> None:
    broken = SOURCE.replace(old, new, 1)
    assert broken != SOURCE
    with pytest.raises(ContentError) as caught:
        checked(broken)
    told = str(caught.value)
    line = line_of(SOURCE, old.strip("\n"))
    assert told.startswith("content/roadmaps/broken.yaml, line ")
    assert f"line {line}, {key}: " in told
    assert what in told


def test_a_key_that_stands_twice_is_told() -> None:
    with pytest.raises(ContentError, match=r"line 3, title\.en: stands here twice"):
        Document("a.yaml", "title:\n  en: One\n  en: Two\n")


def test_a_syntax_error_is_told_with_its_line() -> None:
    with pytest.raises(ContentError, match=r"^a\.yaml, line 2: "):
        Document("a.yaml", "title: One\n  summary: : Two\n")


def test_a_file_that_is_no_mapping_is_told() -> None:
    with pytest.raises(ContentError, match="line 1: must be a mapping"):
        Document("a.yaml", "- one\n- two\n")


def test_the_first_of_several_errors_is_told() -> None:
    broken = SOURCE.replace("months: 12", "months: 18", 1).replace("mandatory: false", "mandatory: perhaps", 1)
    with pytest.raises(ContentError, match="months: 12 was expected"):
        checked(broken)
