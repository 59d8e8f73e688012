"""What a token sees: page after page, and whoever it belongs to."""

from __future__ import annotations

import pytest

from connectors.records import Repository
from connectors.registry import CONNECTORS
from core.http import OutgoingError
from tests.fakes.github import FakeGitHub

GITHUB = CONNECTORS["github"]


def listing(fake: FakeGitHub, token: str = "secret") -> list[Repository]:
    found: list[Repository] = []
    with GITHUB.client(fake.url, token) as client:
        page, more = 1, True
        while more:
            answer = GITHUB.list_repositories(client, page)
            found += answer.repositories
            page, more = page + 1, answer.more
    return found


def test_a_thousand_repositories_cost_ten_requests(fake: FakeGitHub) -> None:
    for number in range(1000):
        fake.add_repo(f"acme/service-{number:04}")
    found = listing(fake)
    assert [each.full_name for each in found] == [f"acme/service-{number:04}" for number in range(1000)]
    assert len({each.external_id for each in found}) == 1000
    assert found[0].url == f"{fake.url}/acme/service-0000"
    assert len(fake.seen) == 10


def test_an_apps_installation_sees_what_it_was_installed_on(fake: FakeGitHub) -> None:
    fake.installation = True
    mine, hidden = fake.add_repo("acme/mine"), fake.add_repo("acme/hidden")
    hidden.listed = False
    assert [each.external_id for each in listing(fake)] == [str(mine.id)]
    assert [seen.path for seen in fake.seen] == ["/user/repos", "/installation/repositories"]


def test_a_token_that_sees_nothing_and_one_that_is_wrong(fake: FakeGitHub) -> None:
    assert listing(fake) == []
    with pytest.raises(OutgoingError) as refused:
        listing(fake, "another")
    assert refused.value.code == "unauthorised"


def test_what_has_no_id_cannot_be_connected_and_is_left_out(fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    nameless = fake.add_repo("acme/nameless")
    monkeypatch.setattr(nameless, "object", lambda: {"full_name": "acme/nameless", "id": None})
    named = fake.add_repo("acme/named")
    assert [each.external_id for each in listing(fake)] == [str(named.id)]
