"""The maturity models: data files under content/models/, kept apart from what people answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from core import content

DEFAULT = "mlops-guide"
SHIPPED = (DEFAULT,)
Text = dict[str, str]  # {"en": …, "ja": …}
Key = tuple[str | int, ...]


@dataclass(frozen=True)
class Level:
    n: int
    title: Text
    summary: Text


@dataclass(frozen=True)
class State:
    """One of the ordered states of a criterion; it includes the ones before it."""

    n: int
    label: Text
    looks_like: Text


@dataclass(frozen=True)
class Criterion:
    """`next_step[n]` says what brings a team to state n. An answer is valid for `valid_days` unless a day is given."""

    id: str
    area: str
    title: Text
    question: Text
    why: Text
    valid_days: int
    states: tuple[State, ...]
    next_step: dict[int, Text]


@dataclass(frozen=True)
class Area:
    key: str
    title: Text
    summary: Text
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True)
class MaturityModel:
    id: str
    version: int
    title: Text
    summary: Text
    levels: tuple[Level, ...]
    areas: tuple[Area, ...]

    @property
    def top(self) -> int:
        """The highest level."""
        return self.levels[-1].n

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """All of them, in the order of the model."""
        return tuple(self._by_id.values())

    @cached_property
    def _by_id(self) -> dict[str, Criterion]:
        return {criterion.id: criterion for area in self.areas for criterion in area.criteria}

    def criterion(self, criterion_id: str) -> Criterion | None:
        return self._by_id.get(criterion_id)

    def area(self, key: str) -> Area | None:
        return next((area for area in self.areas if area.key == key), None)


@cache
def load(model_id: str = DEFAULT) -> MaturityModel:
    """The model in its present version. core.content.ContentError, with file, line and key, if the file is wrong."""
    document = content.document(f"models/{model_id}")
    check(document)
    return _model(document.data)


def _model(data: dict[str, Any]) -> MaturityModel:
    return MaturityModel(
        id=data["id"],
        version=data["version"],
        title=data["title"],
        summary=data["summary"],
        levels=tuple(Level(each["n"], each["title"], each["summary"]) for each in data["levels"]),
        areas=tuple(
            Area(
                area["key"],
                area["title"],
                area["summary"],
                tuple(_criterion(each, area["key"]) for each in area["criteria"]),
            )
            for area in data["areas"]
        ),
    )


def _criterion(data: dict[str, Any], area: str) -> Criterion:
    return Criterion(
        id=data["id"],
        area=area,
        title=data["title"],
        question=data["question"],
        why=data["why"],
        valid_days=data["valid_days"],
        states=tuple(State(each["n"], each["label"], each["looks_like"]) for each in data["states"]),
        next_step=data["next_step"],
    )


def check(document: content.Document) -> None:
    """What the schema cannot say: ids are used once; levels and states count from 0; every state above 0 has its next step."""
    data = document.data
    _check_once(document)
    _check_count(document, ("levels",), data["levels"])
    top = len(data["levels"]) - 1
    for index, area in enumerate(data["areas"]):
        for number, criterion in enumerate(area["criteria"]):
            here: Key = ("areas", index, "criteria", number)
            _check_count(document, (*here, "states"), criterion["states"])
            if len(criterion["states"]) != top + 1:
                raise document.error((*here, "states"), f"must have {top + 1} states, one for each level")
            for n in range(1, top + 1):
                if n not in criterion["next_step"]:
                    raise document.error((*here, "next_step", n), "is missing")


def _check_once(document: content.Document) -> None:
    seen: set[str] = set()
    for key, name in _ids(document.data):
        if name in seen:
            raise document.error(key, f"the id {name} is used twice")
        seen.add(name)


def _check_count(document: content.Document, key: Key, entries: list[dict[str, Any]]) -> None:
    for index, entry in enumerate(entries):
        if entry["n"] != index:
            raise document.error((*key, index, "n"), f"must be {index}: they count from 0 without a gap")


def _ids(data: dict[str, Any]) -> Iterator[tuple[Key, str]]:
    for index, area in enumerate(data["areas"]):
        yield ("areas", index, "key"), area["key"]
        for number, criterion in enumerate(area["criteria"]):
            yield ("areas", index, "criteria", number, "id"), criterion["id"]
