"""The changes that pushes name: a newer list and a newer word take the place of older ones, in whatever order they come."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from delivery.attributing import set_policy
from delivery.models import Change, Deployment, Failure, Telling
from delivery.why import of_change
from teams.models import Person, Team
from tests.delivery import reference
from tests.delivery.factories import at
from tests.delivery.pushes import CHANGE, DEPLOYMENT, Program

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "organisation")]
LATER, LATEST = "2026-11-02T10:00:00Z", "2026-11-02T11:00:00Z"
OTHER = CHANGE | {"id": "13"}


@pytest.fixture
def program(team: Team, team_admin: Person) -> Program:
    return Program(team, team_admin)


def result_of(program: Program, **fields: Any) -> str:
    found: str = program.deploy(**fields)["deployments"][0]["result"]
    return found


def named() -> list[str]:
    """The changes that the deployment brought, as figures see it."""
    return list(Change.objects.deployed().order_by("key").values_list("key", flat=True))


def test_a_later_list_takes_the_place_of_the_one_before(program: Program) -> None:
    # By time they would belong to the deployment that follows this one; but that is for what a host tells.
    program.deploy(id="before", sha="1", created_at="2026-11-01T11:00:00Z", finished_at="2026-11-01T12:00:00Z")
    program.deploy(changes=[CHANGE, OTHER])
    assert named() == ["push:12", "push:13"]
    assert result_of(program, changes=[OTHER], updated_at=LATER) == "changed"
    assert named() == ["push:13"]
    assert result_of(program, changes=[], updated_at=LATEST) == "changed"
    assert (named(), Telling.objects.count()) == ([], 0)
    assert of_change(Change.objects.get(key="push:12")).first == "No counted deployment names it."
    assert result_of(program, changes=[CHANGE]) == "older"
    assert named() == []


def test_without_the_key_nothing_is_said_of_changes(program: Program) -> None:
    program.deploy(changes=[CHANGE])
    program.deploy(updated_at=LATER, title="Retrain")
    assert (named(), Deployment.objects.get().title) == (["push:12"], "Retrain")


def test_lists_of_the_same_instant_add_up(program: Program) -> None:
    program.deploy(changes=[CHANGE])
    assert result_of(program, changes=[OTHER]) == "changed"
    assert result_of(program, changes=[OTHER]) == "same"
    assert named() == ["push:12", "push:13"]


def test_a_later_word_corrects_a_merge_in_any_order(program: Program) -> None:
    words = [
        {"changes": [CHANGE | {"merged_at": "2026-11-02T09:30:00Z"}]},
        {"changes": [CHANGE], "updated_at": LATER},
        {"changes": [CHANGE | {"merged_at": "2026-11-01T12:00:00Z"}], "updated_at": LATEST},
    ]
    for order in permutations(words):
        Deployment.objects.all().delete()
        Change.objects.all().delete()
        for fields in order:
            program.deploy(**fields)
        assert Change.objects.get().merged_at == at("2026-11-01 12:00")


def test_the_result_says_so_where_only_a_change_was_stored(program: Program) -> None:
    program.deploy(changes=[CHANGE])
    assert result_of(program, changes=[CHANGE]) == "same"
    assert result_of(program, changes=[CHANGE | {"merged_at": "2026-11-02T09:30:00Z"}]) == "changed"
    program.deploy(updated_at=LATEST)
    assert result_of(program, changes=[CHANGE | {"title": "Late"}], updated_at=LATER) == "changed"
    assert Change.objects.get().title == "Late"


def test_an_error_of_a_change_stands_at_the_change(program: Program) -> None:
    bad = CHANGE | {"merged_at": "2026-11-01T09:00:00Z"}
    told = program.push("deployments", DEPLOYMENT, DEPLOYMENT | {"id": "b", "changes": [OTHER, bad]}, status=400)
    assert told == {"deployments": {"1": {"changes": {"1": {"merged_at": ["It was merged before it was opened."]}}}}}
    assert not Deployment.objects.exists()


# -- Reverts


REVERT = {
    "id": "next", "created_at": "2026-11-03T09:30:00Z", "finished_at": "2026-11-03T09:42:00Z",
    "changes": [{
        "id": "14", "title": 'Revert "Faster index"', "first_commit_at": "2026-11-03T08:00:00Z",
        "opened_at": "2026-11-03T08:10:00Z", "merged_at": "2026-11-03T09:00:00Z",
    }],
}  # fmt: skip


def test_a_pushed_revert_shows_that_what_it_reverts_failed(program: Program, team: Team, team_admin: Person) -> None:
    set_policy(team=team, seen={"reverts": False}, wanted={"reverts": True}, by=team_admin)
    program.deploy(changes=[CHANGE | {"title": "Faster index"}])
    program.deploy(**REVERT)
    assert [(each.deployment.key, each.kind) for each in Failure.objects.all()] == [("push:build-512", "revert")]
    assert len(reference.failures(reference.facts_of(team))) == 1
    program.deploy(**REVERT | {"changes": [], "updated_at": "2026-11-03T10:00:00Z"})
    assert not Failure.objects.exists()
    assert reference.failures(reference.facts_of(team)) == set()
