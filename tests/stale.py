"""What a page asks after a stale edit, read from its HTML as whoever looks at it would."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

_QUESTION = re.compile(r'<fieldset class="p-both">.*?</fieldset>', re.S)
_TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class Asked:
    """Which of two values shall stand; `answer(MINE)` is what a browser sends besides the form's other fields."""

    name: str
    sentence: str
    theirs: str
    mine: str
    now: str

    def answer(self, chosen: str) -> dict[str, str]:
        return {f"now_{self.name}": self.now, f"keep_{self.name}": chosen}


def asked(page: str) -> dict[str, Asked]:
    """By the name of the field."""
    found = {}
    for block in _QUESTION.findall(page):
        name, now = _first(r'name="now_(\w+)"', block), _first(r'name="now_\w+" value="([^"]*)"', block)
        theirs, mine = (_text(each) for each in re.findall(r'class="p-both-v">(.*?)</span>', block, re.S))
        assert f'name="keep_{name}" id="' in block
        found[name] = Asked(name, _text(_first(r"<legend>(.*?)</legend>", block)), theirs, mine, unescape(now))
    return found


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.S)
    assert found, f"{pattern} in {text}"
    return found[1]


def _text(html: str) -> str:
    return unescape(_TAG.sub("", html)).strip()
