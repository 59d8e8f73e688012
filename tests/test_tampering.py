"""Requests that are bent: other methods, more fields, another team's ids, fragments asked for alone. All routes, by the table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django import forms
from django.db import models
from django.http import HttpResponse
from django.urls import reverse
from pytest_django.plugin import DjangoDbBlocker

from okrs.models import Cycle, KeyResult, Objective
from teams.models import Person, Team
from tests.access_route import Route
from tests.access_rules import FORBIDDEN, GONE, MISSING, OPEN, SIGN_IN
from tests.access_table import ROUTES
from tests.access_world import NOBODY, PEOPLE, World
from tests.factories import MembershipFactory
from tests.kept import filled, kept, on_that_day
from tests.okrs import factories as okrs
from tests.sent_table import SENT, Sent, lines_of, plain
from tests.tampering import (
    WHO,
    ask,
    changes,
    differences,
    forms_asked,
    portal_models,
    rolled_back,
    rows,
    sent_by,
)

pytestmark = [pytest.mark.django_db, pytest.mark.walk]
NOT_PLAYED = {
    "connect", "connection-access", "delivery-rules",  # ask another system first: tests/connections, tests/delivery
    "organisation-connection-new", "organisation-connection-access", "organisation-connection-give", "repositories-add",  # too
    "channel-new", "channel-address", "channel-test",  # ask a name server or another host: tests/notices
    "security-app", "security-passkey", "security-rename", "security-remove",  # need a device: tests/teams
    "session-end", "account-move",  # another device, a link: tests/teams
    "undo",  # an offer to whoever took something away: tests/core/test_undo.py
    "import-new", "organisation-import-new",  # a file: tests/imports
    "hook",  # signed by a host: tests/connections
    "backup-upload", "backup-delete", "backup-restore",  # files, which no transaction brings back: tests/backups
}  # fmt: skip
# Understands what another program sends to everybody, and leaves alone what it does not need.
TAKES_MORE = {"api-alerts"}
# A GET that leaves an entry in the audit log, and one that opens a notice and so reads it.
TELLS = {"backup-download", "notice"}
WRITES = [
    (route, method)
    for route in ROUTES
    for method, rule in route.methods.items()
    if method != "get" and rule not in (OPEN, GONE) and route.name not in NOT_PLAYED
]


@pytest.fixture(scope="module")
def _made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with kept(django_db_blocker, filled) as made:
        yield made


@pytest.fixture
def world(_made: World, db: None) -> Iterator[World]:
    with on_that_day(_made) as world:
        yield world


@pytest.mark.parametrize(("route", "method"), WRITES, ids=lambda each: getattr(each, "name", each))
def test_what_is_meant_well_is_done_and_what_is_sent_besides_changes_nothing(
    world: World, route: Route, method: str
) -> None:
    with rolled_back():
        requests = sent_by(world, route, method)
        known = {name for _url, body in requests for name in body}
        for url, body in requests:
            before, told = rows(), []
            for more in ({}, {}, besides(world, known)):
                with rolled_back():
                    response = ask(world, route, method, WHO.get(route.name, "administrator"), url, {**more, **body})
                    if more and route.kind == "api" and route.name not in TAKES_MORE:  # a program is told so
                        assert (response.status_code, response.json().keys()) == (400, more.keys()), said(response)
                        assert not changes(before, rows())
                        continue
                    assert response.status_code < 400, f"{body} -> {response.status_code} {said(response)}"
                    told.append(changes(before, rows()))
            # Two equal requests differ in what is drawn by lot and in the numbers of new rows.
            assert not differences(told[0], told[-1]) - differences(told[0], told[1]), (
                f"{url} takes more than it should"
            )


def said(response: HttpResponse) -> str:
    """Why a form or the API refused."""
    form = (getattr(response, "context", None) or {}).get("form")
    return str(form.errors.as_json() if form else response.content[:300])


def besides(world: World, known: set[str]) -> dict[str, Any]:
    """Every field of every table that is not among the fields sent, with what one would like to see there."""
    found: dict[str, Any] = {"pk": 1, "by": 1, "token": 1}
    for model in portal_models():
        for each in model._meta.concrete_fields:
            found |= {each.name: _wished(world, each), each.attname: _wished(world, each)}
    found |= {"organisation_role": "administrator", "role": "team_admin", "scope": "write"}
    return {name: value for name, value in found.items() if name not in known and value is not None}


def _wished(world: World, wanted: models.Field[Any, Any]) -> Any:
    if wanted.related_model is Team:
        return world.other_team.pk
    if wanted.related_model is Person:
        return world.people["outsider"].pk
    if isinstance(wanted, models.BooleanField):
        return True
    if isinstance(wanted, models.DateTimeField):
        return "2020-01-01T00:00:00Z"
    if isinstance(wanted, models.DateField):
        return "2020-01-01"
    return 7 if isinstance(wanted, (models.IntegerField, models.FloatField, models.ForeignKey)) else "7"


# -- Another team's ids -----------------------------------------------------------------------------------------------

# Another team is what these are about.
OF_ANY_TEAM = {
    ("assessment-inherit", "provider"), ("team-join", "person"), ("api-team-detail", "group"),
    ("api-grants", "team"),  # of the organisation's connection; only an administrator gives
}  # fmt: skip


def _is_anybodys(route: Route, name: str, model: type[models.Model]) -> bool:
    """What is the organisation's can belong to anybody."""
    return (route.name, name) in OF_ANY_TEAM or (model is Person and "organisation-" in route.name)


