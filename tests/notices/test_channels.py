"""The pages of a team's channels, and how the outbox does."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from core import clock, readiness, undo
from notices import outbox
from notices.models import Channel
from notices.services import channels as services
from teams.models import AuditEvent, Person, Team
from tests.notices.telling import add_channel, send_later, tell
from tests.receivers import Answer, Hook

pytestmark = pytest.mark.django_db


def form_of(**fields: Any) -> dict[str, Any]:
    return {"kind": "slack", "name": "#ml", "address": "https://203.0.113.7/x", "wants": ["told"], **fields}


@pytest.fixture
def new(team: Team) -> str:
    return reverse("channel-new", args=[team.pk])


def test_empty_it_teaches_the_next_step(signed_in: Any, team: Team, editor: Person, team_admin: Person) -> None:
    path = reverse("channels", args=[team.pk])
    assert "A team admin can add one." in signed_in(editor).get(path).content.decode()
    assert reverse("channel-new", args=[team.pk]) in signed_in(team_admin).get(path).content.decode()


def test_one_is_added_and_its_address_never_shown(
    signed_in: Any, new: str, team: Team, team_admin: Person, hook: Hook
) -> None:
    client = signed_in(team_admin)
    answer = client.post(new, form_of(address=hook.url, kind="webhook"))
    made = Channel.objects.get()
    assert answer["Location"] == reverse("channel", args=[team.pk, made.pk])
    assert (made.address, made.host, made.kinds) == (hook.url, hook.host, ["told"])
    page = client.get(answer["Location"]).content.decode()
    assert made.secret in page  # once
    again = (
        client.get(answer["Location"]).content.decode()
        + client.get(reverse("channels", args=[team.pk])).content.decode()
    )
    assert made.secret not in again
    assert "secret-of-the-channel" not in page + again
    entry = AuditEvent.objects.get(action="channel.added")
    assert (entry.team, entry.data["host"]) == (team, hook.host)


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"address": "https://127.0.0.1/x"}, "address", "127.0.0.1 is a private or local address"),
        ({"address": "https://169.254.169.254/x"}, "address", "OUTGOING_ALLOW"),
        ({"address": "http://8.8.8.8/x"}, "address", "without encryption"),
        ({"address": "ftp://203.0.113.7/x"}, "address", "not an address"),
        ({"address": "nonsense"}, "address", "not an address"),
        ({"address": "https://me:secret@203.0.113.7/x"}, "address", "must hold no user name and no password"),
        ({"address": ""}, "address", "required"),
        ({"kind": "fax"}, "kind", "valid choice"),
        ({"name": "a\u202eb"}, "name", "control characters"),
        ({"wants": ["quiet"]}, "wants", "valid choice"),
        ({"wants": []}, "wants", "at least one"),
    ],
)
def test_what_cannot_be_is_refused(
    fields: dict[str, Any], field: str, sentence: str, signed_in: Any, new: str, team_admin: Person
) -> None:
    answer = signed_in(team_admin).post(new, form_of(**fields))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert sentence in str(answer.context["form"].errors[field])
    assert not Channel.objects.exists()
    if len(fields.get("address", "")) > 10:
        assert f'value="{fields["address"]}"' not in answer.content.decode()  # it is typed again


def test_without_an_address_of_its_own_the_portal_adds_none(
    signed_in: Any, new: str, team_admin: Person, settings: Any
) -> None:
    settings.PORTAL_URL = ""
    client = signed_in(team_admin)
    for answer, status in ((client.get(new), 200), (client.post(new, form_of()), 422)):
        assert (answer.status_code, answer.text.count("PORTAL_URL is not set")) == (status, 1)
        assert 'name="address"' not in answer.text, "nothing is asked that would be refused"


def test_a_team_has_so_many_and_no_more(signed_in: Any, new: str, team: Team, team_admin: Person, hook: Hook) -> None:
    for _ in range(20):
        add_channel(team, hook.url)
    assert "20 channels at most" in signed_in(team_admin).post(new, form_of(address=hook.url)).content.decode()


def test_what_it_gets_can_be_changed(signed_in: Any, team: Team, team_admin: Person, hook: Hook) -> None:
    made = add_channel(team, hook.url)
    client, path = signed_in(team_admin), reverse("channel", args=[team.pk, made.pk])
    seen = {"seen_name": "#ml", "seen_gets_told": "True", "seen_gets_due": "True"}
    assert client.post(path, {"name": "#ops", "gets_told": "on", **seen}).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.kinds) == ("#ops", ["told"])
    assert client.post(path, {"name": "#data", "gets_told": "on", "gets_due": "on", **seen}).status_code == 409
    assert client.post(path, {"name": "", **seen}).status_code == 422


def test_a_test_message_tells_what_the_host_said(signed_in: Any, team: Team, team_admin: Person, hook: Hook) -> None:
    made = add_channel(team, hook.url, "slack")
    hook.answers = [Answer(400, b"invalid_payload")]
    client, path = signed_in(team_admin), reverse("channel-test", args=[team.pk, made.pk])
    assert "invalid_payload" in client.post(path, follow=True).content.decode()
    assert "took a test message" in client.post(path, follow=True).content.decode()
    assert b"Forecasting" in hook.posts[1].body


def test_another_address_another_secret_and_removal(signed_in: Any, team: Team, team_admin: Person, hook: Hook) -> None:
    made = add_channel(team, "https://203.0.113.7/old")
    client, before = signed_in(team_admin), made.secret
    path = reverse("channel-address", args=[team.pk, made.pk])
    refused = client.post(path, {"address": "https://10.0.0.1/x"})
    assert refused.status_code == 422
    assert "private or local address" in refused.content.decode()
    assert client.post(path, {"address": hook.url}).status_code == 302
    page = client.post(reverse("channel-secret", args=[team.pk, made.pk]), follow=True).content.decode()
    made.refresh_from_db()
    assert made.address == hook.url
    assert made.secret != before
    assert made.secret in page
    client.post(reverse("channel-remove", args=[team.pk, made.pk]))
    assert not Channel.objects.present().exists()
    told = {entry.sentence({}) for entry in AuditEvent.objects.filter(action__startswith="channel.")}
    assert "Renewed the secret of the channel “#ml”." in told
    assert not any("secret-of-the-channel" in sentence for sentence in told)


def test_a_removed_channel_gets_nothing_and_is_forgotten_unless_it_is_brought_back(
    team: Team, team_admin: Person, hook: Hook
) -> None:
    made = add_channel(team, hook.url)
    tell(team=team, by=team_admin)
    services.remove(channel=made, by=team_admin)
    tell(team=team, by=team_admin, key="2")
    assert send_later() == 0
    services.bring_back(channel=made.pk, by=team_admin)
    assert send_later(minutes=1) == 1  # what waited; what was told meanwhile is not its
    assert len(hook.posts) == 1
    services.remove(channel=made, by=team_admin)
    assert services.forget_removed() == 0
    with clock.at(clock.now() + undo.LASTS):
        assert services.forget_removed() > 0
    assert not Channel.objects.exists()
    with pytest.raises(undo.TooLate):
        services.bring_back(channel=made.pk, by=team_admin)


def test_a_channel_that_ended_does_not_go_on_by_a_click(signed_in: Any, team: Team, team_admin: Person) -> None:
    made = add_channel(team, "https://x/y", state="ended")
    answer = signed_in(team_admin).post(reverse("channel-resume", args=[team.pk, made.pk]), follow=True).text
    assert "Enter a new one, and messages go on." in answer
    assert "Messages go on.</p>" not in answer
    made.refresh_from_db()
    assert made.state == "ended"


def test_a_test_message_that_failed_is_not_said_to_be_tried_again(
    signed_in: Any, team: Team, team_admin: Person, hook: Hook
) -> None:
    made = add_channel(team, hook.url, "slack")
    hook.answers = [Answer(503), Answer(503), Answer(503), Answer(503)]
    path = reverse("channel-test", args=[team.pk, made.pk])
    said = signed_in(team_admin).post(path, follow=True).content.decode()
    assert "has a problem of its own (503). Try again in a moment." in said
    assert "The portal tries again" not in said


def test_only_webhooks_have_a_secret(signed_in: Any, team: Team, team_admin: Person, hook: Hook) -> None:
    made = add_channel(team, hook.url, "slack", secret="")
    answer = signed_in(team_admin).post(reverse("channel-secret", args=[team.pk, made.pk]), follow=True)
    assert "Only a webhook has a secret." in answer.content.decode()


def test_the_list_shows_host_state_and_reason_but_no_address(signed_in: Any, team: Team, editor: Person) -> None:
    add_channel(team, "https://x/y", state="ended", error_code="gone", error_params={"host": "chat.example.com"})
    page = signed_in(editor).get(reverse("channels", args=[team.pk])).content.decode()
    assert "chat.example.com says that this address is gone for good (410)." in page
    assert "https://x/y" not in page
    assert len(re.findall("Told", page)) == 1


# -- How the outbox does ----------------------------------------------------------------------------------------------


def test_administrators_see_what_stands_still(signed_in: Any, team: Team, administrator: Person, hook: Hook) -> None:
    add_channel(team, hook.url)
    paused = add_channel(team, hook.url, name="#paused", state="paused", error_code="refused")
    with clock.at(clock.now() - timedelta(minutes=20)):
        tell(team=team, by=administrator)
    assert "no worker has sent it" in outbox.overdue()
    assert readiness.missing()["notices"] == outbox.overdue()
    page = signed_in(administrator).get("/organisation/notices/").content.decode()
    assert "no worker has sent it" in page
    assert "#paused" in page
    Channel.objects.exclude(pk=paused.pk).delete()
    assert outbox.overdue() == ""  # what a paused channel is to get is nobody's fault


def test_a_bell_rings_for_what_is_due_and_not_twice_at_once(team: Team, editor: Person, monkeypatch: Any) -> None:
    rung: list[int] = []
    monkeypatch.setattr(outbox, "enqueue", lambda: rung.append(1))
    assert not outbox.ring()
    tell(editor)
    assert (outbox.ring(), outbox.ring()) == (True, False)
    with clock.at(clock.now() + timedelta(seconds=21)):
        assert outbox.ring()
    assert len(rung) == 2
