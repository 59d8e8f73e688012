"""Posts to channels, through a real host: what they hold, and what becomes of those that are not taken."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from core import clock, undo
from core.refusals import Refused
from notices.models import Channel, ChannelState, Notice, Outgoing, OutgoingState
from notices.services import channels
from teams.models import AuditEvent, Person, Team
from tests.notices.telling import add_channel, only_row, send_at, send_later, tell
from tests.receivers import Answer, Hook

pytestmark = pytest.mark.django_db
NAME = "<!channel> & <https://evil.example|x>"


def sent(hook: Hook) -> dict[str, Any]:
    (post,) = hook.posts
    return json.loads(post.body)  # type: ignore[no-any-return]


def test_a_signed_webhook(team: Team, editor: Person, hook: Hook) -> None:
    channel = add_channel(team, hook.url)
    tell(team=team, by=editor, url=f"/teams/{team.pk}/")
    row = only_row()
    send_later()
    (post,) = hook.posts
    stamp, uid = post.headers["webhook-timestamp"], post.headers["webhook-id"]
    # By hand, after https://www.standardwebhooks.com.
    key = base64.b64decode(channel.secret.removeprefix("whsec_"))
    made = hmac.new(key, f"{uid}.{stamp}.".encode() + post.body, hashlib.sha256).digest()
    assert post.headers["webhook-signature"] == f"v1,{base64.b64encode(made).decode()}"
    assert abs(int(stamp) - clock.now().timestamp()) < 60
    assert uid == str(row.uid)
    assert sent(hook) == {
        "id": uid,
        "kind": "told",
        "team": {"id": team.pk, "name": "Forecasting"},
        "title": "Emma Editor told of “Serving”.",
        "url": f"https://portal.example.com/teams/{team.pk}/",
        "at": row.created_at.isoformat(),
    }


def test_the_example_of_the_specification() -> None:
    """The test vector that the libraries of standardwebhooks.com share."""
    from notices.posting import signature

    made = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}'
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_slack(team: Team, editor: Person, hook: Hook) -> None:
    add_channel(team, hook.url, "slack")
    tell(team=team, by=editor, title=NAME)
    send_later()
    said = sent(hook)
    assert said["text"] == "Emma Editor told of “&lt;!channel&gt; &amp; &lt;https://evil.example|x&gt;”."
    first, second = said["blocks"]
    assert first["text"] == {"type": "plain_text", "text": f"Emma Editor told of “{NAME}”.", "emoji": False}
    assert "<https://portal.example.com/teams/|Open in the MLOps Portal>" in second["elements"][0]["text"]
    assert "webhook-signature" not in hook.posts[0].headers


def test_teams(team: Team, editor: Person, hook: Hook) -> None:
    add_channel(team, hook.url, "teams")
    tell(team=team, by=editor, title="**[x](https://evil.example)**")
    send_later()
    (attachment,) = sent(hook)["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert {each["type"] for each in card["body"]} == {"RichTextBlock"}  # whose runs know no Markdown
    assert card["body"][1]["inlines"][0]["text"] == "Emma Editor told of “**[x](https://evil.example)**”."
    assert card["actions"][0]["url"] == "https://portal.example.com/teams/"


def test_it_speaks_the_organisations_language(team: Team, editor: Person, hook: Hook, organisation: Any) -> None:
    organisation.language = "ja"
    organisation.save()
    add_channel(team, hook.url, "webhook")
    tell(team=team, by=editor, kind="due")
    send_later()
    assert "2026年12月1日" in sent(hook)["title"]


# -- What is not taken ----------------------------------------------------------------------------------------------


def test_a_host_that_has_a_problem_is_asked_again_with_the_same_id(team: Team, editor: Person, hook: Hook) -> None:
    channel = add_channel(team, hook.url)
    hook.answers = [Answer(500), Answer(503)]
    tell(team=team, by=editor)
    for minutes in (0, 2, 5):
        send_later(minutes=minutes)
    assert len({post.headers["webhook-id"] for post in hook.posts}) == 1
    assert len(hook.posts) == 3
    channel.refresh_from_db()
    assert (channel.state, channel.error_code, only_row().state) == ("works", "", OutgoingState.SENT)


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_the_host_asks_for_is_kept(status: int, team: Team, editor: Person, hook: Hook) -> None:
    add_channel(team, hook.url)
    hook.answers = [Answer(status, headers={"Retry-After": "1800"})]
    tell(team=team, by=editor)
    now = clock.now()
    send_at(now)
    assert only_row().next_at - now >= timedelta(minutes=29)
    send_at(now + timedelta(minutes=31))
    assert [post.headers["webhook-id"] for post in hook.posts] == [str(only_row().uid)] * 2


def test_refusals_pause_the_channel_which_says_why_and_goes_on_when_told(
    team: Team, team_admin: Person, hook: Hook
) -> None:
    channel = add_channel(team, hook.url, "slack")
    hook.answers = [Answer(403, b"action_prohibited")] * 3
    for key in "1234":
        tell(team=team, by=team_admin, key=key)
    send_later()
    channel.refresh_from_db()
    assert channel.state == ChannelState.PAUSED
    assert channel.error_params["said"] == "action_prohibited"
    assert len(hook.posts) == 3
    told = Notice.objects.get()
    assert (told.person, told.kind, told.url) == (
        team_admin,
        "channel_stopped",
        f"/teams/{team.pk}/channels/{channel.pk}/",
    )
    send_later(days=3)
    assert len(hook.posts) == 3  # nothing is tried, nothing is lost
    channels.resume(channel=channel, by=team_admin)
    send_later()
    assert len(hook.posts) == 7
    assert not channel.outgoing.waiting().exists()


@pytest.mark.parametrize("status", [404, 410])
def test_an_address_that_is_gone_ends_it_until_another_is_entered(
    status: int, team: Team, team_admin: Person, hook: Hook
) -> None:
    channel = add_channel(team, hook.url, "slack")
    hook.answers = [Answer(status)]
    tell(team=team, by=team_admin)
    send_later()
    channel.refresh_from_db()
    assert channel.state == ChannelState.ENDED
    with pytest.raises(Refused):  # of no use
        channels.resume(channel=channel, by=team_admin)
    send_later(hours=1)
    assert len(hook.posts) == 1
    channels.enter_address(channel=channel, address=f"{hook.url}/new", by=team_admin)
    send_later()
    assert hook.posts[-1].path.endswith("/new")
    assert list(AuditEvent.objects.filter(action__startswith="channel.").values_list("action", flat=True)) == [
        "channel.address_entered"
    ]


def test_it_is_not_led_elsewhere(team: Team, editor: Person, hook: Hook) -> None:
    channel = add_channel(team, hook.url)
    hook.answers = [Answer(307, headers={"Location": "https://evil.example/"})]
    tell(team=team, by=editor)
    send_later()
    channel.refresh_from_db()
    assert (channel.error_code, channel.error_params["to"]) == ("redirected_elsewhere", "evil.example")
    assert len(hook.posts) == 1


def test_a_name_that_leads_to_a_private_network_later_is_refused_then(
    team: Team, editor: Person, hook: Hook, settings: Any
) -> None:
    channel = add_channel(team, hook.url)
    settings.OUTGOING_ALLOW = []
    tell(team=team, by=editor)
    send_later()
    channel.refresh_from_db()
    assert (channel.error_code, hook.posts) == ("address_refused", [])


def test_one_that_is_removed_takes_along_what_waits(team: Team, team_admin: Person, hook: Hook) -> None:
    channel = add_channel(team, hook.url)
    tell(team=team, by=team_admin)
    channels.remove(channel=channel, by=team_admin)
    assert send_later() == 0
    with clock.at(clock.now() + undo.LASTS):
        channels.forget_removed()
    assert not Channel.objects.exists()
    assert not Outgoing.objects.exists()
