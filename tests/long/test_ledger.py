"""The account of a load notices what it is there for. Played on paper; not one of the long tests itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.long.figures import Load
from tests.long.killing import Kill
from tests.long.ledger import Account, Ledger, settle


def line(**facts: Any) -> str:
    return json.dumps(facts)


def wanted(mark: str) -> str:
    return line(mark=mark, kind=mark.partition(" ")[0], person=1)


def asked(mark: str = "", status: int = 200, began: float = 0.0, location: str = "", told: str = "") -> str:
    return line(began=began, ended=began + 1, name="x", status=status, mark=mark, told=told, location=location)


def account(*lines: str, rows: dict[str, int] | None = None) -> Account:
    found = {mark: [(7, None, None)] * times for mark, times in (rows or {}).items()}
    return settle(Ledger.read(lines), found)


@pytest.mark.parametrize("statuses", [[200], [201], [302], [0, 500, 503, 200]])
def test_what_was_acknowledged_must_stand_there_once(statuses: list[int]) -> None:
    lines = [wanted("tick 1 1"), *(asked("tick 1 1", status) for status in statuses)]
    assert account(*lines, rows={"tick 1 1": 1}).adds_up
    assert account(*lines).lost == ["tick 1 1"]
    assert account(*lines, rows={"tick 1 1": 2}).doubled == ["tick 1 1"]


@pytest.mark.parametrize("statuses", [[], [0], [500], [0, 503], [0, 409]])
def test_what_was_not_acknowledged_may_stand_there_at_most_once(statuses: list[int]) -> None:
    lines = [wanted("check-in 1 1"), *(asked("check-in 1 1", status) for status in statuses)]
    assert account(*lines).adds_up
    assert account(*lines, rows={"check-in 1 1": 1}).adds_up
    assert account(*lines, rows={"check-in 1 1": 2}).doubled == ["check-in 1 1"]


def test_what_was_refused_stands_nowhere() -> None:
    lines = [wanted("answer 1 1"), asked("answer 1 1", 409)]
    assert account(*lines).adds_up
    assert account(*lines, rows={"answer 1 1": 1}).unwanted == ["answer 1 1"]


def test_rows_that_nobody_asked_for_are_told() -> None:
    assert account(rows={"tick 1 1": 1}).unwanted == ["tick 1 1"]


def test_the_way_to_the_sign_in_page_is_no_acknowledgement() -> None:
    lines = [wanted("tick 1 1"), asked("tick 1 1", 302, location="/accounts/login/?next=/")]
    assert account(*lines).adds_up
    ledger = Ledger.read(lines)
    assert ledger.acknowledged("tick") == []
    assert Load(ledger, account(*lines), [], {}).led_away == ledger.requests


def test_a_row_that_the_api_named_must_be_the_one() -> None:
    lines = [wanted("check-in 1 1"), asked("check-in 1 1", 201), line(mark="check-in 1 1", row={"id": 8})]
    assert account(*lines, rows={"check-in 1 1": 1}).untrue == ["check-in 1 1"]


def test_an_outage_lasts_until_a_request_that_began_after_it_went_well() -> None:
    kill = Kill("PostgreSQL", at=100.0, back=105.0)
    requests = [asked(began=at, status=status) for at, status in [(98, 200), (101, 500), (105.5, 0), (107, 200)]]
    ledger = Ledger.read(requests)
    (outage,) = Load(ledger, Account(), [kill], {kill: 110.0}).outages
    assert (outage.answered, outage.failed, outage.synced) == (108.0, 106.5, 110.0)
    assert [request.status for request in outage.requests] == [500, 0, 200]
    assert (
        "| PostgreSQL | 1 | 3.0 / 3.0 | 1.5 / 1.5 | 5.0 / 5.0 |"
        in Load(ledger, Account(), [kill], {kill: 110.0}).recovery()
    )
