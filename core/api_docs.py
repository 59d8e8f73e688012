"""The API's description as a page of the portal: plain operations and objects out of the OpenAPI schema.

No user interface of others is served: those at hand bring inline styles, one theme and one language. See docs/adr/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext, override
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

Schema = Mapping[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Kind:
    """The type of a value. `object` names the object it is (a list of), if any; `choices` are its only values."""

    text: str
    object: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    name: str
    kind: Kind
    required: bool
    text: str


@dataclass(frozen=True)
class Answer:
    status: str
    kind: Kind
    text: str


@dataclass(frozen=True)
class Operation:
    id: str
    method: str
    path: str
    text: str
    parameters: tuple[Field, ...]
    body: Kind | None
    answers: tuple[Answer, ...]

    @property
    def title(self) -> str:
        """The first line of what it says about itself."""
        return self.text.partition("\n")[0]


@dataclass(frozen=True)
class Section:
    """The operations of one tag: a room's."""

    name: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Object:
    name: str
    text: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Description:
    sections: tuple[Section, ...]
    objects: tuple[Object, ...]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What the API offers, for whoever writes a program against it."""
    address = settings.PORTAL_URL or request.build_absolute_uri("/").rstrip("/")
    return render(request, "core/api_docs.html", {"description": description(get_language()), "address": address})


@cache
def description(language: str | None) -> Description:
    """The whole API in one language, read once for each process: routes do not change while it runs."""
    with override(language):
        return describe(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]


def texts() -> set[str]:
    """What the API says about itself, in English. `make messages` asks: docstrings and help texts are not marked for it."""
    made = description("en")
    operations = [each for section in made.sections for each in section.operations]
    said: list[Operation | Object | Field | Answer] = [*operations, *made.objects]
    for each in operations:
        said += [*each.parameters, *each.answers]
    said += [field for each in made.objects for field in each.fields]
    return {each.text for each in said} | {section.name for section in made.sections} - {""}


def _told(given: Schema) -> str:
    """Its description in the reader's language."""
    text = given.get("description") or given.get("summary") or ""
    return gettext(text) if text else ""


def describe(schema: Schema) -> Description:
    """Operations by tag, in the order of their paths, and the objects that they take and give."""
    tags: dict[str, list[Operation]] = {}
    for path, methods in schema["paths"].items():
        for method in METHODS:
            if method in methods:
                tag = (methods[method].get("tags") or ["API"])[0]
                tags.setdefault(tag, []).append(_operation(schema, path, method, methods[method]))
    objects = tuple(
        Object(name, _told(each), tuple(_fields(schema, each)))
        for name, each in schema.get("components", {}).get("schemas", {}).items()
        if "properties" in each
    )
    return Description(tuple(Section(gettext(tag), tuple(found)) for tag, found in tags.items()), objects)


def _operation(schema: Schema, path: str, method: str, given: Schema) -> Operation:
    return Operation(
        id=given["operationId"],
        method=method.upper(),
        path=path,
        text=_told(given),
        parameters=tuple(
            Field(each["name"], _kind(schema, each["schema"]), each.get("required", False), _told(each))
            for each in given.get("parameters", ())
        ),
        body=_content(schema, given["requestBody"]) if "requestBody" in given else None,
        answers=tuple(
            Answer(status, _content(schema, each) or Kind(""), _told(each))
            for status, each in given.get("responses", {}).items()
            if "$ref" not in each  # how every route refuses stands once, at the head of the page
        ),
    )


def _content(schema: Schema, given: Schema) -> Kind | None:
    """The kind of a body or an answer; None if it has no content."""
    for content in given.get("content", {}).values():
        return _kind(schema, content.get("schema", {}))
    return None


def _fields(schema: Schema, given: Schema) -> Iterator[Field]:
    required = given.get("required", ())
    for name, each in given["properties"].items():
        # What an answer always holds is not what a request must bring.
        asked = name in required and not each.get("readOnly")
        yield Field(name, _kind(schema, each), asked, _told(each))


def _kind(schema: Schema, given: Schema) -> Kind:
    if "$ref" in given:
        name = given["$ref"].rpartition("/")[2]
        target = schema["components"]["schemas"][name]
        return Kind(name, object=name) if "properties" in target else _kind(schema, target)
    parts = given.get("allOf") or given.get("oneOf") or given.get("anyOf")
    if parts:
        return _either([_kind(schema, part) for part in parts], given)
    if given.get("type") == "array":
        inner = _kind(schema, given.get("items", {}))
        return Kind(f"{inner.text}[]", inner.object, inner.choices)
    text = given.get("format") or given.get("type") or "any"
    return Kind(_or_null(text, given), choices=tuple(str(value) for value in given.get("enum", ()) if value))


def _either(kinds: list[Kind], given: Schema) -> Kind:
    """Several kinds as one: an object and null, or the choices of several lists."""
    known = list(dict.fromkeys(kind.text for kind in kinds if kind.text))
    found = next((kind.object for kind in kinds if kind.object), "")
    choices = tuple(choice for kind in kinds for choice in kind.choices)
    return Kind(_or_null(" | ".join(known) or "any", given), found, choices)


def _or_null(text: str, given: Schema) -> str:
    return f"{text} | null" if given.get("nullable") else text
