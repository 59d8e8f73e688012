"""The guide's example of an objective with its key results, read from content/okrs/."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from core import content

DEFAULT = "guide-okrs"
Text = dict[str, str]  # {"en": …, "ja": …}


@dataclass(frozen=True)
class Entry:
    """A key result of the example. `due_month` counts the cycle's months from 1; None is the end of the cycle."""

    key: str
    title: Text
    kind: str
    done_when: Text
    unit: Text
    asks_start: bool
    target: float | None
    due_month: int | None


@dataclass(frozen=True)
class Example:
    key: str
    title: Text
    why: Text
    business_metric_help: Text
    business_metric_example: Text
    key_results: tuple[Entry, ...]


@cache
def load(template_id: str = DEFAULT) -> Example:
    """The example. core.content.ContentError, with file, line and key, if the file is wrong."""
    document = content.document(f"okrs/{template_id}")
    data = document.data
    _check_ids(document)
    objective = data["objective"]
    return Example(
        key=data["id"],
        title=objective["title"],
        why=objective["why"],
        business_metric_help=objective["business_metric"]["help"],
        business_metric_example=objective["business_metric"]["example"],
        key_results=tuple(_entry(each) for each in data["key_results"]),
    )


def _entry(data: dict[str, Any]) -> Entry:
    return Entry(
        key=data["id"],
        title=data["title"],
        kind=data["kind"],
        done_when=data["done_when"],
        unit=data.get("unit", {"en": "", "ja": ""}),
        asks_start=bool(data.get("start", {}).get("ask")),
        target=data.get("target"),
        due_month=data.get("due_month"),
    )


def _check_ids(document: content.Document) -> None:
    """What the schema cannot say: an id is used once."""
    seen = {document.data["id"]}
    for number, each in enumerate(document.data["key_results"]):
        if each["id"] in seen:
            raise document.error(("key_results", number, "id"), f"the id {each['id']} is used twice")
        seen.add(each["id"])
