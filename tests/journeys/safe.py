"""An administrator makes the portal safe and keeps it: second factor, token, archive, removal of a person, restore.

The recovery codes that are shown once are what this person signs in with afterwards.
"""

import base64
import hmac
import re
import struct
import time

import requests
from playwright.sync_api import expect

from tests.journeys.main import (
    CASTS,
    Cast,
    accept,
    create_team,
    expect_ticked,
    invite,
    set_up,
    start_roadmap,
)
from tests.journeys.play import PASSWORD, SUBMIT, Actor, Stage, run

WORK_TAKES = 120_000  # milliseconds at most, on a machine that has other things to do
MAIL = "first@example.com"


def play(stage: Stage) -> None:
    cast = CASTS[stage.language]
    context = {"locale": stage.language, "permissions": ["clipboard-write"]}
    with stage.actor(cast.first, **context) as first, stage.actor(cast.second, locale=stage.language) as second:
        set_up(first, cast)
        create_team(first, cast)
        accept(second, invite(first), cast)
        start_roadmap(second)
        ticked = tick(second)
        codes = take_second_factor(first)
        require_second_factors(first)
        sign_in(first, codes.pop())
        read_by_token(first, make_token(first))
        make_archive(first)
        remove_person(first, cast)
        see_history_without_name(first, cast, ticked)
        restore(first, cast)
        sign_in(first, codes.pop())
        see_person_again(first, cast, ticked)


def tick(actor: Actor) -> str:
    box = f"#{actor.find('.p-phase [role=checkbox]').first.get_attribute('id')}"
    actor.click(box)
    expect_ticked(actor, box)
    actor.step("Tick an item")
    return box


# -- Second factor ------------------------------------------------------------------------------------------------


def one_time_code(secret: str) -> str:
    """What an authenticator app shows now for `secret`: RFC 6238, 30 s, six digits."""
    secret = secret.replace(" ", "").upper()
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), "sha1")
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def take_second_factor(actor: Actor) -> list[str]:
    """The recovery codes, which are shown once."""
    actor.click(".p-account summary")
    actor.click(".p-account a[href='/account/']")
    actor.click(".p-tabs a[href$='/account/security/']")
    actor.step("Open one's own security")
    actor.click("a[href$='/security/app/']")
    actor.look("Set up an authenticator app")
    actor.fill("#id_code", one_time_code(actor.find("#secret").input_value()))
    actor.click(SUBMIT)
    codes = actor.find("#codes").input_value().splitlines()
    actor.step("Set up an authenticator app, see the recovery codes")
    return codes


def require_second_factors(actor: Actor) -> None:
    actor.click("nav.p-nav a[href='/organisation/']")
    actor.choose("#id_second_factor", "administrators")
    actor.click(SUBMIT)
    expect(actor.find("#id_second_factor")).to_have_value("administrators")
    actor.step("Require second factors of administrators")


def sign_in(actor: Actor, code: str) -> None:
    """Anew, with the password and a recovery code."""
    actor.page.context.clear_cookies()  # as on another day, or after a restore
    actor.go("/")
    actor.speak(actor.stage.language)
    actor.fill("#id_login", MAIL)
    actor.fill("#id_password", PASSWORD)
    actor.click(SUBMIT)
    actor.fill("#id_code", code)
    actor.look("Second factor")
    actor.click(SUBMIT)
    expect(actor.find(".p-account")).to_be_visible()
    actor.step("Sign in with the second factor")


# -- Token --------------------------------------------------------------------------------------------------------


def make_token(actor: Actor) -> str:
    actor.click("nav.p-nav a[href='/teams/']")
    actor.click("main .p-list a")
    actor.click(".p-tabs a[href$='/settings/']")
    actor.click("main a[href$='/tokens/']")
    actor.fill("#id_name", "nightly report")
    actor.click(SUBMIT)
    secret = actor.find("#token-secret").input_value()
    actor.step("Make a token that reads")
    return secret


def answer(address: str, token: str, sent: dict[str, object] | None = None) -> int:
    """The status that a program gets."""
    headers = {"Authorization": f"Bearer {token}"}
    call = requests.post if sent else requests.get
    return call(address, headers=headers, json=sent, timeout=30).status_code


def read_by_token(actor: Actor, secret: str) -> None:
    """As a program would: it may read, and nothing else."""
    team = re.search(r"/teams/(\d+)/", actor.page.url)
    assert team is not None
    address = f"{actor.stage.address}/api/v1/teams/{team[1]}/roadmap/items/"
    assert answer(address, secret) == 200
    assert answer(address, secret, {"title": "x", "phase": 1}) == 403
    assert answer(address, "no-such-token") == 401
    actor.page.reload()
    expect(actor.find("main .p-list tbody tr")).to_have_count(1)
    actor.step("See that the token was used")


# -- Archive, removal, and back -----------------------------------------------------------------------------------


def make_archive(actor: Actor) -> None:
    actor.click("nav.p-nav a[href='/organisation/']")
    actor.click(".p-tabs a[href$='/organisation/backup/']")
    actor.look("No archive yet")
    actor.click("#live button")
    expect(actor.find("main .p-list a[href$='/download/']")).to_be_visible(timeout=WORK_TAKES)
    with actor.page.expect_download() as download:
        actor.click("main .p-list a[href$='/download/']")
    assert download.value.path().stat().st_size > 1000
    actor.step("Make an archive and download it")


def remove_person(actor: Actor, cast: Cast) -> None:
    actor.click("nav.p-nav a[href='/people/']")
    actor.click(actor.page.get_by_role("link", name=cast.second))
    actor.click("main a[href$='/remove/']")
    actor.fill("main form input[type=text]", cast.second)
    actor.look("What removing a person means")
    actor.click("main form button.p-danger")
    expect(actor.find("h1")).not_to_contain_text(cast.second)
    actor.step("Remove a person")


def see_history_without_name(actor: Actor, cast: Cast, ticked: str) -> None:
    open_item(actor, ticked)
    expect(actor.find(".p-history > li")).to_have_count(1)
    expect(actor.find("main")).not_to_contain_text(cast.second)
    actor.step("See that the history stays, without the name")


def open_item(actor: Actor, ticked: str) -> None:
    actor.click("nav.p-nav a[href='/teams/']")
    actor.click("main .p-list a")
    actor.click(".p-tabs a[href$='/roadmap/']")
    expect_ticked(actor, ticked)
    actor.click(ticked.replace("tick", "title"))


def restore(actor: Actor, cast: Cast) -> None:
    actor.click("nav.p-nav a[href='/organisation/']")
    actor.click(".p-tabs a[href$='/organisation/backup/']")
    actor.click("main .p-list details summary")
    actor.fill("main .p-list details input[name=confirmation]", cast.organisation)
    actor.look("What restoring means")
    actor.click("main .p-list details form[action$='/restore/'] button")
    expect(actor.find("#id_login")).to_be_visible(timeout=WORK_TAKES)
    actor.step("Restore the archive, and be signed out")


def see_person_again(actor: Actor, cast: Cast, ticked: str) -> None:
    open_item(actor, ticked)
    expect(actor.find(".p-history")).to_contain_text(cast.second)
    actor.step("See the person again")


if __name__ == "__main__":
    run(play)
