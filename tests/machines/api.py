"""The OpenAPI document as schemathesis reads it, and how its requests reach the portal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from typing import Any

import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator
from schemathesis import Case
from schemathesis.core.transport import Response
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

Key = tuple[str, str]  # the name of a route, and a method in small letters
PORTAL = WSGIHandler()
# Those that say something here. Left out: ignored_auth (nobody's walk asks every operation without a sign-in),
# use_after_free and ensure_resource_availability (they need what is deleted and linked; nothing is), missing_required_header
# (no operation has one), unsupported_method and allow_header_conformance (test_access.py sends every method to every route),
# positive_data_acceptance (it takes each 400 for a fault, also "this day lies outside the cycle"; `Unjust` is what is meant).
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
# A body that is too large and unfit besides is told the former.
UNFIT = ("400", "401", "403", "404", "405", "406", "409", "411", "413", "415", "422", "428", "429")


@cache
def document() -> dict[str, Any]:
    made = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return json.loads(json.dumps(made, default=str))  # type: ignore[no-any-return]


def fields_of(operation: APIOperation) -> set[str]:
    """The fields that its body may have, by the document."""
    body = document()["paths"][operation.path][operation.method].get("requestBody")
    if body is None:
        return set()
    name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    fields = document()["components"]["schemas"][name]["properties"]
    return {each for each, told in fields.items() if not told.get("readOnly")}


@cache
def operations() -> Mapping[Key, APIOperation]:
    """Every operation of the document, by route and method."""
    told = deepcopy(document())
    for methods in told["paths"].values():
        for operation in methods.values():
            del operation["security"]  # who asks is the business of the walk: no token is made up
    schema = schemathesis.openapi.from_dict(told)
    schema.config.checks.negative_data_rejection.expected_statuses = list(UNFIT)
    schema.config.generation.update(allow_x00=False)  # test_what_no_description_says sends it
    found = (result.ok() for result in schema.get_all_operations())
    return {(route_of(each.path), each.method.lower()): each for each in found}


def route_of(path: str) -> str:
    """The name of the route: any number and any word fit into its gaps."""
    return str(resolve("".join("1" if i % 2 else part for i, part in enumerate(_parts(path)))).url_name)


def _parts(path: str) -> Iterator[str]:
    """What is between the braces of a path, and what is outside, in turn."""
    for piece in path.split("{"):
        yield from piece.split("}")


def send(case: Case, headers: Mapping[str, str], raw: bytes | None = None) -> Response:
    """Through the whole portal, from the bytes of the request to those of the answer."""
    given = dict(headers)
    cookie = given.pop("Cookie", "")

    def portal(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        return PORTAL({**environ, "HTTP_COOKIE": cookie, "REMOTE_ADDR": "127.0.0.1"}, start)

    body = {} if raw is None else {"data": raw}
    if raw is not None:
        given["Content-Type"] = "application/json"
    with _connection_kept():
        return case.call(base_url="http://testserver", headers=given, app=portal, **body)


@contextmanager
def _connection_kept() -> Iterator[None]:
    """A server lets go of the database between two requests; here that would end the test's own transaction."""
    signals = (request_started, request_finished)
    for each in signals:
        each.disconnect(close_old_connections)
    try:
        yield
    finally:
        for each in signals:
            each.connect(close_old_connections)
