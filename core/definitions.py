"""docs/definitions.md as the portal shows it: one file for each language, read once, with anchors that both languages share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER = Path(settings.BASE_DIR) / "docs"


@dataclass(frozen=True)
class Heading:
    """`level` 1 to 6. `id` is made of the English words, so that a link leads to the same place in either language."""

    level: int
    text: str
    id: str


@dataclass(frozen=True)
class Page:
    """`headings` without the title, which is not in `body` either."""

    title: str
    headings: Sequence[Heading]
    body: SafeString


@cache
def page(language: str) -> Page:
    """The page in `language`; in English where there is no file of that language."""
    own = FOLDER / f"definitions.{language}.md"
    english = FOLDER / "definitions.md"
    return made_of((own if own.exists() else english).read_text("utf-8"), english.read_text("utf-8"))


def made_of(source: str, english: str) -> Page:
    """The page of a text that begins with its title; the anchors are those of the English one, heading by heading."""
    tokens = _markdown().parse(source)
    ids = [slugify(words) for _level, words in outline(english)]
    headings = [Heading(level, words, id) for (level, words), id in zip(outline(source), ids, strict=False)]
    for token, heading in zip(_headings(tokens), headings, strict=False):
        token.attrs = {"id": heading.id, "class": f"p-h{heading.level}"}
    title, *others = headings
    body = tokens[3:]  # the title: opened, its words, closed
    html = _markdown().renderer.render(body, _markdown().options, {})
    return Page(title.text, others, mark_safe(html))  # noqa: S308  what comes from the file was escaped by the renderer


def outline(source: str) -> list[tuple[int, str]]:
    """(level, words) of each heading."""
    tokens = _markdown().parse(source)
    words = {token.map[0]: _plain(token) for token in tokens if token.type == "inline" and token.map}
    return [(int(token.tag[1:]), words[token.map[0]]) for token in _headings(tokens) if token.map]


def _headings(tokens: Sequence[Token]) -> list[Token]:
    return [token for token in tokens if token.type == "heading_open"]


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ())


@cache
def _markdown() -> MarkdownIt:
    """CommonMark with tables. HTML in the text is shown as it is written, never made part of the page."""
    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    made.add_render_rule("table_open", _open_table)
    made.add_render_rule("table_close", _close_table)
    return made


def _open_table(*_: Any) -> str:
    return '<div class="p-tablewrap" tabindex="0" role="group"><table class="p-list">\n'


def _close_table(*_: Any) -> str:
    return "</table></div>\n"
