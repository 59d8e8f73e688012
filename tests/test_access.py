"""Every address of the portal, asked by everyone. The table is tests/access_table.py; its head says how to add a line."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django.plugin import DjangoDbBlocker

from teams.models import Person
from tests.access_route import METHODS, Route
from tests.access_rules import FORBIDDEN, MAY, MISSING, SIGN_IN
from tests.access_table import ROUTES
from tests.access_world import NOBODY, PEOPLE, TOKENS, World
from tests.kept import kept
from tests.machines.world import cast

UNUSED_KEY = 2**31 - 1
pytestmark = pytest.mark.django_db


def route_names() -> Iterator[str]:
    def walk(patterns: list[Any], namespace: str) -> Iterator[str]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from walk(pattern.url_patterns, inner)
            else:
                assert isinstance(pattern, URLPattern)
                assert pattern.name, f"{pattern.pattern} has no name"
                yield namespace + pattern.name

    return walk(get_resolver().url_patterns, "")


def test_every_route_stands_in_the_table() -> None:
    routes, table = list(route_names()), [route.name for route in ROUTES]
    assert sorted(set(routes) - set(table)) == [], "add a line to tests/access_table.py"
    assert sorted(set(table) - set(routes)) == [], "the table has routes that are gone"
    assert len(set(routes)) == len(routes), "two addresses have the same name"
    assert len(set(table)) == len(table), "a route stands twice in the table"


@pytest.fixture(scope="module")
def _made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with kept(django_db_blocker, cast) as made:
        yield made


@pytest.fixture
def world(_made: World, db: None) -> World:
    return deepcopy(_made)


def ask(world: World, route: Route, method: str, who: str, url: str, **options: Any) -> HttpResponse:
    """The answer, with whatever it wrote rolled back."""
    client = Client(**options)
    headers = {"Authorization": f"Bearer {world.tokens[who]}"} if who in TOKENS else {}
    data = {"content_type": "application/json"} if route.kind == "api" and method != "get" else {}
    with transaction.atomic():
        if who in PEOPLE:
            # A fresh object: people remember their roles for the length of a request.
            person = Person.objects.get(pk=world.people[who].pk)
            client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        response = getattr(client, method)(url, headers=headers, **data)
        transaction.set_rollback(True)
    return response


def answer_of(response: HttpResponse, kind: str, method: str) -> str:
    """The answer in the words of the table."""
    status = response.status_code
    to_sign_in = status == 302 and response["Location"].startswith(reverse("account_login") + "?next=")
    if (kind == "api" and status == 401) or (kind == "page" and to_sign_in):
        return SIGN_IN
    if status == 403:
        return FORBIDDEN
    if status == 404:
        return MISSING
    refused_by_the_form = method != "get" and status in (400, 409, 422, 428)
    return MAY if 200 <= status < 400 or refused_by_the_form else str(status)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_everyone_gets_the_answer_of_the_table(world: World, route: Route) -> None:
    url = reverse(route.name, args=route.args(world))
    wrong = []
    for method, rule in route.methods.items():
        for who in (NOBODY, *PEOPLE, *TOKENS):
            response = ask(world, route, method, who, url)
            wanted, got = rule.answer(who, route.kind), answer_of(response, route.kind, method)
            if got != wanted:
                wrong.append(f"{method} by {who}: {got} ({response.status_code}) instead of {wanted}")
    assert not wrong, f"{url}:\n" + "\n".join(wrong)


@pytest.mark.walk  # no database is asked
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_other_methods_are_refused(world: World, route: Route) -> None:
    url = reverse(route.name, args=route.args(world))
    for method in set(METHODS) - set(route.methods):
        response = ask(world, route, method, "administrator", url)
        gone = response.status_code == 404 and all(rule.nobody == MISSING for rule in route.methods.values())
        assert response.status_code == 405 or gone, f"{method} {url}: {response.status_code}"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_what_does_not_exist_is_told_to_nobody(world: World, route: Route) -> None:
    arguments = route.args(world)
    numbers = [index for index, argument in enumerate(arguments) if isinstance(argument, int)]
    if not numbers or not route.alike:
        return
    missing = list(arguments)
    missing[numbers[-1]] = UNUSED_KEY
    url = reverse(route.name, args=missing)
    for method, rule in route.methods.items():
        assert answer_of(ask(world, route, method, NOBODY, url), route.kind, method) == rule.nobody, f"{method} {url}"
        assert ask(world, route, method, "administrator", url).status_code == 404, f"{method} {url}"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_team_is_no_way_to_what_belongs_to_another(world: World, route: Route) -> None:
    ours = list(route.args(world))
    if len(ours) < 2 or ours[0] != world.team.pk:
        return
    theirs = list(route.args(world.elsewhere()))
    mixed = [ours[0], *theirs[1:]]
    if mixed == ours:
        return
    url = reverse(route.name, args=mixed)
    for method in route.methods:
        assert ask(world, route, method, "administrator", url).status_code == 404, f"{method} {url}"


BY_MAIL_PROGRAMS = {"unsubscribe"}  # the link is the proof; RFC 8058 has no token


@pytest.mark.walk
@pytest.mark.parametrize(
    "route", [each for each in ROUTES if each.name not in BY_MAIL_PROGRAMS], ids=lambda each: each.name
)
def test_what_changes_something_needs_the_csrf_token(world: World, route: Route) -> None:
    url = reverse(route.name, args=route.args(world))
    for method in set(route.methods) - {"get"}:
        response = ask(world, route, method, "administrator", url, enforce_csrf_checks=True)
        assert response.status_code == 403, f"{method} {url}: {response.status_code}"


def test_the_walk_can_fail(world: World) -> None:
    """A wrong line in the table is noticed: the same check with another rule must not pass."""
    from tests.access_route import page
    from tests.access_rules import ADMINISTER_ORGANISATION

    with pytest.raises(AssertionError, match="get by nobody"):
        test_everyone_gets_the_answer_of_the_table(world, page("livez", get=ADMINISTER_ORGANISATION))
