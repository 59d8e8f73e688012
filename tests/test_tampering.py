"""Requests that are bent: other methods, more fields, another team's ids, fragments asked for alone. Every route, by the table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.db import models
from django.http import HttpResponse
from django.urls import reverse

from core import clock
from tests.access_table import FORBIDDEN, GONE, MISSING, NOBODY, OPEN, PEOPLE, ROUTES, TOKENS, Route, World
from tests.machines.world import TODAY, cast, fill
from tests.sent_table import SENT, Sent, lines_of, plain
from tests.tampering import ask, changes, differences, filled, forms_asked, portal_models, rolled_back, rows

pytestmark = pytest.mark.django_db
NAMES = [route.name for route in ROUTES]
WRITES = [
    (route, method)
    for route in ROUTES
    for method, rule in route.methods.items()
    if method != "get" and rule not in (OPEN, GONE)
]


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with clock.at(TODAY):
        made = cast()
        fill(made)
        yield made


def sent_by(world: World, route: Route, method: str) -> tuple[str, list[dict[str, Any]]]:
    """The address, and the bodies of requests that are meant well."""
    key = (route.name, method)
    if key in SENT:
        found = lines_of(SENT[key], world)
        return reverse(route.name, args=found[0].args or route.args(world)), [plain(each.body) for each in found]
    url = reverse(route.name, args=route.args(world))
    with rolled_back(), forms_asked() as asked:
        ask(world, route, method, "administrator", url)
    return url, [filled(asked)]


@pytest.mark.parametrize(("route", "method"), WRITES, ids=lambda each: getattr(each, "name", each))
def test_what_is_meant_well_is_done(world: World, route: Route, method: str) -> None:
    with rolled_back():
        url, bodies = sent_by(world, route, method)
        for body in bodies:
            with rolled_back():
                response = ask(world, route, method, "administrator", url, body)
                assert response.status_code < 400, f"{body}\n{response.status_code}"
