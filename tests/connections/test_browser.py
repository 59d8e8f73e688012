"""Sharing a repository in a real browser: an administrator gives, a team chooses from a thousand; and what axe says of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Request, Route, expect

from connections.models import Connection, Grant, Source
from delivery.models import Service
from teams.models import Person, Team
from tests.browser import look
from tests.browsing import OpenPage, faults
from tests.connections.factories import ConnectionFactory, CredentialFactory, GrantFactory, ServiceFactory, ShareFactory
from tests.connections.factories import SourceFactory as Read
from tests.factories import TeamFactory
from tests.fakes.github import FakeGitHub

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_unguarded")]


@pytest.fixture
def fake(settings: Any) -> Iterator[FakeGitHub]:
    settings.OUTGOING_ALLOW = ["127.0.0.1"]
    cache.clear()
    with FakeGitHub(token="secret") as made:
        for number in range(1000):
            repo = made.add_repo(f"acme/service-{number:04}")
            if number in (41, 42):
                repo.deploy(datetime.now(UTC) - timedelta(days=2))
        yield made
    cache.clear()


@pytest.fixture
def common(fake: FakeGitHub) -> Connection:
    made = ConnectionFactory(team=None, name="GitHub", kind="github", base_url=f"{fake.url}/api/v3", credential=None)
    CredentialFactory(connection=made, token="secret")
    return made


def test_given_by_an_administrator_and_taken_by_a_team(
    opened: OpenPage, administrator: Person, team_admin: Person, team: Team, common: Connection
) -> None:
    ada = opened(administrator, reverse("organisation-connection-give", args=[common.pk]))
    expect(ada.get_by_text("1000 of 1000")).to_be_visible()
    ada.get_by_role("main").get_by_role("searchbox").fill("004")
    ada.get_by_role("main").get_by_role("searchbox").press("Enter")
    expect(ada.get_by_text("11 of 1000")).to_be_visible()
    ada.locator("[name=team]").select_option(label=team.name)
    for name in ("acme/service-0041", "acme/service-0042"):
        ada.get_by_label(name).check()
    ada.get_by_role("button", name="Give to the team").click()
    expect(ada.get_by_text(f"{team.name} may take 2 more repositories.")).to_be_visible()

    taro = opened(team_admin, reverse("connections", args=[team.pk]), width=390)
    taro.get_by_role("link", name="Choose from a list").click()
    for name in ("acme/service-0041", "acme/service-0042"):
        taro.get_by_label(name).check()
    taro.get_by_role("button", name="Connect what is chosen").click()
    expect(taro.get_by_text("2 repositories are connected.")).to_be_visible()
    assert Service.objects.filter(team=team).count() == 2


def test_anybody_can_use_the_pages(opened: OpenPage, administrator: Person, team: Team, common: Connection) -> None:
    ranking = TeamFactory(name="Ranking")
    for number, each in enumerate((team, ranking)):
        GrantFactory(connection=common, team=each, external_id="1001", full_name="acme/service-0000")
        GrantFactory(
            connection=common, team=each, external_id=str(1002 + number), full_name=f"acme/service-000{number + 1}"
        )
    source = Read(connection=common, share=None, external_id="1001", full_name="acme/service-0000", next_sync_at=None)
    for number, each in enumerate((team, ranking)):
        ShareFactory(source=source, team=each, connection=common)
        ServiceFactory(
            source=source, team=each, name=f"part {number}", incident_labels=[f"label-{number}"],
            environments={"production": [f"prod-{number}"]},
        )  # fmt: skip
    service = Service.objects.get(team=team)
    paths = [
        reverse("organisation-connections"),
        reverse("organisation-connection-new"),
        *(reverse(f"organisation-connection{name}", args=[common.pk]) for name in ("", "-give", "-access", "-end")),
        reverse("connection", args=[team.pk, source.pk]),
        reverse("connection-disconnect", args=[team.pk, source.pk]),
        reverse("repositories-add", args=[team.pk]),
        reverse("service-add", args=[team.pk, source.pk]),
        reverse("service-end", args=[team.pk, service.pk]),
    ]
    found: list[str] = []
    for width, scheme in ((1440, "light"), (390, "dark")):
        page = opened(administrator, paths[0], width=width, color_scheme=scheme)
        for path in paths:
            page.goto(f"{page.url.split('/organisation')[0].split('/teams')[0]}{path}")
            found += faults(page)
    assert found == []
    assert Grant.objects.count() == 4


def test_a_page_that_is_told_that_the_sync_ended_asks_no_more(opened: OpenPage, team_admin: Person, team: Team) -> None:
    """It asks by itself while a sync runs. Whichever way it learns of the end, it holds everything once."""
    now = datetime.now(UTC)
    source = Read(connection__team=team, next_sync_at=now, lease_owner="worker", lease_until=now + timedelta(minutes=5))
    page = opened(team_admin, reverse("connection", args=[team.pk, source.pk]))
    expect(page.locator("#live[hx-trigger='every 2s']")).to_be_visible()
    asked: list[Request] = []

    def still_reading(route: Route) -> None:
        if "hx-request" not in route.request.headers:
            route.continue_()
            return
        asked.append(route.request)
        route.fulfill(status=204)

    page.route(f"**{reverse('connection', args=[team.pk, source.pk])}**", still_reading)
    later = now + timedelta(minutes=15)
    Source.objects.filter(pk=source.pk).update(lease_until=None, succeeded_at=now, next_sync_at=later)
    look(page)
    expect(page.locator("#live:not([hx-trigger])")).to_be_visible()
    asked.clear()
    page.wait_for_timeout(2300)  # longer than it waited from one question to the next
    assert asked == []
    page.unroute_all()
    assert page.locator("#live").count() == 1
