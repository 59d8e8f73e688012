"""Secrets are never in logs, answers, the audit log, messages to the worker or anywhere in the database but where they belong.

Canaries are planted wherever a secret can be typed, also with an exception forced right behind it, and then all output is
searched. What the portal makes itself (codes, links, tokens) is a canary too, except on the one page that shows it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client
from django.urls import reverse

from connections.models import Connection, Credential, Source, Webhook
from connections.tasks import sync_source
from connectors.github.hooks import GitHubHook
from connectors.records import Inspection
from connectors.registry import HOOKS
from core.scrub import scrub
from notices import kinds as notice_kinds
from notices.models import Channel
from notices.posting import new_secret
from notices.unsubscribing import link_for
from teams.models import Person, Team
from teams.services.setup import new_code
from tests.canaries import Output, browser, careless
from tests.connections.fixtures import now, seen, service, source, stub  # noqa: F401
from tests.connections.stub import StubConnector
from tests.receivers import Hook

pytestmark = pytest.mark.django_db
LINK = re.compile(r"/invitation/([\w-]{20,})/")


def test_setting_up(output: Output, broken: Callable[[str], None], db: None) -> None:
    code = new_code()
    form = {"organisation": "Acme", "name": "Ada", "email": "ada@example.com", "language": "en", "time_zone": "UTC"}
    planted = {"password": "canary-PASSWORD-1"}
    # The field of the code keeps what was typed.
    output.answer(browser().post("/setup/", form | planted | {"code": "WRON-GCOD"}), "WRON-GCOD")
    output.answer(browser().post("/setup/", form | {"code": code, "password": "canary"}), code)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("teams.views.setup.set_up", careless)
        assert output.answer(browser().post("/setup/", form | planted | {"code": code})).status_code == 500
    assert output.answer(browser().post("/setup/", form | planted | {"code": code})).status_code == 302
    output.search(code, code.replace("-", ""), "canary-PASSWORD-1", "WRON-GCOD")


def test_signing_in(output: Output, broken: Callable[[str], None], editor: Person) -> None:
    editor.set_password("canary-right-password")
    editor.save()
    for password, status in (("canary-wrong-password", 422), ("canary-right-password", 302)):
        form = {"login": editor.email, "password": password}
        assert output.answer(browser().post("/accounts/login/", form)).status_code == status
    output.answer(
        browser().post("/accounts/login/", {"login": "canary-in-the-address", "password": "x"}), "canary-in-the-address"
    )
    output.answer(browser().get("/accounts/login/?password=canary-in-the-query&next=/"))
    broken("allauth.account.forms.LoginForm.clean")
    form = {"login": editor.email, "password": "canary-when-it-fails"}
    assert output.answer(browser().post("/accounts/login/", form)).status_code == 500
    output.search(
        "canary-right-password",
        "canary-wrong-password",
        "canary-in-the-address",
        "canary-in-the-query",
        "canary-when-it-fails",
    )


def test_a_new_password(output: Output, broken: Callable[[str], None], editor: Person) -> None:
    editor.set_password("canary-present-password")
    editor.save()
    client = browser(editor)
    page = "/account/password/"
    output.answer(client.post(page, {"password": "canary-not-the-present", "new": "canary-new-password-1"}))
    output.answer(client.post(page, {"password": "canary-present-password", "new": "canary"}))
    assert (
        output.answer(
            client.post(page, {"password": "canary-present-password", "new": "canary-new-password-2"})
        ).status_code
        == 302
    )
    broken("teams.services.account.set_password")
    assert (
        output.answer(
            client.post(page, {"password": "canary-new-password-2", "new": "canary-new-password-3"})
        ).status_code
        == 500
    )
    output.search("canary-present-password", "canary-not-the-present", *(f"canary-new-password-{n}" for n in (1, 2, 3)))


def test_a_reset_link(output: Output, broken: Callable[[str], None], editor: Person, settings: Any) -> None:
    settings.MAIL_WORKS, settings.PORTAL_URL = True, "https://portal.example.com"
    output.answer(browser().post("/accounts/password/reset/", {"email": editor.email}))
    found = re.search(r"/accounts/password/reset/key/(\S+?)/\s", mail.outbox[0].body + " ")
    assert found
    key = found[1]
    link = f"/accounts/password/reset/key/{key}/"
    output.answer(browser().get(link[:-3] + "/"))  # not wholly copied
    client = browser()
    page = output.answer(client.get(link))
    for password in ("short", "canary-from-a-link"):
        output.answer(client.post(page["Location"], {"password1": password}))
    output.answer(client.get(link))  # used
    broken("allauth.account.forms.UserTokenForm.clean")
    output.answer(browser().get(link))
    # The browser that opened the link holds it from there to the next page; a session is a secret as a whole.
    output.search(key, key.partition("-")[2], but_not_in="a session")
    output.search("canary-from-a-link")


def test_an_invitation(output: Output, team: Team, team_admin: Person, broken: Callable[[str], None]) -> None:
    admin = browser(team_admin)
    members = reverse("members", args=[team.pk])
    form = {"role": "editor", "job_role": "", "email": "new@example.com"}
    output.answer(admin.post(members, form))
    shown = admin.get(members)
    found = LINK.search(shown.content.decode())
    assert found, shown.content.decode()
    secret = found[1]
    output.answer(shown, secret)
    output.answer(admin.get(members))
    link = f"/invitation/{secret}/"
    output.answer(browser().get(f"/invitation/{secret[:-1]}/"))  # not wholly copied
    output.answer(browser().get(link[:-1]))  # a redirect to where it was going
    output.answer(browser().post(link, {"name": "", "password": "canary-short"}))
    person = {
        "name": "New",
        "email": "new@example.com",
        "language": "en",
        "time_zone": "UTC",
        "password": "canary-invited-pw",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("teams.services.invitations.join_as_new_person", careless)
        assert output.answer(browser().post(link, person)).status_code == 500
    assert output.answer(browser().post(link, person)).status_code == 302
    assert output.answer(browser().get(link)).status_code == 410
    output.search(secret, secret[:-1], "canary-short", "canary-invited-pw")


def test_a_reset_by_an_administrator(output: Output, editor: Person, administrator: Person) -> None:
    admin = browser(administrator)
    output.answer(admin.post(reverse("person-reset", args=[editor.pk])))
    shown = admin.get(reverse("person", args=[editor.pk]))
    found = re.search(r"/accounts/password/reset/key/([^/\s\"]+)/", shown.content.decode())
    assert found
    output.answer(shown, found[1])
    output.answer(admin.get(reverse("person", args=[editor.pk])))
    output.search(found[1])


def test_a_calendar_address(output: Output, team: Team, editor: Person, broken: Callable[[str], None]) -> None:
    client, program, page = browser(editor), browser(), reverse("calendar")
    output.answer(client.post(reverse("calendar-renew")))
    shown = client.get(page)
    found = re.search(r"/ics/([\w-]{40,})/mine", shown.content.decode())
    assert found, shown.content.decode()
    secret = found[1]
    output.answer(shown, secret)
    for path in (f"/ics/{secret}/mine.ics", f"/ics/{secret}/teams/{team.pk}.ics"):
        assert output.answer(program.get(path)).status_code == 200
        output.answer(program.get(path[:-4]))  # not wholly copied
        output.answer(program.post(path))
    output.answer(program.get(f"/ics/{secret}/teams/{team.pk + 1}.ics"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("calendars.models.digest", careless)
        assert output.answer(program.get(f"/ics/{secret}/mine.ics")).status_code == 500
    broken("calendars.events.of_person")
    assert output.answer(program.get(f"/ics/{secret}/mine.ics")).status_code == 500
    output.answer(client.post(reverse("account-data")))
    output.answer(client.post(reverse("calendar-off")))
    assert output.answer(program.get(f"/ics/{secret}/mine.ics")).status_code == 404
    output.search(secret, secret[:-1])


def test_a_webhooks_secret(
    output: Output,
    source: Source,  # noqa: F811
    team_admin: Person,
    broken: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(HOOKS, "stub", GitHubHook())
    admin, page = browser(team_admin), reverse("connection-webhook", args=[source.connection.team_id, source.pk])
    output.answer(admin.post(page))
    secret = Webhook.objects.get().secret
    output.answer(admin.get(page), secret)
    output.answer(admin.get(page))
    address, body = reverse("hook", args=[source.connection_id]), b'{"repository": {"id": 1}}'
    right = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    for signature, status in ((right, 202), (f"{right[:-1]}!", 403), (secret, 403)):
        headers = {"X-Hub-Signature-256": signature}
        sent = browser().post(address, body, content_type="application/json", headers=headers)
        assert output.answer(sent).status_code == status
    broken("connections.webhooks.schedule.hasten")
    body = b'{"repository": {"id": %d}}' % int(source.external_id)
    headers = {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
    failed = browser().post(address, body, content_type="application/json", headers=headers)
    assert output.answer(failed).status_code == 500
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connections.models.Webhook.objects.create", careless)
        assert output.answer(admin.post(page)).status_code == 500
    output.answer(admin.post(page, {"end": "1"}))
    output.search(secret, secret[:-1], right)


def test_an_api_token(output: Output, team: Team, team_admin: Person, broken: Callable[[str], None]) -> None:
    admin = browser(team_admin)
    tokens = reverse("team-tokens", args=[team.pk])
    output.answer(admin.post(tokens, {"name": "CI", "scope": "write", "lasts": "90"}))
    shown = admin.get(tokens)
    found = re.search(r"[\w-]{40,}", re.sub(r"<[^>]*csrf[^>]*>", "", shown.content.decode().partition("<main")[2]))
    assert found, shown.content.decode()
    secret = found[0]
    output.answer(shown, secret)
    output.answer(admin.get(tokens))
    me = "/api/v1/me/"
    wrong = "canary-WRONG-token-1"
    assert output.answer(Client().get(me, headers={"Authorization": f"Bearer {secret}"})).status_code == 200
    own = {"Authorization": f"Bearer {secret}"}
    for token in (secret, wrong):
        for header in (
            f"Bearer {token} x",
            f"Bearer{token}",
            f"Basic {token}",
            token,
            f"Token {token}",
            f"bearer {token[:-1]}",
        ):
            output.answer(Client().get(me, headers={"Authorization": header}))
        for path in (
            f"/api/v1/{token}/",
            f"/{token}",
            f"{me}?token={token}",
            f"{me}?access_token={token}",
            f"/?key={token}",
        ):
            output.answer(Client().get(path))
        for kind, body in (("json", f'{{"token": "{token}"}}'), ("json", f"{{{token}"), ("x", token)):
            output.answer(Client().post(me, data=body, content_type=f"application/{kind}", headers=own))
    broken("teams.api_auth.note_use")
    failing = Client(raise_request_exception=False).get(me, headers={"Authorization": f"Bearer {secret}"})
    assert output.answer(failing).status_code == 500
    output.search(secret, secret[:-1])
    log = output.log.getvalue()
    assert "?token" not in log  # queries are not logged at all
    assert wrong not in re.sub(r"(Not Found:|GET) \S+", "", log)  # a made-up word in a path is no secret


@pytest.mark.usefixtures("now")
def test_a_connection_s_token(
    output: Output,
    team: Team,
    team_admin: Person,
    source: Source,  # noqa: F811
    stub: StubConnector,  # noqa: F811
    settings: Any,
    broken: Callable[[str], None],
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.OUTGOING_ALLOW = []
    stub.seen = Inspection(source.external_id, source.full_name, source.url, "main")
    admin = browser(team_admin)
    connect, access = reverse("connect", args=[team.pk]), reverse("connection-access", args=[team.pk, source.pk])
    address = "https://127.0.0.1/acme/shop"
    for token in (
        "canary-token-0",
        "ghp_canary0123456789abcdefABCDEF0123456789",
        "canary token\nof two lines",
        "カナリア-token",
    ):
        output.answer(admin.post(connect, {"address": address, "token": token, "base_url": ""}))
        output.answer(admin.post(access, seen(source) | {"token": token, "base_url": "https://127.0.0.1/api/v3"}))
    in_the_address = "https://x-token:canary-in-the-address@github.com/acme/shop"
    output.answer(admin.post(connect, {"address": in_the_address, "token": ""}), "canary-in-the-address")
    with django_capture_on_commit_callbacks(execute=True):
        assert (
            output.answer(
                admin.post(access, seen(source) | {"token": "canary-kept-token", "base_url": source.base_url})
            ).status_code
            == 302
        )
    assert Credential.objects.get(connection=source.connection).token == "canary-kept-token"
    output.answer(admin.get(reverse("connection", args=[team.pk, source.pk])))

    def careless(number: int) -> None:
        raise RuntimeError(
            "GET /repos failed with {'Authorization': 'Bearer canary-kept-token'}, https://x:canary-kept-token@ghe/"
        )

    stub.before_page = careless
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(reverse("connection-sync", args=[team.pk, source.pk]))
    Source.objects.update(next_sync_at="2026-01-01T00:00:00Z", lease_until=None)
    sync_source.apply(args=[source.pk])
    assert "GET /repos failed" in output.log.getvalue()
    output.answer(admin.get(reverse("connection", args=[team.pk, source.pk])))
    broken("connections.services.change_access")
    failing = admin.post(access, seen(source) | {"token": "canary-when-it-fails", "base_url": source.base_url})
    assert output.answer(failing).status_code == 500
    output.search(
        "canary-token-0", "ghp_canary", "canary token", "カナリア-token", "canary-in-the-address", "canary-kept-token",
        "canary-when-it-fails",
    )  # fmt: skip


def test_the_organisations_token(
    output: Output,
    administrator: Person,
    stub: StubConnector,  # noqa: F811
    broken: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("connections.forms_organisation", "connections.views_organisation"):
        monkeypatch.setattr(f"{module}.USUAL", "stub")
    ada, new = browser(administrator), reverse("organisation-connection-new")
    output.answer(ada.post(new, {"name": "", "token": "canary-without-a-name"}))
    assert output.answer(ada.post(new, {"name": "GitHub", "token": "canary-kept-for-all"})).status_code == 302
    common = Connection.objects.get()
    assert common.credential.token == "canary-kept-for-all"
    for page in ("organisation-connection", "organisation-connection-access", "organisation-connection-give"):
        output.answer(ada.get(reverse(page, args=[common.pk])))
    output.answer(ada.get("/api/v1/connections/"))
    access = reverse("organisation-connection-access", args=[common.pk])
    typed = {"name": "GitHub", "base_url": common.base_url, "seen_name": "GitHub", "seen_base_url": common.base_url}
    output.answer(ada.post(access, {**typed, "token": "canary-of-a-stale-form"}))
    broken("connections.organisation.change")
    assert output.answer(ada.post(access, {**typed, "token": "canary-when-it-breaks"})).status_code == 500
    output.search("canary-without-a-name", "canary-kept-for-all", "canary-of-a-stale-form", "canary-when-it-breaks")


# -- The last net ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Gone: /invitation/abc-DEF/", "Gone: /invitation/…/"),
        ("Not Found: /ics/abc-DEF/mine.ics", "Not Found: /ics/…/mine.ics"),
        ("Not Found: /accounts/password/reset/key/1-abc-def/", "Not Found: /accounts/password/reset/key/…/"),
        ("postgres://portal:hush-hush@db:5432/portal", "postgres://…@db:5432/portal"),
        ("Authorization: Bearer hush-hush", "Authorization: … …"),
        ("'Authorization': 'Bearer hush-hush'", "'Authorization': '… …'"),
        ("token hush-hush", "token …"),
        ("{'password': 'hush-hush', 'name': 'Ada'}", "{'password': '…', 'name': 'Ada'}"),
        ('{"token":"hush-hush"}', '{"token":"…"}'),
        ("password=hush-hush&next=/", "password=…&next=/"),
        ("ghp_hushhush in a sentence", "… in a sentence"),
        ("/api/v1/AbCdEf0123456789-AbCdEf0123456789_AbCdEf01/", "/api/v1/…/"),
        # What is no secret stays.
        ("Forbidden (Permission denied): /organisation/audit/", None),
        ("Task connections.sync_source[0cc175b9-c0f1-4c1b-8b1e-aaaaaaaaaaaa] succeeded in 0.1s: None", None),
        ("commit 0123456789abcdef0123456789abcdef01234567 of acme/shop", None),
        ("This token is not valid.", None),
        ("exit code: 137", None),
        ("https://portal.example.com/teams/1/", None),
        ('File "/srv/portal/teams/services/organisation_settings.py", line 12, in change', None),
    ],
)  # fmt: skip
def test_the_scrubber(text: str, left: str | None) -> None:
    told = scrub(text)
    if left is None:
        assert told == text
    else:
        assert "hush" not in told
        assert told == left or "Authorization" in text


def test_the_settings_secrets_are_known() -> None:
    assert django_settings.SECRET_KEY not in scrub(f"x{django_settings.SECRET_KEY}y")
    assert django_settings.ENCRYPTION_KEYS[0] not in scrub(django_settings.ENCRYPTION_KEYS[0])


def test_a_channel_s_address_and_secret(
    output: Output, team: Team, team_admin: Person, settings: Any, broken: Callable[[str], None]
) -> None:
    settings.OUTGOING_ALLOW, settings.PORTAL_URL = ["127.0.0.1"], "https://portal.example.com"
    hook = Hook()
    try:
        admin, new = browser(team_admin), reverse("channel-new", args=[team.pk])
        kinds = [each.id for each in notice_kinds.for_channels()] or ["none-yet"]
        for address in (
            f"{hook.url}canary-1",
            "https://10.0.0.1/canary-2",
            "https://x:canary-3@hooks.example/",
            "canary-4 ",
        ):
            output.answer(admin.post(new, {"kind": "webhook", "name": "#ml", "address": address, "wants": kinds}))
        facts = {
            "name": "#ml",
            "host": hook.host,
            "address": f"{hook.url}canary-1",
            "secret": new_secret(),
            "kinds": kinds,
        }
        channel = Channel.objects.create(team=team, kind="webhook", **facts)
        own = [team.pk, channel.pk]
        output.answer(admin.post(reverse("channel-test", args=own)))
        output.answer(admin.post(reverse("channel-address", args=own), {"address": "https://10.0.0.1/canary-5"}))
        shown = admin.get(admin.post(reverse("channel-secret", args=own))["Location"])
        channel.refresh_from_db()
        output.answer(shown, channel.secret)
        output.answer(admin.get(reverse("channel", args=own)))
        output.answer(browser(team_admin).get(reverse("channels", args=[team.pk])))
        broken("notices.posting.post_test")
        output.answer(admin.post(reverse("channel-test", args=own)))
    finally:
        hook.close()
    assert b"Forecasting" in hook.posts[0].body
    output.search("canary-1", "canary-2", "canary-3", "canary-5", channel.secret, facts["secret"])


def test_a_link_to_unsubscribe(output: Output, editor: Person, broken: Callable[[str], None]) -> None:
    link = link_for(editor.pk, "")
    token = link.strip("/").rpartition("/")[2]
    output.answer(Client().get(link))
    output.answer(Client().post(link))
    broken("notices.services.choosing.unsubscribe")
    output.answer(browser().post(link))
    assert token not in scrub(f"the link {link}")
    output.search(token)
