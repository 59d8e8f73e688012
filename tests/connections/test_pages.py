"""The pages of a team's connections."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from connections import services, sync
from connections.models import Connection, ConnectionState, Credential, Source
from connectors.records import Inspection, SetAside
from core import clock
from core.edits import StaleEdit
from core.http import OutgoingError, RateLimit
from delivery.models import Service
from teams.models import AuditEvent, Person, Team
from tests.connections.factories import NOW, SourceFactory
from tests.connections.fixtures import seen
from tests.connections.stub import StubConnector
from tests.stale import asked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
SignIn = Callable[[Person], Client]


def url(name: str, source: Source) -> str:
    return reverse(name, args=[source.connection.team_id, source.pk])


@pytest.fixture
def admin(signed_in: SignIn, team_admin: Person) -> Client:
    return signed_in(team_admin)


# -- The list ---------------------------------------------------------------------------------------------------------


def test_an_empty_list_teaches_the_next_step(signed_in: SignIn, team: Team, team_admin: Person, editor: Person) -> None:
    address = reverse("connections", args=[team.pk])
    connect = reverse("connect", args=[team.pk])
    assert connect in signed_in(team_admin).get(address).text
    page = signed_in(editor).get(address).text
    assert connect not in page
    assert "A team admin can connect them." in page


def test_the_list_shows_health_and_what_the_limit_leaves(admin: Client, source: Source, team: Team) -> None:
    Source.objects.update(
        succeeded_at=NOW, next_sync_at=NOW + timedelta(minutes=15), rate_limit=5000, rate_remaining=4321
    )
    page = admin.get(reverse("connections", args=[team.pk])).text
    for text in ("acme/shop", "Up to date", "24 Nov 2026, 09:30", "24 Nov 2026, 09:45", "4321 of 5000"):
        assert text in page


def test_the_list_costs_the_same_for_few_and_many(admin: Client, source: Source, team: Team) -> None:
    def cost() -> int:
        with CaptureQueriesContext(database) as queries:
            assert admin.get(reverse("connections", args=[team.pk])).status_code == 200
        return len(queries)

    few = cost()
    for _ in range(8):
        SourceFactory(connection=source.connection)
    assert cost() == few


# -- One connection ---------------------------------------------------------------------------------------------------


def test_the_page_shows_what_a_sync_did(admin: Client, source: Source, stub: StubConnector) -> None:
    stub.set_aside = [SetAside("deployment:9", "missing_instant", "created_at", "https://example.com/9")]
    sync.sync(source.pk)
    page = admin.get(url("connection", source)).text
    assert "Up to date" in page
    assert '<td class="p-num" data-stream="deployments">6</td>' in page, "five and the one set aside"
    assert "The host sent it without a time that the portal needs." in page
    assert '<a href="https://example.com/9" rel="noreferrer">deployment:9</a>' in page
    assert "5 requests" in page
    assert "hx-trigger" not in page, "nothing runs, so nothing is asked for again"


def test_an_address_that_is_no_web_page_is_no_link(admin: Client, source: Source, stub: StubConnector) -> None:
    stub.set_aside = [SetAside("deployment:9", "gone", "<b>x</b>", "javascript:alert(1)")]
    sync.sync(source.pk)
    page = admin.get(url("connection", source)).text
    assert "javascript:" not in page
    assert "<b>x</b>" not in page


def test_while_a_sync_runs_the_page_asks_again(admin: Client, source: Source, stub: StubConnector) -> None:
    pages: list[str] = []
    stub.before_page = lambda _: pages.append(admin.get(url("connection", source), headers={"HX-Request": "true"}).text)
    sync.sync(source.pk)
    assert all('hx-trigger="every 2s"' in page and "Reading now" in page for page in pages)
    assert all("<html" not in page and 'id="live"' in page for page in pages)
    assert 'data-stream="deployments">2<' in pages[1]
    assert 'data-stream="deployments">4<' in pages[2]
    after = admin.get(url("connection", source), headers={"HX-Request": "true"})
    assert "hx-trigger" not in after.text
    assert "HX-Request" in after["Vary"]


def test_while_the_request_limit_is_waited_for_the_page_asks_now_and_then(admin: Client, source: Source) -> None:
    source.waiting_until = source.next_sync_at = clock.now() + timedelta(minutes=10)
    source.save()
    assert 'hx-trigger="every 15s"' in admin.get(url("connection", source)).text


def test_what_a_person_watches_ends_with_the_history_and_with_what_was_set_aside(
    admin: Client, source: Source, stub: StubConnector
) -> None:
    stub.set_aside = [SetAside("deployment:9", "missing_instant", "created_at")]
    sync.sync(source.pk)
    watched = admin.get(url("connection", source), headers={"HX-Request": "true"}).text
    assert "deployment:9" in watched
    assert "Nothing was read yet." not in watched


def test_a_failed_sync_is_told_in_a_sentence(admin: Client, source: Source, stub: StubConnector) -> None:
    def fail(number: int) -> None:
        raise OutgoingError("missing_scope", host="api.example.com", needs="deployments=read")

    stub.before_page = fail
    sync.sync(source.pk)
    page = admin.get(url("connection", source)).text
    assert "api.example.com asks for the permission “deployments=read”" in page


def test_a_reader_sees_it_but_no_buttons(signed_in: SignIn, outsider: Person, source: Source) -> None:
    page = signed_in(outsider).get(url("connection", source))
    assert page.status_code == 200
    assert "<form" not in page.text.partition("<main")[2].partition("</main")[0]


def test_rules_are_one_click_away(admin: Client, source: Source, service: Service) -> None:
    assert reverse("delivery-rules", args=[service.team_id, service.pk]) in admin.get(url("connection", source)).text


def test_runs_are_paged(admin: Client, source: Source) -> None:
    for number in range(45):
        source.runs.create(owner="x", started_at=NOW - timedelta(minutes=number), finished_at=NOW, outcome="succeeded")
    assert "Page 1 of 3" in admin.get(url("connection", source)).text
    assert "Page 3 of 3" in admin.get(url("connection", source) + "?page=99").text


def test_the_page_costs_the_same_for_few_and_many(admin: Client, source: Source) -> None:
    def cost() -> int:
        with CaptureQueriesContext(database) as queries:
            assert admin.get(url("connection", source)).status_code == 200
        return len(queries)

    source.runs.create(
        owner="x", started_at=NOW, finished_at=NOW, outcome="succeeded", asked_by=source.connection.created_by
    )
    source.set_aside.create(key="0", reason="gone", first_seen_at=NOW, last_seen_at=NOW)
    few = cost()
    for number in range(1, 15):
        source.runs.create(owner="x", started_at=NOW, finished_at=NOW, outcome="failed", error_code="timeout")
        source.set_aside.create(key=str(number), reason="gone", first_seen_at=NOW, last_seen_at=NOW)
    assert cost() == few


# -- Buttons ----------------------------------------------------------------------------------------------------------


def test_sync_now_makes_it_due(admin: Client, source: Source) -> None:
    Source.objects.update(next_sync_at=NOW + timedelta(minutes=9))
    response = admin.post(url("connection-sync", source), follow=True)
    assert "About to read" in response.text
    source.refresh_from_db()
    assert source.next_sync_at == NOW


def test_sync_now_while_one_runs_says_so_and_doubles_nothing(admin: Client, source: Source) -> None:
    Source.objects.update(
        lease_owner="x", lease_until=NOW + timedelta(seconds=9), next_sync_at=NOW - timedelta(hours=1)
    )
    assert "A sync is already running." in admin.post(url("connection-sync", source), follow=True).text
    source.refresh_from_db()
    assert source.next_sync_at == NOW - timedelta(hours=1)


def test_pause_and_resume(admin: Client, source: Source) -> None:
    assert "Paused" in admin.post(url("connection-pause", source), follow=True).text
    assert "About to read" in admin.post(url("connection-resume", source), follow=True).text


def test_disconnecting_asks_first_and_says_what_stays(admin: Client, source: Source) -> None:
    assert "stay, and so do the figures" in admin.get(url("connection-disconnect", source)).text
    source.refresh_from_db()
    assert source.active
    response = admin.post(url("connection-disconnect", source), follow=True)
    assert "acme/shop is disconnected." in response.text
    assert "Disconnected" in admin.get(url("connection", source)).text
    assert not Credential.objects.exists()


# -- Token and address ------------------------------------------------------------------------------------------------


@pytest.fixture
def works(stub: StubConnector, source: Source) -> None:
    stub.seen = Inspection(source.external_id, source.full_name, source.url, "main")


@pytest.mark.usefixtures("works")
def test_a_new_token_is_saved_and_never_shown(admin: Client, source: Source) -> None:
    Connection.objects.update(state=ConnectionState.NEEDS_TOKEN)
    Source.objects.update(next_sync_at=None)
    page = admin.get(url("connection-access", source))
    assert "secret-token" not in page.text
    response = admin.post(
        url("connection-access", source),
        {"token": "fresh-token", "base_url": source.base_url} | seen(source),
        follow=True,
    )
    assert "The token works." in response.text
    assert "fresh-token" not in response.text
    assert Credential.objects.get().token == "fresh-token"
    assert not any("fresh" in str(event.data) for event in AuditEvent.objects.all())


@pytest.mark.parametrize(
    ("error", "field", "text"),
    [
        (OutgoingError("unauthorised", host="h"), "token", "h does not accept the token"),
        (OutgoingError("missing_scope", host="h", needs="issues=read"), "token", "“issues=read”"),
        (OutgoingError("not_found", host="h"), "base_url", "h knows no such repository"),
        (OutgoingError("timeout", host="h"), "base_url", "did not answer in time. Try again in a moment."),
        (OutgoingError("address_refused", host="h", address="10.0.0.1"), "base_url", "OUTGOING_ALLOW"),
        (
            OutgoingError("redirected_elsewhere", host="h", to="evil"),
            "base_url",
            "sends the portal on to another host, evil",
        ),
    ],
)
@pytest.mark.usefixtures("works")
def test_a_refusal_is_a_sentence_at_its_field_and_saves_nothing(
    admin: Client, source: Source, stub: StubConnector, error: OutgoingError, field: str, text: str
) -> None:
    stub.refuse = error
    typed = {"token": "typed-token", "base_url": "https://api.example.com/typed"} | seen(source)
    response = admin.post(url("connection-access", source), typed)
    assert response.status_code == 422
    assert text in str(response.context["form"].errors[field])
    assert "typed-token" not in response.text
    assert "https://api.example.com/typed" in response.text
    assert Credential.objects.get().token == "secret-token"


@pytest.mark.usefixtures("works")
def test_another_host_asks_for_the_token_again(admin: Client, source: Source, stub: StubConnector) -> None:
    response = admin.post(
        url("connection-access", source), {"token": "", "base_url": "https://elsewhere.example.com"} | seen(source)
    )
    assert response.status_code == 422
    assert "The stored token is not sent there" in response.text
    assert stub.tokens == []


@pytest.mark.usefixtures("works")
def test_without_a_working_token_one_must_be_typed(admin: Client, source: Source) -> None:
    Connection.objects.update(state=ConnectionState.NEEDS_TOKEN)
    response = admin.post(url("connection-access", source), {"token": "", "base_url": source.base_url})
    assert response.status_code == 422
    assert "token" in response.context["form"].errors


def test_an_archived_team_is_not_read(source: Source, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    from connections import schedule

    sent: list[int] = []
    monkeypatch.setattr(schedule, "enqueue", sent.append)
    team.archived_at = NOW
    team.save()
    assert schedule.ring() == []
    team.archived_at = None
    team.save()
    with clock.at(NOW + timedelta(seconds=1)):
        assert schedule.ring() == [source.pk] == sent


def test_the_limit_of_the_run_is_shown_while_it_runs(
    admin: Client, source: Source, stub: StubConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, pages = stub.client, []

    def with_rate(base_url: str, token: str) -> object:
        made = client(base_url, token)
        made.rate = RateLimit(60, 17, None)
        return made

    monkeypatch.setattr(stub, "client", with_rate)
    stub.before_page = lambda _: pages.append(admin.get(url("connection", source)).text)
    sync.sync(source.pk)
    assert "17 of 60" not in pages[0]
    assert "17 of 60" in pages[1]


@pytest.mark.usefixtures("works")
def test_an_address_that_two_people_changed_is_asked_about(
    admin: Client, source: Source, administrator: Person
) -> None:
    before, moved = seen(source), "https://api.example.com/theirs"
    services.change_access(source=source, base_url=moved, token="", seen=services.access_of(source), by=administrator)
    typed = {"token": "typed-token", "base_url": "https://api.example.com/mine"} | before
    response = admin.post(url("connection-access", source), typed)
    question = asked(response.text)["base_url"]
    assert response.status_code == 409
    assert question.sentence.startswith("Ada Administrator changed this meanwhile (")
    assert (question.theirs, question.mine) == (moved, "https://api.example.com/mine")
    assert "typed-token" not in response.text
    assert Connection.objects.get().base_url == moved

    kept = admin.post(url("connection-access", source), typed | question.answer("theirs"))
    assert (kept.status_code, Connection.objects.get().base_url) == (302, moved)
    assert Credential.objects.get().token == "typed-token", "the other field is saved"


@pytest.mark.usefixtures("works")
def test_a_token_that_somebody_replaced_meanwhile_is_told_and_neither_is_shown(
    admin: Client, source: Source, administrator: Person
) -> None:
    typed = {"token": "mine-token", "base_url": source.base_url} | seen(source)
    access = services.access_of(source)
    services.change_access(source=source, base_url=source.base_url, token="theirs-token", seen=access, by=administrator)
    response = admin.post(url("connection-access", source), typed)
    assert response.status_code == 409
    assert "Ada Administrator entered another token meanwhile." in response.text
    assert "-token" not in response.text.replace("csrf-token", "")
    assert Credential.objects.get().token == "theirs-token"

    again = {name: response.context["form"][name].value() for name in ("base_url", "seen_base_url", "seen_credential")}
    assert admin.post(url("connection-access", source), again | {"token": "mine-token"}).status_code == 302
    assert Credential.objects.get().token == "mine-token"


@pytest.mark.usefixtures("works")
def test_what_changes_while_the_host_answers_is_not_mixed_with_what_was_tried(
    source: Source, team_admin: Person, administrator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, access = services.look, services.access_of(source)

    def slow(**asked_for: Any) -> Inspection:
        monkeypatch.setattr(services, "look", look)
        services.change_access(
            source=source, base_url="https://api.example.com/theirs", token="", seen=access, by=administrator
        )
        return look(**asked_for)

    monkeypatch.setattr(services, "look", slow)
    with pytest.raises(StaleEdit) as refused:
        services.change_access(source=source, base_url=source.base_url, token="x", seen=access, by=team_admin)
    assert refused.value.theirs == {"base_url": "https://api.example.com/theirs"}
    assert Credential.objects.get().token == "secret-token"
