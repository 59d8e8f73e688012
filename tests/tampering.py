"""How requests are filled in and bent, and what they wrote. tests/test_tampering.py walks every route with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from typing import Any
from unittest.mock import patch

from django import forms
from django.apps import apps
from django.db import models, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils.functional import Promise

from okrs.fields import NumberField
from teams.models import Person
from tests.access_route import Route
from tests.access_world import PEOPLE, TOKENS, World
from tests.sent_table import SENT, Sent, lines_of, plain

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
Rows = dict[str, dict[Any, dict[str, Any]]]
# What is written by reading: the minute of a token's use, a visit, a session.
BY_THE_WAY = {"apitoken.last_used_at", "person.last_login"}
VISITS = "teams.visit"
WHO = {"team-tokens": "team_admin"}  # a token needs a maker who belongs to the team; else an administrator does it


# -- Requests -------------------------------------------------------------------------------------------------------


def ask(world: World, route: Route, method: str, who: str, url: str, data: Any = None, **headers: str) -> HttpResponse:
    """The answer to one of the cast."""
    client = Client(raise_request_exception=False)
    if who in PEOPLE:
        client.force_login(Person.objects.get(pk=world.people[who].pk), backend=BACKEND)
    if who in TOKENS:
        headers["Authorization"] = f"Bearer {world.tokens[who]}"
    kind = {"content_type": "application/json"} if route.kind == "api" and method not in ("get", "head") else {}
    return getattr(client, method)(url, data or {}, headers=headers, **kind)  # type: ignore[no-any-return]


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def forms_asked() -> Iterator[list[forms.BaseForm]]:
    """The forms that a request is read by."""
    found: list[forms.BaseForm] = []
    clean = forms.BaseForm.full_clean

    def listen(form: forms.BaseForm) -> None:
        if form.is_bound:
            found.append(form)
        clean(form)

    with patch.object(forms.BaseForm, "full_clean", listen):
        yield found


def filled(found: list[forms.BaseForm]) -> dict[str, Any]:
    """The forms as somebody would send them: what they show, and something where they show nothing and want something."""
    data: dict[str, Any] = {}
    for form in found:
        for name, field in form.fields.items():
            if not field.disabled:
                value = field.prepare_value(form.get_initial_for_field(field, name))
                if value in (None, "", []) and isinstance(field, forms.MultipleChoiceField):
                    continue  # none of them is chosen
                if value in (None, "", []):
                    value = _something(name, field) if field.required else ""
                data[form.add_prefix(name)] = value.value if isinstance(value, Enum) else value
    return data


def _something(name: str, field: forms.Field) -> Any:
    if isinstance(field, forms.ModelChoiceField):
        first = field.queryset.first() if field.queryset is not None else None
        return first.pk if first else ""
    if isinstance(field, forms.ChoiceField):
        return next((value for value, label in field.choices if value and isinstance(label, (str, Promise))), "")
    if name.startswith("seen"):
        return 0  # the version of what nobody has said anything about
    return next((value for kind, value in _USUAL if isinstance(field, kind)), "Walk")


_USUAL: list[tuple[type[forms.Field], Any]] = [
    (forms.BooleanField, "on"), (forms.DateField, "2026-12-20"), (forms.EmailField, "walk@example.com"),
    (forms.IntegerField, "1"), (NumberField, "1"),
]  # fmt: skip


def sent_by(world: World, route: Route, method: str) -> list[tuple[str, dict[str, Any]]]:
    """The addresses and bodies of requests that are meant well."""
    line = SENT.get((route.name, method))
    found = lines_of(line, world) if line else [Sent()]
    addressed = [(reverse(route.name, args=each.args or route.args(world)), plain(each.body)) for each in found]
    if route.kind == "api":
        return addressed
    url, told = addressed[0]
    with rolled_back(), forms_asked() as asked:
        ask(world, route, method, "administrator", url, {"nothing": "yet", **told})
    return [(url, filled(asked) | told)]


# -- What was written -----------------------------------------------------------------------------------------------


def portal_models() -> list[type[models.Model]]:
    return [each for each in apps.get_models() if not each.__module__.startswith(("django.", "allauth."))]


def rows() -> Rows:
    """Every row of the portal's own tables."""
    return {
        each._meta.label_lower: {row["pk"]: row for row in each._base_manager.values("pk", *_names(each))}
        for each in portal_models()
    }


def _names(model: type[models.Model]) -> list[str]:
    return [each.attname for each in model._meta.concrete_fields]


def changes(before: Rows, after: Rows) -> dict[str, list[dict[str, Any]]]:
    """The rows that are new or other than before, by table; `gone` those that are there no more."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for table, now in after.items():
        if table == VISITS:
            continue
        was = before[table]
        for pk, row in sorted(now.items()):
            old = was.get(pk)
            told = {name: value for name, value in row.items() if old is None or old[name] != value}
            told = {name: value for name, value in told.items() if f"{table.split('.')[1]}.{name}" not in BY_THE_WAY}
            if told:
                found[table].append(told)
        found[f"{table} gone"] += [{"pk": pk} for pk in was.keys() - now.keys()]
    return {table: each for table, each in found.items() if each}


def differences(one: Mapping[str, list[dict[str, Any]]], other: Mapping[str, list[dict[str, Any]]]) -> set[str]:
    """Where two changes differ: "table", or "table.field" of rows that both have."""
    found: set[str] = set()
    for table in one.keys() | other.keys():
        ours, theirs = one.get(table, []), other.get(table, [])
        if len(ours) != len(theirs):
            found.add(table)
        for a, b in zip(ours, theirs, strict=False):
            found |= {f"{table}.{name}" for name in a.keys() | b.keys() if a.get(name) != b.get(name)}
    return found
