"""schemathesis over the whole OpenAPI document, as everyone: no 5xx, and no answer that the document does not promise."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError
from schemathesis import Case
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode

import core.api
from tests.access_rules import FORBIDDEN, MAY, MISSING, SIGN_IN
from tests.access_table import ROUTES
from tests.access_world import World
from tests.machines.api import CHECKS, Key, fields_of, operations, send
from tests.machines.world import EVERYBODY, fill_maturity, fill_roadmap, headers_of
from tests.sent_table import SENT, Sent, lines_of, plain

API = [(route.name, method) for route in ROUTES if route.kind == "api" for method in route.methods]
API.remove(("api-schema", "get"))  # the document itself
RULES = {(route.name, method): rule for route in ROUTES for method, rule in route.methods.items()}
ARGUMENTS = {route.name: route.args for route in ROUTES}

# Made-up requests of each kind for each operation; API_EXAMPLES=100 looks deeper.
EXAMPLES = int(os.environ.get("API_EXAMPLES", "12"))
DEEP = ("administrator",)

# What a field says when the request does not fit its description: never true of a request made from the description.
UNFIT = {
    "blank", "empty", "incorrect_type", "invalid", "invalid_choice", "max_length", "max_value", "min_length", "min_value",
    "not_a_list", "null", "required", "max_string_length",
}  # fmt: skip


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        if not connection.needs_rollback:
            connection.check_constraints()  # PostgreSQL would at the end, which never comes
        transaction.set_rollback(True)


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The codes of what the fields of the present request said, which the answer does not name."""
    found: list[str] = []
    told = core.api.drf_exception_handler

    def listen(exc: Exception, context: dict[str, Any]) -> Any:
        if isinstance(exc, ValidationError):
            found.extend(_flat(exc.get_codes()))
        return told(exc, context)

    monkeypatch.setattr(core.api, "drf_exception_handler", listen)
    return found


def _flat(codes: Any) -> Iterator[str]:
    if isinstance(codes, str):
        yield codes
    else:
        for each in codes.values() if isinstance(codes, dict) else codes:
            yield from _flat(each)


# What everybody gets who may not, by the word of the table; and what an address alone may bring, since it names nothing or
# no request could be meant by it.
REFUSED = {SIGN_IN: 401, FORBIDDEN: 403, MISSING: 404}
OTHERWISE = {"anywhere": {400, 404}, "unfit": {400}}


