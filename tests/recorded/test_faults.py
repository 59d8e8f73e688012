"""A host that fails once, at a request where it matters: in the end the same rows as of a host that never failed.

The requests of a first sync, counted from 1. Ants: the newest runs, the issues, the older runs, then the pull requests
with commits and reviews of each of the 26 that were merged. OpenBIC: the deployments, then the statuses of each of the seven.
`test_every_fault.py` tries all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from playwright.sync_api import expect

from tests.recorded.conftest import Rows, Undisturbed
from tests.recorded.stage import ANTS, OPENBIC, SUBMIT, TOKEN, MakeReplay, Person, Rules

pytestmark = pytest.mark.recorded
Cases = dict[str, Undisturbed]

CURED_BY_ITSELF: list[tuple[str, Sequence[str]]] = [
    (OPENBIC, ["--fault", "429@4"]),  # the statuses of the third; Retry-After: 1
    (OPENBIC, ["--fault", "500@1"]),  # the listing
    (OPENBIC, ["--fault", "drop@5"]),
    (OPENBIC, ["--fault", "301@1"]),  # renamed: the same by its id
    (OPENBIC, ["--fault", "slow@3:5"]),
    (ANTS, ["--fault", "403limit@3", "--window", "5"]),
    (ANTS, ["--fault", "truncate@3"]),  # the page with the runs
    (ANTS, ["--fault", "garbage@2"]),  # the page with the issues
]


def _name(value: object) -> str:
    return value if isinstance(value, str) else " ".join(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(("repository", "fault"), CURED_BY_ITSELF, ids=_name)
def test_a_fault_that_passes_by_itself(
    ada: Person, undisturbed: Cases, team: str, make_replay: MakeReplay, rows: Rows,
    repository: str, fault: Sequence[str],
) -> None:  # fmt: skip
    replay = make_replay()
    source = ada.connect(team, repository, replay, None, *fault)
    ada.wait_until_right(source)
    more = replay.stats()["requests"] - undisturbed[repository].seen.requests
    assert more >= (0 if "slow" in fault[1] else 1)  # it was met
    assert rows(source) == undisturbed[repository].rows


def test_a_limit_that_is_too_small_for_one_sync(
    ada: Person, undisturbed: Cases, team: str, make_replay: MakeReplay, rows: Rows
) -> None:
    """The page says that it waits for the limit, before the host has to refuse; by and by all is read."""
    replay = make_replay()
    source = ada.connect(team, OPENBIC, replay, None, "--rate-limit", "5", "--window", "12")
    seen = ada.wait_for_sync(source)
    assert (seen.tone, seen.outcomes, seen.left) == ("is-risk", ["is-risk"], [0, 5])
    assert ada.find("#live form[action$='/sync/'] button").is_disabled()
    seen = ada.wait_until_right(source)
    assert set(seen.outcomes) == {"is-ok", "is-risk"}
    assert replay.stats()["refused"] == 0  # it stopped at the last request, and never asked before its time
    assert rows(source) == undisturbed[OPENBIC].rows


@pytest.mark.parametrize(
    ("fault", "kept"),
    [("500x3@5", 3), ("garbagex3@1", 0)],
    ids=["three times 500", "a web page instead of the listing"],
)
def test_a_fault_that_does_not_pass(
    ada: Person, undisturbed: Cases, team: str, make_replay: MakeReplay, rows: Rows, fault: str, kept: int
) -> None:
    """The sync fails and says so; what was read before stays, and the next one goes on."""
    source = ada.connect(team, OPENBIC, make_replay(), None, "--fault", fault)
    assert ada.wait_for_sync(source).tone == "is-risk"
    assert len(rows(source)["delivery_deployment"]) == kept
    seen = ada.sync_now(source)
    assert (seen.tone, seen.outcomes) == ("is-ok", ["is-ok", "is-off"])
    assert rows(source) == undisturbed[OPENBIC].rows


QUESTIONS = Rules(labels=("question",))  # whose newest issue is no pull request


@pytest.mark.parametrize(
    ("repository", "rules", "fault", "table"),
    [
        (ANTS, None, "null-fields@3", "delivery_deployment"),  # a run
        (ANTS, QUESTIONS, "null-fields@1", "delivery_incident"),
        (OPENBIC, None, "null-fields@1", "delivery_deployment"),
        (OPENBIC, None, "null-fields@2", "delivery_deployment"),  # the status by which it finished
    ],
    ids=["run", "issue", "deployment", "status"],
)
def test_an_object_without_its_instants_is_set_aside_and_right_after_the_next_sync(
    ada: Person, undisturbed: Cases, team: str, make_replay: MakeReplay, rows: Rows,
    repository: str, rules: Rules | None, fault: str, table: str,
) -> None:  # fmt: skip
    source = ada.connect(team, repository, make_replay(), rules, "--fault", fault)
    seen = ada.wait_for_sync(source)
    assert (seen.tone, len(seen.set_aside)) == ("is-ok", 1)
    before = rows(source)[table]
    seen = ada.sync_now(source)
    assert (seen.tone, seen.set_aside) == ("is-ok", [])
    after = rows(source)
    if rules is None:
        assert after == undisturbed[repository].rows
    else:
        calm = ada.connect(team, repository, make_replay(), rules)
        ada.wait_for_sync(calm)
        assert after == rows(calm)
    assert len(before) == len(after[table]) - 1
    assert all(row in after[table] for row in before)


def test_after_401_a_person_enters_the_token_again(
    ada: Person, undisturbed: Cases, team: str, make_replay: MakeReplay, rows: Rows
) -> None:
    source = ada.connect(team, OPENBIC, make_replay(), None, "--fault", "401@5")
    seen = ada.wait_for_sync(source)
    assert seen.tone == "is-off"
    assert len(rows(source)["delivery_deployment"]) == 3
    assert ada.find("#live form[action$='/sync/']").count() == 0  # nothing can be read before
    ada.page.click("#live a.btn-primary[href$='/access/']")
    ada.page.fill("#id_token", TOKEN)
    ada.page.click(SUBMIT)
    expect(ada.find("#live")).to_be_visible()
    seen = ada.wait_for_sync(source)
    assert (seen.tone, seen.outcomes) == ("is-ok", ["is-ok", "is-off"])
    assert rows(source) == undisturbed[OPENBIC].rows