@pytest.mark.parametrize(("route", "method"), WRITES, ids=lambda each: getattr(each, "name", each))
def test_no_field_takes_what_is_another_teams(world: World, route: Route, method: str) -> None:
    """Of a form, what its fields would take; of the API, what it answers to another team's id in the place of ours."""
    with rolled_back():
        if route.kind == "page":
            _no_form_offers_it(world, route, method)
            return
        ours = lines_of(SENT[route.name, method], world)
        theirs = lines_of(SENT[route.name, method], world.elsewhere())
        for mine, other in zip(ours, theirs, strict=True):
            url = reverse(route.name, args=mine.args or route.args(world))
            for where, row in _other_rows(mine.body, other.body):
                if _is_anybodys(route, str(where[-1]), type(row)):
                    continue
                with rolled_back():
                    before = rows()
                    response = ask(world, route, method, "administrator", url, _replaced(mine.body, where, row.pk))
                    assert response.status_code in (400, 404), f"{where}: {response.status_code} for {row!r}"
                    assert not changes(before, rows())


def _no_form_offers_it(world: World, route: Route, method: str) -> None:
    lines = lines_of(SENT[route.name, method], world) if (route.name, method) in SENT else [Sent()]
    url = reverse(route.name, args=lines[0].args or route.args(world))
    strangers = _strangers(world)
    with rolled_back(), forms_asked() as asked:
        ask(world, route, method, "administrator", url, {"nothing": "yet", **plain(lines[0].body)})
    for form in asked:
        for name, field in form.fields.items():
            if isinstance(field, forms.ModelChoiceField):
                model = field.queryset.model
                found = set(field.queryset.values_list("pk", flat=True)) & strangers.get(model, set())
                if _is_anybodys(route, name, model):
                    continue
                assert not found, f"{type(form).__name__}.{name} takes {field.queryset.model.__name__} {found}"


def _strangers(world: World) -> dict[type[models.Model], set[Any]]:
    """Rows that no form about the team or the organisation may offer: another team's, and the sample's."""
    sample, by, other = okrs.sample_person(), world.people["administrator"], world.elsewhere()
    return {
        Person: {sample.pk, other.membership.person_id},
        Team: {world.other_team.pk},
        Cycle: {okrs.quarter(by, world.other_team, date(2028, 1, 1), date(2028, 3, 31)).pk},
        Objective: {other.key_result_of(other.team).objective_id},
        KeyResult: {other.key_result_of(other.team).pk},
    }


def _other_rows(mine: Any, other: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], models.Model]]:
    """Every place of a body that holds a row of ours, with the other team's in its place."""
    if isinstance(mine, models.Model):
        if isinstance(other, models.Model) and other.pk != mine.pk:
            yield where, other
        return
    inner = mine.items() if isinstance(mine, dict) else enumerate(mine) if isinstance(mine, list) else ()
    for key, each in inner:
        if key != "seen":  # what was seen is compared, never looked up
            yield from _other_rows(each, other[key], (*where, key))


def _replaced(body: Any, where: tuple[Any, ...], pk: Any) -> Any:
    if not where:
        return pk
    key, *rest = where
    if isinstance(body, list):
        return [_replaced(each, tuple(rest), pk) if i == key else plain(each) for i, each in enumerate(body)]
    return {name: _replaced(each, tuple(rest), pk) if name == key else plain(each) for name, each in body.items()}


