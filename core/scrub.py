"""Takes secrets out of text that leaves the portal unasked: log lines above all. The last net; nothing should fall into it.

What is looked for: the secrets of the settings themselves, addresses whose path is a secret, what follows a word such as
`password=` or `Bearer`, passwords within addresses, and what looks like a token, ours or another system's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

GONE = "…"
_SHORTEST = 6  # characters; a shorter value would be found everywhere
_NAMES = r"(?:pass(?:word|wd|phrase)?\d?|secret|token|api[_-]?key|authorization|cookie|csrf\w*|session\w*|setup[_-]?code|code)"
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    # /invitation/SECRET/, /accounts/password/reset/key/1-KEY/, /unsubscribe/SIGNED/
    (re.compile(r"(/invitation/|/reset/key/|/confirm-email/|/unsubscribe/)[^/\s?\"'<>]+"), rf"\1{GONE}"),
    # postgres://portal:password@host, redis://:password@host, https://token@host
    (re.compile(r"://[^/\s@\"'<>]+@"), f"://{GONE}@"),
    (re.compile(r"\b(bearer|basic|token)(\s+)[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1\2{GONE}"),
    # password=x, "token": "x", 'secret': 'x', access_token%3Dx
    (
        re.compile(rf"(\w*{_NAMES}[\"']?\s*(?:=|:|%3D)\s*[\"']?)[^\s&\"',;)}}\]]{{{_SHORTEST},}}", re.IGNORECASE),
        rf"\1{GONE}",
    ),
    (re.compile(r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abp]-)[\w-]{6,}"), GONE),
    # 40 characters and more with small and capital letters and a digit: what core.crypto.new_token makes, and most others
    (re.compile(r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{40,}=*"), GONE),
)
_known: list[str] = []


def learn(values: Iterable[str]) -> None:
    """Secrets of this installation, to be taken out wherever they stand. Of an address its password."""
    for value in values:
        password = unquote(urlsplit(value).password or "") if "://" in value else value
        if len(password) >= _SHORTEST and password not in _known:
            _known.append(password)


def scrub(text: str) -> str:
    for value in _known:
        text = text.replace(value, GONE)
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return text
