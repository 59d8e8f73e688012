"""The page of definitions: both languages say the same, under the same anchors, and nothing in a file becomes code."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from markdown_it import MarkdownIt

from core import definitions
from delivery import charts as delivery_charts
from roadmaps import charts as roadmap_charts
from teams.models import Person

ENGLISH = (definitions.FOLDER / "definitions.md").read_text("utf-8")
JAPANESE = (definitions.FOLDER / "definitions.ja.md").read_text("utf-8")


def skeleton(source: str) -> list[tuple[str, int]]:
    """What stands under each heading, by kind: lists' entries and tables' rows count, words do not."""
    counted = ("heading_open", "list_item_open", "tr_open", "fence", "code_block")
    tokens = MarkdownIt("commonmark").enable("table").parse(source)
    return [(token.tag or token.type, token.level) for token in tokens if token.type in counted]


def test_both_languages_have_the_same_headings_lists_and_tables() -> None:
    levels = [[level for level, _words in definitions.outline(source)] for source in (ENGLISH, JAPANESE)]
    assert levels[0] == levels[1]
    assert skeleton(ENGLISH) == skeleton(JAPANESE)


def test_a_heading_that_is_missing_in_one_language_is_noticed() -> None:
    assert skeleton(ENGLISH) != skeleton(JAPANESE.replace("\n## 指標\n", "\n"))


def test_both_pages_have_the_same_anchors_and_each_once() -> None:
    english, japanese = definitions.page("en"), definitions.page("ja")
    ids = [heading.id for heading in english.headings]
    assert ids == [heading.id for heading in japanese.headings]
    assert len(set(ids)) == len(ids)
    for page in (english, japanese):
        assert re.findall(r'<h\d id="([^"]+)"', page.body) == ids


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_text_is_rendered_whole(language: str) -> None:
    """No mark is left over: next to Japanese punctuation "**" does not always close."""
    page = definitions.page(language)
    words = re.sub(r"<code>.*?</code>", "", page.body)
    assert "**" not in words
    assert not re.search(r"(?<!\w)\*\w", words)
    assert "<table" in page.body
    assert "style=" not in page.body


def test_markup_in_a_file_never_becomes_part_of_the_page() -> None:
    source = "# Title\n\n## One\n\n<script>alert(1)</script> [x](javascript:alert(1)) <b onclick=x>bold</b>\n"
    page = definitions.made_of(source, source)
    assert page.title == "Title"
    assert [heading.id for heading in page.headings] == ["one"]
    assert "<script" not in page.body
    assert "<b" not in page.body
    assert "href" not in page.body


def test_charts_link_to_headings_that_are_there() -> None:
    ids = {heading.id for heading in definitions.page("en").headings}
    for module in (delivery_charts, roadmap_charts):
        path = Path(module.__file__)
        files = path.parent.glob("*.py") if path.name == "__init__.py" else [path]
        named = {name for file in files for name in re.findall(r'definition="([^"]+)"', file.read_text("utf-8"))}
        assert named
        assert named <= ids


@pytest.mark.parametrize(("language", "title"), [("en", "Definitions"), ("ja", "用語と数値の定義")])
def test_the_page_speaks_the_readers_language(
    editor: Person, signed_in: Callable[[Person], Client], language: str, title: str
) -> None:
    Person.objects.filter(pk=editor.pk).update(language=language)
    answer = signed_in(editor).get(reverse("definitions"))
    assert answer.status_code == 200
    assert f"{title}" in answer.content.decode()
    assert f'href="{reverse("definitions")}"' in answer.content.decode()  # the footer's link
