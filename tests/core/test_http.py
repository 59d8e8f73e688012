"""core.http: what every kind of answer becomes, faults that pass, limits, and what a client counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.utils import translation

from core import clock
from core.http import Client, RateLimited
from core.http_errors import PERMANENT, TEMPORARY
from core.http_messages import SENTENCES, sentence
from tests.core.http_host import NOON, Host, Reply, refusal

pytestmark = pytest.mark.usefixtures("naps")


# -- Faults that pass --------------------------------------------------------------------------------------------------

PASSING = {
    "500": Reply(500),
    "502 with a page": Reply(502, b"<html>", {"Content-Type": "text/html"}),
    "dropped": Reply(body=b'{"fi', length=99),
    "dropped at once": Reply(raw=lambda _: None),
    "half of it": Reply(body=b'{"fine": tr'),
    "a page": Reply(body=b"<!DOCTYPE html><html>", headers={"Content-Type": "text/html"}),
    "bad gzip": Reply(body=b"not gzip", headers={"Content-Encoding": "gzip"}),
    "not text": Reply(body=b"\xff\xfe\x00"),
}


@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("times", [1, 2])
def test_what_passes_is_tried_again(kind: str, times: int, host: Host, naps: list[float]) -> None:
    host.replies = [PASSING[kind]] * times
    client = Client(host.url)
    assert client.get("x").data == {"fine": True}
    assert client.requests_made == len(host.seen) == times + 1
    assert len(naps) == times
    assert all(0 < nap < 2 for nap in naps)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("500", "server_error"),
        ("502 with a page", "server_error"),
        ("dropped", "dropped"),
        ("dropped at once", "dropped"),
        ("half of it", "bad_answer"),
        ("a page", "not_json"),
        ("bad gzip", "dropped"),
        ("not text", "bad_answer"),
    ],
)
def test_what_does_not_pass_is_given_up_after_three_tries(kind: str, code: str, host: Host) -> None:
    host.replies = [PASSING[kind]] * 5
    error = refusal(lambda: Client(host.url).get("x"))
    assert (error.code, error.permanent, len(host.seen)) == (code, False, 3)
    assert error.params["host"] == f"127.0.0.1:{host.port}"


def test_deeply_nested_json_is_a_bad_answer(host: Host) -> None:
    host.replies = [Reply(body=b"[" * 200_000)] * 3
    assert refusal(lambda: Client(host.url).get("x")).code == "bad_answer"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, b'{"message": "Bad credentials"}', "unauthorised"),
        (403, b'{"message": "Must have admin rights"}', "forbidden"),
        (404, b"<html>Not found</html>", "not_found"),
        (410, b"{}", "gone"),
        (422, b'{"message": "Validation Failed"}', "refused"),
        (400, b'["odd"]', "refused"),
        (301, b"{}", "refused"),  # without a Location
    ],
)
def test_refusals_are_not_tried_again(status: int, body: bytes, code: str, host: Host, naps: list[float]) -> None:
    host.replies = [Reply(status, body)]
    error = refusal(lambda: Client(host.url).get("x"))
    assert (error.code, error.permanent, error.params["status"]) == (code, True, status)
    assert (len(host.seen), naps) == (1, [])


def test_a_connector_may_know_better_what_a_refusal_means(host: Host) -> None:
    host.replies = [Reply(403, b'{"message": "no"}', {"X-Needs": "read"})]

    def explain(status: int, headers: Any, data: Any) -> tuple[str, dict[str, Any]] | None:
        return "missing_scope", {"needs": headers["X-Needs"], "said": data["message"]}

    error = refusal(lambda: Client(host.url, explain=explain).get("x"))
    assert (error.code, error.params["needs"], error.params["said"]) == ("missing_scope", "read", "no")


# -- Limits ------------------------------------------------------------------------------------------------------------


def limited(status: int, date: datetime = NOON, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, b'{"message": "slow down"}', {"Date": format_datetime(date, usegmt=True), **named})


def epoch(at: datetime) -> str:
    return str(int(at.timestamp()))


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (limited(429, Retry_After="2"), 2),
        (limited(403, Retry_After="3"), 3),
        (limited(503, Retry_After="4"), 4),
        (limited(403, X_RateLimit_Remaining="0", X_RateLimit_Reset=epoch(NOON + timedelta(seconds=5))), 5),
        (limited(429, Retry_After=format_datetime(NOON + timedelta(seconds=2), usegmt=True)), 2),
        (limited(429, Retry_After="0"), 1),
        (limited(403, X_RateLimit_Remaining="0", X_RateLimit_Reset=epoch(NOON - timedelta(hours=1))), 1),
    ],
)
def test_a_short_wait_is_slept_through(reply: Reply, wait: float, host: Host, naps: list[float]) -> None:
    host.replies = [reply]
    with clock.at(NOON):
        assert Client(host.url).get("x").data == {"fine": True}
    assert naps == [wait]


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (limited(429, Retry_After="6"), 6),
        (limited(403, Retry_After="3600"), 3600),
        (limited(503, Retry_After="600"), 600),
        (limited(403, X_RateLimit_Remaining="0", X_RateLimit_Reset=epoch(NOON + timedelta(minutes=40))), 2400),
        (limited(429, X_RateLimit_Remaining="0", X_RateLimit_Reset=epoch(NOON + timedelta(minutes=40))), 2400),
        (limited(429, Retry_After="90", X_RateLimit_Remaining="0", X_RateLimit_Reset=epoch(NOON)), 90),
        (limited(429), 60),
        (limited(429, Retry_After="soon"), 60),
        (limited(403, X_RateLimit_Remaining="0"), 60),
        (limited(403, X_RateLimit_Remaining="0", X_RateLimit_Reset="9" * 15), 60),
        (limited(429, Retry_After="99999999"), 24 * 3600),
        # The host's clock is an hour ahead of ours: what counts is its reset against its own Date.
        (
            limited(
                403,
                NOON + timedelta(hours=1),
                X_RateLimit_Remaining="0",
                X_RateLimit_Reset=epoch(NOON + timedelta(hours=1, seconds=30)),
            ),
            30,
        ),
    ],
)
def test_a_longer_wait_is_handed_back(reply: Reply, wait: float, host: Host, naps: list[float]) -> None:
    host.replies = [reply]
    with clock.at(NOON):
        error = refusal(lambda: Client(host.url).get("x"))
    assert isinstance(error, RateLimited)
    assert error.retry_at == NOON + timedelta(seconds=wait)
    assert error.code == ("server_error" if reply.status == 503 else "rate_limited")
    assert not error.permanent
    assert (len(host.seen), naps) == (1, [])


def test_a_limit_may_be_told_by_its_message_alone(host: Host) -> None:
    host.replies = [Reply(403, b'{"message": "You have exceeded a secondary rate limit."}')]
    assert isinstance(refusal(lambda: Client(host.url).get("x")), RateLimited)


def test_a_403_with_requests_left_is_no_limit(host: Host) -> None:
    host.replies = [limited(403, X_RateLimit_Remaining="10", X_RateLimit_Reset=epoch(NOON))]
    assert refusal(lambda: Client(host.url).get("x")).code == "forbidden"


def test_short_waits_come_to_an_end(host: Host, naps: list[float]) -> None:
    host.replies = [limited(429, Retry_After="1")] * 9
    assert isinstance(refusal(lambda: Client(host.url).get("x")), RateLimited)
    assert (len(host.seen), len(naps)) == (4, 3)


# -- What a client counts ----------------------------------------------------------------------------------------------


def test_conditional_requests_and_counts(host: Host) -> None:
    rate = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4999", "X-RateLimit-Reset": epoch(NOON)}
    host.replies = [
        Reply(headers={"ETag": 'W/"1"', **rate}),
        Reply(304, b"", rate),
        Reply(301, b"", {"Location": "/y"}),
    ]
    client = Client(host.url)
    first = client.get("x")
    assert (first.etag, first.not_modified, first.json()) == ('W/"1"', False, {"fine": True})
    second = client.get("x", etag=first.etag)
    assert host.seen[1][1]["if-none-match"] == 'W/"1"'
    assert (second.not_modified, second.json()) == (True, None)
    client.get("x")
    assert "if-none-match" not in host.seen[2][1]
    assert (client.requests_made, client.not_modified) == (4, 1)
    assert client.rate is not None
    assert (client.rate.limit, client.rate.remaining, client.rate.reset) == (5000, 4999, NOON)


def test_a_host_without_limit_headers(host: Host) -> None:
    client = Client(host.url)
    client.get("x")
    assert client.rate is None


def test_an_empty_answer(host: Host) -> None:
    host.replies = [Reply(204, b"")]
    assert Client(host.url).get("x").data is None


def test_connections_are_used_again(host: Host) -> None:
    with Client(host.url) as client:
        for _ in range(5):
            client.get("x")
    assert host.connections == 1


# -- Sentences ---------------------------------------------------------------------------------------------------------


def test_every_code_has_a_sentence_and_is_permanent_or_not() -> None:
    assert set(SENTENCES) == PERMANENT | TEMPORARY
    assert not PERMANENT & TEMPORARY


@pytest.mark.parametrize("code", [*sorted(PERMANENT | TEMPORARY), "never heard of"])
def test_sentences(code: str) -> None:
    params = {name: f"<{name}>" for name in ("host", "address", "to", "status", "said", "needs", "limit")}
    with translation.override("en"):
        full, bare = sentence(code, params), sentence(code)
    assert "%(" not in full + bare
    assert "<host>" in full
    assert full.endswith(".")


def test_the_refusal_of_an_address_names_the_setting() -> None:
    with translation.override("en"):
        assert "OUTGOING_ALLOW" in sentence("address_refused", {"host": "ci.lan", "address": "10.0.0.1"})
        assert "OUTGOING_ALLOW" in sentence("plain_http_refused", {"host": "ci.lan"})