class Walk:
    """Everybody at one operation, with a request that is meant well and with many that are made up from its description."""

    def __init__(self, world: World, key: Key, sent: Sent, codes: list[str]) -> None:
        self.operation, self.codes = operations()[key], codes
        self.expected = {who: RULES[key].answer(who, "api") for who in EVERYBODY}
        values = tuple(sent.args if sent.args is not None else ARGUMENTS[key[0]](world))
        if "key-result" in self.operation.path and values != tuple(ARGUMENTS[key[0]](world)):
            # What this token is for is the key result of access_table.py, and this is another one.
            self.expected["key_result_token"] = MISSING
        # Those who may use the route but not send these fields; a body that names none of them is theirs to send.
        allowed = {who for who, answer in self.expected.items() if answer == MAY and who != "administrator"}
        self.barred = allowed if sent.by_administrators else set()
        self.kept_back = set(plain(sent.body)) - {"seen"}
        self.headers = {who: headers_of(world, who) for who in EVERYBODY}
        self.path = dict(zip(re.findall(r"\{(\w+)\}", self.operation.path), map(plain, values), strict=True))
        self.takes_body = bool(list(self.operation.body))
        self.body = plain(sent.body)
        self.well_meant = {"body": self.body, "media_type": "application/json"} if self.takes_body else {}
        self.faults: dict[str, str] = {}

    def whole(self, number: int) -> None:
        for who in EVERYBODY:
            self._send(self.operation.Case(path_parameters=self.path, **self.well_meant), who, MAY)
        self._each(self._fitting(), number, "fitting")
        if self.takes_body or list(self.operation.query):
            unfit = self.operation.as_strategy(GenerationMode.NEGATIVE, path_parameters=self.path)
            self._each(unfit, number, "unfit")
        if any(isinstance(value, int) for value in self.path.values()):  # any text is a fit name
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                self._each(self.operation.as_strategy(mode, **self.well_meant), max(2, number // 4), "anywhere")

    def _fitting(self) -> st.SearchStrategy[Case]:
        made = self.operation.as_strategy(GenerationMode.POSITIVE, path_parameters=self.path)
        return overlaid(made, self.body) if self.body else made

    def _each(self, strategy: st.SearchStrategy[Case], number: int, kind: str) -> None:
        """Those of DEEP send all of them, everybody else one of eight: they are turned away before it is looked at."""
        count = itertools.count()

        @settings(max_examples=number, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(case=strategy)
        def sent(case: Case) -> None:
            everybody = next(count) % 8 == 0
            for who in EVERYBODY if everybody else DEEP:
                self._send(case, who, kind)

        sent()

    def _send(self, case: Case, who: str, kind: str) -> None:
        self.codes.clear()
        with rolled_back():
            response = send(case, self.headers[who])
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                self._fault(f"{type(failure).__name__}: {failure}", case, who, response)
        wrong = self._wrong(response.status_code, self._expected(case, who), kind)
        if wrong:
            self._fault(wrong, case, who, response)

    def _expected(self, case: Case, who: str) -> str:
        names_none = isinstance(case.body, dict) and not self.kept_back & case.body.keys()
        return FORBIDDEN if who in self.barred and not names_none else self.expected[who]

    def _wrong(self, status: int, expected: str, kind: str) -> str:
        """What is wrong with the status, seen by who asked and for what."""
        if expected in REFUSED:
            wanted = {REFUSED[expected]} | OTHERWISE.get(kind, set())
            return "" if status in wanted else f"{status} instead of {expected}"
        if kind == MAY and not 200 <= status < 300:
            return f"{status} for a request that is meant well"
        if kind == "fitting" and status == 400 and UNFIT & set(self.codes):
            return f"a field refuses what its description allows: {', '.join(sorted(UNFIT & set(self.codes)))}"
        if kind == "fitting" and self.operation.method == "get" and status != 200 and not self.codes:
            return f"{status} for a request that fits"
        return ""

    def _fault(self, what: str, case: Case, who: str, response: Response) -> None:
        sent = (
            f"{case.method} {case.formatted_path} {dict(case.query or {}) or ''} {case.body if self.takes_body else ''}"
        )
        self.faults.setdefault(what, f"{who}: {sent[:700]}\n    -> {response.status_code} {response.text[:300]}")


@st.composite
def overlaid(draw: Any, made: st.SearchStrategy[Case], body: dict[str, Any]) -> Case:
    """A made-up body with some of the fields of the one that is meant well: it comes further."""
    case: Case = draw(made)
    kept = draw(st.sets(st.sampled_from(sorted(body))))
    case.body = {**(case.body if isinstance(case.body, dict) else {}), **{name: body[name] for name in kept}}
    return case


def walk(world: World, key: Key, codes: list[str], examples: int) -> dict[str, str]:
    """What was not as the document says, and who was told what."""
    faults: dict[str, str] = {}
    with rolled_back():
        if key[1] == "get":
            fill_maturity(world)
            fill_roadmap(world)
        sents = lines_of(SENT[key], world) if key in SENT else [Sent()]
        for sent in sents:
            walked = Walk(world, key, sent, codes)
            walked.whole(max(4, examples // len(sents)))
            faults = walked.faults | faults
    return faults


def test_the_document_and_the_table_of_routes_name_the_same() -> None:
    assert set(operations()) == set(API)


def test_every_operation_that_changes_something_is_sent_something() -> None:
    wanted = {key for key in API if key[1] != "get"}
    assert wanted <= set(SENT), "add a line to tests/sent_table.py"


@pytest.mark.walk
@pytest.mark.parametrize("key", API, ids=" ".join)
def test_everybody_gets_what_the_document_promises(world: World, codes: list[str], key: Key) -> None:
    faults = walk(world, key, codes, EXAMPLES)
    assert not faults, "\n".join(f"{what}\n    {told}" for what, told in faults.items())


# What JSON can say and no database can keep, or no day and number can be.
NASTY = [
    "1e400", "-1e400", "NaN", "Infinity", "9" * 30, "-" + "9" * 30, "-1", '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"0000-00-00"',
    '"9999-12-31"', '"0001-01-01"', '"10000-01-01"', "[]", "{}", "true", '""', '" "', '"' + "x" * 100_000 + '"',
    "[" * 50_000 + "]" * 50_000,
]  # fmt: skip


@pytest.mark.parametrize("key", [key for key in API if key in SENT], ids=" ".join)
def test_what_no_description_says(world: World, key: Key) -> None:
    """Every field of every body, one after the other: refused in the words of the API, or taken; never a failure."""
    operation = operations()[key]
    with rolled_back():
        headers, sents = headers_of(world, "administrator"), lines_of(SENT[key], world)
        carried = {name: sent for sent in sents for name in sent.body}
        assert set(carried) == fields_of(operation), "tests/sent_table.py names other fields than the document"
        for (name, sent), nasty in itertools.product(carried.items(), NASTY):
            values = sent.args if sent.args is not None else ARGUMENTS[key[0]](world)
            path = dict(zip(re.findall(r"\{(\w+)\}", operation.path), map(plain, values), strict=True))
            others = json.dumps({each: value for each, value in plain(sent.body).items() if each != name})
            raw = f'{{"{name}": {nasty}{"," if len(others) > 2 else ""}{others[1:]}'.encode()
            case = operation.Case(path_parameters=path, media_type="application/json")
            with rolled_back():
                response = send(case, headers, raw)
            assert response.status_code < 500, f"{name}: {nasty[:60]} -> {response.status_code}"
            case.validate_response(response, checks=CHECKS[:-1])