def test_no_sample_person_owns_what_is_real(world: World) -> None:
    sample = okrs.sample_person()
    MembershipFactory(team=world.team, person=sample)
    owned = [key for key, line in SENT.items() if key[0].startswith("api-") and _owner_in(line, world)]
    assert len(owned) >= 10
    for name, method in owned:
        with rolled_back():
            sent = lines_of(SENT[name, method], world)[0]
            route = next(each for each in ROUTES if each.name == name)
            url = reverse(name, args=sent.args or route.args(world))
            response = ask(world, route, method, "administrator", url, plain(sent.body) | {"owner": sample.pk})
            assert response.status_code == 400, f"{name}: {response.status_code}"
            assert "sample organisation" in response.json()["owner"][0]


def _owner_in(line: Any, world: World) -> bool:
    with rolled_back():
        return any("owner" in each.body for each in lines_of(line, world))


def test_no_figure_of_a_team_feeds_a_key_result_that_makes_it_up(world: World) -> None:
    for name, method in (("api-okr-key-results", "post"), ("api-okr-key-result", "patch")):
        with rolled_back():
            sent = lines_of(SENT[name, method], world)[0]
            route = next(each for each in ROUTES if each.name == name)
            url = reverse(name, args=sent.args or route.args(world))
            response = ask(world, route, method, "administrator", url, plain(sent.body) | {"figure": "okr_progress"})
            assert "feed itself" in response.json()["figure"][0]


# -- Other methods ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ROUTES, ids=lambda each: each.name)
def test_every_other_method_is_refused_and_says_which_are_not(world: World, route: Route) -> None:
    with rolled_back():
        url = reverse(route.name, args=route.args(world))
        if all(rule is GONE for rule in route.methods.values()):
            return
        before = rows()
        for method in {"get", "post", "put", "patch", "delete", "trace"} - set(route.methods):
            response = ask(world, route, method, "administrator", url)
            allowed = {each.strip().lower() for each in response["Allow"].split(",")} - {"head", "options"}
            assert (response.status_code, allowed) == (405, set(route.methods)), f"{method} {url}"
        options = ask(world, route, "options", "administrator", url)
        assert options.status_code in (200, 405), f"options {url}: {options.status_code}"
        for method in ("PUT", "DELETE", "POST"):  # what some frameworks take for the method
            ask(
                world,
                route,
                "get",
                "administrator",
                url,
                **{"X-HTTP-Method-Override": method, "X-Method-Override": method},
            )
        assert route.name in TELLS or not changes(before, rows())


@pytest.mark.parametrize("route", [each for each in ROUTES if "get" in each.methods], ids=lambda each: each.name)
def test_a_head_is_answered_as_a_get_without_its_body(world: World, route: Route) -> None:
    with rolled_back():
        url = reverse(route.name, args=route.args(world))
        for who in (NOBODY, "administrator"):
            get, head = (ask(world, route, method, who, url) for method in ("get", "head"))
            assert (head.status_code, head.getvalue()) == (get.status_code, b""), f"{who} {url}"


# -- Fragments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", [each for each in ROUTES if each.kind == "page"], ids=lambda each: each.name)
def test_a_fragment_asked_for_alone_is_refused_like_its_page(world: World, route: Route) -> None:
    with rolled_back():
        url = reverse(route.name, args=route.args(world))
        for method, rule in route.methods.items():
            for who in (NOBODY, *PEOPLE):
                with rolled_back():
                    response = ask(world, route, method, who, url, **{"HX-Request": "true", "HX-Target": "list"})
                expected = rule.answer(who, "page")
                if expected == SIGN_IN:
                    assert (response.status_code, response.content) == (204, b"")
                    assert response["HX-Redirect"].startswith(reverse("account_login") + "?next=")
                elif expected in (FORBIDDEN, MISSING):
                    assert response.status_code == int(expected), f"{method} by {who}"
                    assert not any(name in response.content.decode() for name in _names_of(world, who)), (
                        "it tells names"
                    )


def _names_of(world: World, who: str) -> set[str]:
    """Who is in the team, but for the reader's own name."""
    return {each.name for name, each in world.people.items() if name != who} | {world.membership.person.name}
