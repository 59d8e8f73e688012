"""The guide as data: YAML files under `content/`, every text in `en` and `ja`, checked and read once.

A file is checked against `schema.json` (JSON Schema) in its own folder, if there is one; errors name file, line and key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.utils.translation import get_language
from jsonschema import Draft202012Validator, ValidationError

FOLDER = Path(settings.BASE_DIR) / "content"
Key = tuple[str | int, ...]


class ContentError(Exception):
    """A content file is wrong. The message names file, line and key: it is for whoever edits the file."""


@cache
def load(name: str) -> dict[str, Any]:
    """The content file `name` (as "roadmaps/guide-roadmap") as plain data. Treat it as read-only: it is shared.

    ContentError if the file breaks the schema of its folder.
    """
    return document(name).data


@cache
def document(name: str) -> Document:
    """The content file with its lines, for a room that checks more than a schema can say."""
    path = FOLDER / f"{name}.yaml"
    read = Document(str(path.relative_to(settings.BASE_DIR)), path.read_text("utf-8"))
    schema = path.with_name("schema.json")
    if schema.exists():
        read.check(json.loads(schema.read_text("utf-8")))
    return read


def text(entry: dict[str, str]) -> str:
    """The text of {"en": …, "ja": …} in the reader's language."""
    return entry.get((get_language() or "en")[:2]) or entry["en"]


class Document:
    """One YAML text as `data`, and the line on which each of its keys stands."""

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self._lines: dict[Key, int] = {}
        try:
            root = yaml.compose(source, Loader=yaml.SafeLoader)
            self.data: dict[str, Any] = yaml.safe_load(source)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ContentError(f"{name}, line {line}: {error.problem}") from error
        if not isinstance(root, yaml.MappingNode):
            raise ContentError(f"{name}, line 1: must be a mapping of keys to values")
        self._note_lines(root, ())

    def error(self, key: Key, what: str) -> ContentError:
        """An error at `key`, as ("phases", 0, "items", 2, "id"); its line, or that of the nearest key around it."""
        known = next(key[:length] for length in range(len(key), -1, -1) if key[:length] in self._lines)
        return ContentError(f"{self.name}, line {self._lines[known]}, {_dotted(key)}: {what}")

    def check(self, schema: dict[str, Any]) -> None:
        """ContentError for the first line that breaks the JSON schema."""
        found = [self._told(error) for error in Draft202012Validator(schema).iter_errors(self.data)]
        if found:
            raise min(found, key=lambda each: self._line_in(str(each)))

    def _told(self, error: ValidationError) -> ContentError:
        key = tuple(error.absolute_path)
        here: Any = error.instance
        rule: Any = error.schema
        if error.validator == "required":
            missing = next(name for name in rule["required"] if name not in here)
            return self.error((*key, missing), "is missing")
        if error.validator == "additionalProperties":
            extra = next(name for name in here if name not in rule.get("properties", {}))
            return self.error((*key, extra), "is not a key that is known here")
        return self.error(key, error.message if len(error.message) < 200 else f"{error.message[:200]}…")

    def _line_in(self, message: str) -> int:
        return int(message.removeprefix(f"{self.name}, line ").split(",", 1)[0])

    def _note_lines(self, node: yaml.Node, key: Key) -> None:
        self._lines.setdefault(key, node.start_mark.line + 1)
        for name, line, child in _children(node):
            inner = (*key, name)
            if inner in self._lines:
                raise ContentError(f"{self.name}, line {line}, {_dotted(inner)}: stands here twice")
            self._lines[inner] = line
            self._note_lines(child, inner)


def _children(node: yaml.Node) -> Iterator[tuple[str | int, int, yaml.Node]]:
    """(key, line, value) of a mapping's or a sequence's members; nothing of a plain value."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            # An integer key stays one, as the loaded data has it.
            name = int(key.value) if key.tag == "tag:yaml.org,2002:int" else str(key.value)
            yield name, key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield index, value.start_mark.line + 1, value


def _dotted(key: Sequence[str | int]) -> str:
    """phases[0].items[2].id"""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")
