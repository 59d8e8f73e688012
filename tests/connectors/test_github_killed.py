"""Reading that is killed, refused or disturbed at any request: the rows come right in the end."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors.records import DeploymentSource, ReadOptions
from core.http import RateLimited
from tests.connectors.conftest import NOW
from tests.connectors.driver import Driver
from tests.connectors.github_world import DAY, SOURCES, Make, statuses_read_twice, truth
from tests.fakes.github import FakeGitHub
from tests.fakes.github_answers import Refusal
from tests.fakes.github_data import Repo


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.usefixtures("_small")
def test_killed_again_and_again_it_still_gets_there(make: Make, step: int, fake: FakeGitHub, repo: Repo) -> None:
    driver = make(fake, repo)
    for _attempt in range(80):
        driver.sync(stop_after=step)
    # One page a life is enough to come to the end, except that a life must first get past what it asks every time.
    assert driver.sync() is None
    assert driver.final == truth(repo, driver)


@pytest.mark.parametrize("limit", [6, 7, 8])
@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.usefixtures("_small")
def test_a_small_limit_is_enough_to_get_there(make: Make, limit: int, fake: FakeGitHub, repo: Repo) -> None:
    """Every window of the limit brings it on, however few requests that is, and nothing is lost on the way."""
    driver = make(fake, repo)
    fake.limit = limit
    windows = 0
    while True:
        windows += 1
        fake.fresh_window()
        error = driver.sync()
        if error is None:
            break
        assert isinstance(error, RateLimited)
        assert error.retry_at > NOW - DAY
        assert windows < 60
    assert windows > 3
    assert driver.final == truth(repo, driver)
    assert statuses_read_twice(fake, driver) == set()


@pytest.mark.parametrize("age", [0, 10])
@pytest.mark.usefixtures("_small")
def test_a_window_of_more_pages_than_the_limit_allows_is_read_to_its_end(
    age: int, fake: FakeGitHub, repo: Repo
) -> None:
    """The head, and one that is long past."""
    for number in range(18):
        repo.add_run(NOW - age * DAY - timedelta(hours=number))
    options = ReadOptions(DeploymentSource.RUNS, (str(repo.workflows["Deploy"]),), since=NOW.date() - (age + 2) * DAY)
    driver = Driver(fake, options, NOW)
    fake.limit = 3
    for _window in range(4):
        fake.fresh_window()
        driver.sync()
    assert driver.final == truth(repo, driver)


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.usefixtures("_small")
def test_a_page_address_that_means_nothing_any_more_begins_the_reading_anew(
    make: Make, fake: FakeGitHub, repo: Repo
) -> None:
    whole = make(fake, repo)
    whole.sync()
    for stop in range(1, len(whole.pages)):
        driver = dataclasses.replace(whole, rows={}, aside={}, state={}, pages=[])
        driver.sync(stop_after=stop)
        fake.forget()
        stored = [url for url in _addresses(driver.state) if url]
        answer = fake.answers.answer
        fake.answers.answer = _refusing(fake, answer, stored)  # type: ignore[method-assign]
        assert driver.sync() is None
        fake.answers.answer = answer  # type: ignore[method-assign]
        assert driver.final == whole.final, stop


def _addresses(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [url for each in value.values() for url in _addresses(each)]
    return [value] if isinstance(value, str) and value.startswith("http") and "page=" in value else []


def _refusing(fake: FakeGitHub, answer: Any, stored: list[str]) -> Any:
    """As `answer`, but the first request for a later page that stands in a stored state is refused as an old cursor."""
    left = {url.split("?")[1] for url in stored if "&page=" in url}

    def answering(path: str, query: dict[str, str]) -> Any:
        asked = urlencode(query)
        if asked in left:
            left.discard(asked)
            raise Refusal(422, "Invalid cursor")
        return answer(path, query)

    return answering


def test_what_was_asked_for_again_before_the_limit_is_kept(fake: FakeGitHub, repo: Repo) -> None:
    runs = [repo.add_run(NOW - 5 * DAY, conclusion=None, status="in_progress") for _ in range(6)]
    driver = Driver(fake, ReadOptions(DeploymentSource.RUNS, (str(repo.workflows["Deploy"]),)), NOW)
    driver.sync()
    for run in runs:
        repo.finish_run(run, NOW)
    fake.fresh_window()
    fake.limit = 4  # the listing's 304 counts for nothing
    assert isinstance(driver.sync(), RateLimited)
    assert len(driver.again) == 2
    fake.fresh_window()
    driver.sync()
    assert driver.final == truth(repo, driver)
