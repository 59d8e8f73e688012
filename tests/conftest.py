"""The fixed cast that every room's tests know, and how browsers are started."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, settings

from core import append_only
from teams.models import Organisation, Person, Team, TeamRole
from tests import sessions
from tests.browser import CHROMIUM_ARGUMENTS, chromium
from tests.browsing import opened
from tests.canaries import broken, output
from tests.factories import MembershipFactory, OrganisationFactory, PersonFactory, TeamFactory

__all__ = ["broken", "opened", "output"]

# A busy machine is no defect: nothing here fails because it took long. What fails once fails again.
settings.register_profile("portal", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.load_profile("portal")

# Playwright's own loop runs in this thread while browser tests use the database in the ordinary, blocking way.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


# What these test stands on floors that hold no database, so that once is enough; one that does ask for it is asked of both.
ONCE = ("tests/connectors/", "tests/core/test_http", "tests/mlops_portal/test_front.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        asks = item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(
            getattr(item, "fixturenames", ())
        )
        if item.nodeid.startswith(ONCE) and not asks:
            item.add_marker("once")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    return {"executable_path": chromium(), "args": CHROMIUM_ARGUMENTS}


@pytest.fixture
def organisation(db: None) -> Organisation:
    return OrganisationFactory()


@pytest.fixture
def team(organisation: Organisation) -> Team:
    return TeamFactory(name="Forecasting")


@pytest.fixture
def editor(team: Team) -> Person:
    return MembershipFactory(team=team, person__name="Emma Editor").person


@pytest.fixture
def team_admin(team: Team) -> Person:
    return MembershipFactory(team=team, person__name="Taro Admin", role=TeamRole.TEAM_ADMIN).person


@pytest.fixture
def outsider(organisation: Organisation) -> Person:
    """Someone signed in who belongs to another team only."""
    return MembershipFactory(person__name="Olga Outsider", role=TeamRole.TEAM_ADMIN).person


@pytest.fixture
def manager(organisation: Organisation) -> Person:
    return PersonFactory(name="Mina Manager", manager=True)


@pytest.fixture
def administrator(organisation: Organisation) -> Person:
    return PersonFactory(name="Ada Administrator", administrator=True)


@pytest.fixture
def signed_in() -> Callable[[Person], Client]:
    """A client signed in as somebody: `signed_in(editor).get(...)`."""

    def sign_in(person: Person) -> Client:
        client = Client()
        sessions.sign_in(client, person)
        return client

    return sign_in


@pytest.fixture
def limited(settings: Any) -> Iterator[None]:
    """With the limits on guesses, which tests are otherwise free of; nothing is counted yet."""
    settings.ACCOUNT_RATE_LIMITS = settings.SIGN_IN_LIMITS
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def _unguarded(transactional_db: None) -> None:
    """For tests that empty the tables afterwards: row triggers would refuse that on SQLite."""
    append_only.unguard_tables()
