"""The contract, held against every host. What it asks for stands in contract.py."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from connectors.records import SetAside
from connectors.registry import CONNECTORS
from core.http import Client, OutgoingError, RateLimited
from tests.connectors.contract import Host, driver_of, trap
from tests.connectors.driver import Driver
from tests.connectors.hosts import CASES

HOUR = timedelta(hours=1)


@pytest.fixture(params=CASES)
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    with CASES[request.param]() as made:
        yield made


@pytest.fixture
def driver(host: Host) -> Driver:
    return driver_of(host)


@pytest.fixture
def client(host: Host) -> Iterator[Client]:
    with CONNECTORS[host.kind].client(host.url, host.token) as made:
        yield made


def anew(driver: Driver) -> Driver:
    return dataclasses.replace(driver, rows={}, aside={}, state={}, pages=[])


def test_every_connector_is_held_against_it() -> None:
    kinds = []
    for make in CASES.values():
        with make() as host:
            kinds.append(host.kind)
    assert set(kinds) == set(CONNECTORS)
    assert [connector.kind for connector in CONNECTORS.values()] == list(CONNECTORS)


# -- Reading -------------------------------------------------------------------------------------------------------------


def test_everything_is_read_and_the_last_page_of_each_stream_says_so(driver: Driver, host: Host) -> None:
    assert driver.sync() is None
    assert driver.final == host.truth()
    assert driver.aside == {}
    last = {page.stream: page for page in driver.pages}
    assert {page.stream: page.done for page in driver.pages if page is last[page.stream]} == dict.fromkeys(last, True)
    assert all(page.left in (0, None) for page in last.values())
    assert not [page for page in driver.pages if page.left is not None and page.left < 0]


def test_the_newest_comes_first(driver: Driver) -> None:
    driver.sync()
    pages = [page for page in driver.pages if page.stream == "deployments"]
    created = [row.created_at for page in pages for row in page.records if hasattr(row, "created_at")]
    assert len(created) > 10
    assert created == sorted(created, reverse=True)


def test_keys_are_a_kind_and_an_id_and_instants_are_aware(driver: Driver) -> None:
    driver.sync()
    assert all(len(key) <= 100 and key.partition(":")[0].isalpha() and key.partition(":")[2] for key in driver.rows)
    assert all(row.created_at.utcoffset() == timedelta() for row in driver.deployments.values())
    assert all(row.began_at.utcoffset() == timedelta() for row in driver.incidents.values())


def test_twice_is_once(driver: Driver) -> None:
    driver.sync()
    before = dict(driver.rows)
    driver.sync()
    assert driver.rows == before
    again = anew(driver)
    again.sync()
    assert again.rows == before


def test_a_state_is_json_and_once_handed_out_it_stays_as_it_is(driver: Driver) -> None:
    said = []
    driver.seen = lambda page: said.append(json.dumps(page.state))
    driver.sync()
    assert [json.dumps(page.state) for page in driver.pages] == said
    half = {page.stream: page.state for page in driver.pages[: len(driver.pages) // 2]}
    kept = json.dumps(half)
    dataclasses.replace(driver, state=dict(half)).sync()
    assert json.dumps(half) == kept


def test_stopped_between_any_two_pages_it_goes_on(driver: Driver, host: Host) -> None:
    driver.sync()
    right, pages = driver.final, len(driver.pages)
    assert pages > 8
    for stop in range(pages + 1):
        again = anew(driver)
        again.sync(stop_after=stop)
        assert again.sync() is None
        assert again.final == right, stop
        assert again.requests() == host.listings + host.unfinished, f"nothing is left to do after {stop}"


def test_one_page_a_life_is_enough_to_get_there(driver: Driver, host: Host) -> None:
    for _life in range(120):
        driver.sync(stop_after=1 + _life % 3)
    assert driver.sync() is None
    assert driver.final == host.truth()


# -- What it costs -------------------------------------------------------------------------------------------------------


def test_with_nothing_new_each_listing_is_asked_once_and_what_is_unfinished(driver: Driver, host: Host) -> None:
    driver.sync()
    for _ in range(2):
        assert driver.requests() == host.listings + host.unfinished
    assert driver.client is not None
    assert driver.client.requests_made == host.listings + host.unfinished


def test_one_more_deployment_costs_its_listing_and_itself(driver: Driver, host: Host) -> None:
    driver.sync()
    quiet = driver.requests()
    key = host.deploy(host.now)
    assert driver.requests() <= quiet + host.each + 2
    assert driver.deployments[key].finished_at == host.now
    assert driver.requests() == quiet


# -- What happens on the host --------------------------------------------------------------------------------------------


def test_what_was_unfinished_is_asked_for_until_it_is_finished(driver: Driver, host: Host) -> None:
    driver.sync()
    quiet = driver.requests()
    end = host.now + HOUR
    key = host.finish(end)
    driver.sync()
    assert (driver.deployments[key].outcome, driver.deployments[key].finished_at) == ("succeeded", end)
    driver.sync()
    assert driver.requests() == quiet - host.unfinished


def test_an_incident_is_opened_closed_and_opened_again(driver: Driver, host: Host) -> None:
    driver.sync()
    key = host.open_incident(host.now)
    driver.sync()
    assert (driver.incidents[key].began_at, driver.incidents[key].resolved_at) == (host.now, None)
    host.close_incident(key, host.now + HOUR)
    driver.sync()
    assert driver.incidents[key].resolved_at == host.now + HOUR
    host.reopen_incident(key, host.now + 2 * HOUR)
    driver.sync()
    assert driver.incidents[key].resolved_at is None


def test_what_cannot_be_understood_is_set_aside_holds_nothing_up_and_is_read_again(driver: Driver, host: Host) -> None:
    key = host.deploy(host.now)
    host.break_deployment(key)
    assert driver.sync() is None
    assert key not in driver.rows
    assert {each: aside.reason for each, aside in driver.aside.items()} == {key: "unknown_value"}
    right = len(driver.rows) + 1
    host.mend_deployment(key)
    with CONNECTORS[host.kind].client(host.url, host.token) as client:
        pages = list(CONNECTORS[host.kind].read_again(client, host.repository, host.options, [key], host.now))
    assert [row.key for page in pages for row in page.records] == [key], "by itself, as a person asks for it"
    assert driver.sync() is None
    assert driver.aside == {}
    assert len(driver.rows) == right
    assert driver.final == host.truth()


def test_what_the_host_has_no_more_is_told_as_gone(driver: Driver, host: Host) -> None:
    keys = [host.deploy(host.now - hours * HOUR) for hours in (3, 2)]
    driver.sync()
    host.delete_deployment(keys[0])
    host.deploy(host.now)
    driver.sync()
    assert driver.aside == {keys[0]: SetAside(keys[0], "gone")}


def test_two_versions_are_compared_once(driver: Driver, host: Host) -> None:
    case = host.compare()
    if case is None:
        driver.pairs = [("a" * 40, "b" * 40)]
        assert driver.sync() is None
        return
    pair, between = case
    driver.pairs = [pair]
    assert driver.sync() is None
    assert driver.compared[pair].shas == between
    assert driver.requests() == host.listings + host.unfinished


def test_a_former_name_leads_to_the_present_one(driver: Driver, host: Host, client: Client) -> None:
    before = CONNECTORS[host.kind].identify(client, host.repository)
    assert before.full_name == host.repository
    assert CONNECTORS[host.kind].inspect(client, host.repository).external_id == before.external_id
    driver.sync()
    host.rename("acme/store")
    found = CONNECTORS[host.kind].identify(client, host.repository)
    assert (found.external_id, found.full_name) == (before.external_id, "acme/store")
    assert driver.sync() is None
    assert driver.final == host.truth()
    assert driver.client is not None
    assert driver.client.redirects > 0, "this is how the portal notices"


def test_an_address_as_people_paste_it(host: Host, client: Client) -> None:
    connector = CONNECTORS[host.kind]
    assert connector.parse_address(host.pasted, host.url).repository == host.repository
    for nonsense in ("", "   ", "no address", "https://"):
        with pytest.raises(ValueError, match=r"^[a-z_]+$"):
            connector.parse_address(nonsense)
    listed = connector.list_repositories(client, 1)
    assert host.repository in [each.full_name for each in listed.repositories]


# -- Faults --------------------------------------------------------------------------------------------------------------


def test_every_fault_at_every_request_ends_with_the_same_rows(driver: Driver, host: Host) -> None:
    driver.sync()
    right, total = driver.final, host.asked()
    assert right == host.truth()
    for kind in (*host.passing, *host.ending):
        for number in range(1, total + 1):
            host.forget()
            again = anew(driver)
            host.fault(number, kind)
            error = again.sync()
            assert (error is not None) == (kind in host.ending), (kind, number)
            if error is not None:
                host.forget()
                assert again.sync() is None
            assert (again.final, again.aside) == (right, {}), (kind, number)


def test_nulls_at_every_request_are_right_in_the_end(driver: Driver, host: Host) -> None:
    driver.sync()
    right, total, asides = driver.final, host.asked(), 0
    for number in range(1, total + 1):
        host.forget()
        again = anew(driver)
        host.fault(number, host.nulls)
        assert again.sync() is None
        asides += len(again.aside)
        assert again.sync() is None
        assert (again.final, again.aside) == (right, {}), number
    assert asides > 5


def test_a_small_limit_brings_it_on_in_every_window(driver: Driver, host: Host) -> None:
    for _window in range(80):
        host.allow(7)
        error = driver.sync()
        if error is None:
            break
        assert isinstance(error, RateLimited)
    assert error is None
    assert driver.final == host.truth()


def test_a_refusal_and_a_limit_are_told_apart(driver: Driver, host: Host) -> None:
    host.fault(1, host.refusing)
    assert driver.sync() is not None
    assert driver.error is not None
    assert driver.error.code == "unauthorised"
    host.forget()
    host.fault(1, host.limiting)
    assert isinstance(driver.sync(), RateLimited)


@pytest.mark.parametrize("way", ["elsewhere", "next elsewhere"])
def test_a_token_never_goes_to_another_origin(driver: Driver, host: Host, way: str) -> None:
    driver.sync()
    total, refused = host.asked(), 0
    with trap() as other:
        for number in range(1, total + 1):
            host.forget()
            host.fault(number, way, f"{other.url}/steal")
            error = anew(driver).sync()
            assert error is None or error.code == "redirected_elsewhere", number
            refused += error is not None
        assert refused > 5
        assert other.asked == []


def test_a_stored_cursor_of_another_origin_is_not_followed(driver: Driver, host: Host) -> None:
    """The connection's address was changed while a reading was under way."""
    driver.sync(stop_after=3)
    with trap() as other:
        stored = json.dumps(driver.state)
        assert host.url in stored or "http" not in stored
        moved = dataclasses.replace(driver, state=json.loads(stored.replace(host.url, other.url)))
        assert moved.sync() is None
        assert other.asked == []
    assert moved.final == host.truth()


def test_an_error_names_no_secret(driver: Driver, host: Host) -> None:
    for kind in host.ending:
        host.forget()
        host.fault(2, kind)
        error = driver.sync()
        assert isinstance(error, OutgoingError)
        assert host.token not in f"{error}{error.params}{driver.state}"
