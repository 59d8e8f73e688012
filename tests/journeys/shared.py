"""Many hands on one page: two people on one item, a stale edit, a mention, an import with its dry run, a reminder by mail, undo.

The portal has a real mail server beside it. What beat asks for every quarter of an hour is asked for once by the journey itself.
"""

from __future__ import annotations

import mailbox
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message

from playwright.sync_api import expect

from tests.journeys.play import PASSWORD, SUBMIT, Actor, Stage, found, run

MAIL_TAKES = 90.0  # seconds at most, on a machine that has other things to do
LIVE_TAKES = 15_000  # milliseconds at most until a change is seen by somebody else; a page asks every three seconds


@dataclass(frozen=True)
class Cast:
    organisation: str
    team: str
    first: str
    second: str
    draft: str
    titles: tuple[str, str]
    said: str
    rows: tuple[str, str, str]


CASTS = {
    "en": Cast(
        "Acme Retail", "Forecasting", "Emma Clark", "Ben Okafor",
        "The runner is too small, I think",
        ("Set up the repository for the forecast", "Set up the repository and its runner"),
        "can you look at the runner?",
        ("Retrain every month", "Watch the drift of prices", "Write down who is on call"),
    ),
    "ja": Cast(
        "アクメ小売", "需要予測", "佐藤 葵", "田中 蓮",
        "ランナーが小さすぎると思います",
        ("需要予測のリポジトリを用意する", "リポジトリとランナーを用意する"),
        "ランナーを見てもらえますか",
        ("毎月再学習する", "価格のドリフトを監視する", "当番を書き出す"),
    ),
}  # fmt: skip
SECOND = "second@example.com"


def play(stage: Stage) -> None:
    cast = CASTS[stage.language]
    with (
        stage.actor(cast.first, permissions=["clipboard-write"]) as first,
        stage.actor(cast.second) as second,
    ):
        begin(first, cast)
        join(second, invite(first), cast)
        item = open_the_same_item(first, second)
        see_each_other(first, second, cast)
        edit_the_same_field(first, second, cast, item)
        mention(second, cast)
        read_the_inbox(first, cast, item)
        import_items(first, cast)
        follow_the_reminder(second, cast)
        drop_and_undo(first)


# -- Two people ---------------------------------------------------------------------------------------------------


def begin(actor: Actor, cast: Cast) -> None:
    found(actor, cast.organisation, cast.team)
    actor.step("Set-up, team")


def invite(actor: Actor) -> str:
    actor.click(SUBMIT)
    shown = actor.find("#invitation-link").input_value()
    actor.click(".p-tabs a[href$='/roadmap/']")
    actor.click(SUBMIT)
    expect(actor.find(".p-phase .p-li")).to_have_count(12)
    actor.step("Invite somebody, start the roadmap")
    return shown


def join(actor: Actor, link: str, cast: Cast) -> None:
    actor.go(link)
    actor.fill("#id_name", cast.second)
    actor.fill("#id_email", SECOND)
    actor.fill("#id_password", PASSWORD)
    actor.choose("#id_language", actor.stage.language)
    actor.click(SUBMIT)
    expect(actor.find("h1")).to_have_text(cast.team)
    actor.step("Join the team")


def open_the_same_item(first: Actor, second: Actor) -> str:
    """Both have the page of one item open; its path."""
    first.click(".p-phase .p-item-a")
    expect(first.find("#comments")).to_be_visible()
    path = first.page.url.removeprefix(first.stage.address)
    second.go(path)
    second.step("Both open the same item")
    return path


def see_each_other(first: Actor, second: Actor, cast: Cast) -> None:
    """One changes the state; the other, who is writing, sees it and writes on."""
    field = second.find("#comments textarea")
    second.fill("#comments textarea", cast.draft)
    field.focus()
    first.click("input[name=wanted][value=in_progress]")
    first.click("form[action$='/state/'] button.btn-primary")
    history = second.find("section[aria-labelledby=h-history]")
    expect(history).to_contain_text(cast.first, timeout=LIVE_TAKES)
    expect(field).to_have_value(cast.draft)
    expect(field).to_be_focused()
    second.step("See the other's change while writing")


def edit_the_same_field(first: Actor, second: Actor, cast: Cast, item: str) -> None:
    """Both change the title from the same page. The second is shown both, and takes a third that has something of both."""
    ours, theirs = cast.titles
    save = "form[action$='/edit/'] button[type=submit]"
    second.fill("#id_title", theirs)
    first.go(item)
    first.fill("#id_title", ours)
    first.click(save)
    expect(first.find("h1").first).to_contain_text(ours)
    second.click(save)
    expect(second.find("main")).to_contain_text(ours)
    expect(second.find("#id_title")).to_have_value(theirs)
    second.look("Both values of a stale edit")
    second.click(".p-both input[value=mine]")
    second.click(save)
    expect(second.find("h1").first).to_contain_text(theirs)
    second.step("Edit the same title, see both, choose")


# -- Said and mentioned -------------------------------------------------------------------------------------------


def mention(actor: Actor, cast: Cast) -> None:
    """By keys alone: @, the first letters of the name, Enter."""
    field = actor.find("#comments textarea")
    actor.fill("#comments textarea", "")
    field.focus()
    typed = f"@{cast.first[:2]}"
    actor.page.keyboard.type(typed)
    expect(actor.find("#comments [role=option]")).to_have_count(1)
    actor.page.keyboard.press("Enter")
    actor.page.keyboard.type(cast.said)
    actor.keys += len(typed) + 1 + len(cast.said)
    actor.look("Somebody to mention")
    actor.click("#comment-send")
    expect(actor.find("#comments .p-mention")).to_have_text(f"@{cast.first}")
    actor.step("Comment and mention somebody")


def read_the_inbox(actor: Actor, cast: Cast, item: str) -> None:
    """The bell counts, the mail came, and the notice opens the item at the comment."""
    message = mail_to("first@example.com", lambda text: cast.titles[1] in text)
    assert actor.stage.address in body_of(message)
    actor.go("/")
    expect(actor.find(".p-bell")).to_contain_text("1")
    actor.click(".p-bell")
    actor.look("The inbox")
    actor.click(".p-inbox a")
    expect(actor.page).to_have_url(re.compile(rf"{re.escape(item)}(\?.*)?#comment-\d+$"))
    expect(actor.find("#comments .p-mention")).to_be_visible()
    actor.step("Read the inbox, open what it is about")


# -- Brought from a file ------------------------------------------------------------------------------------------


def table(cast: Cast, days: list[str]) -> bytes:
    """As a spreadsheet in the reader's country saves it."""
    lines = ["section;title;owner;due_date"]
    lines += [f"1;{title};{SECOND};{day}" for title, day in zip(cast.rows, days, strict=True)]
    return ("\r\n".join(lines) + "\r\n").encode("cp932" if "需要予測" in cast.team else "utf-8-sig")


def bring(actor: Actor, name: str, content: bytes) -> None:
    actor.find("#id_file").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    actor.clicks += 2
    actor.click(SUBMIT)


def import_items(actor: Actor, cast: Cast) -> None:
    """First with a mistake in one row, which keeps everything out; then mended. The same file again changes nothing."""
    today = datetime.now(UTC).date()
    late, later = (today - timedelta(days=2)).isoformat(), (today + timedelta(days=30)).isoformat()
    actor.click(".p-tabs a[href$='/roadmap/']")
    actor.click(actor.find("a[href*='/imports/new/roadmap-items/']"))
    bring(actor, "items.csv", table(cast, [late, "soon", later]))
    expect(actor.find("main .p-status.is-off")).to_have_count(1)
    expect(actor.find("form[action$='/apply/']")).to_have_count(0)
    actor.look("A row is refused")
    actor.click(actor.find("main a[href*='/imports/new/']").first)
    bring(actor, "items.csv", table(cast, [late, later, later]))
    expect(actor.find("main tbody .p-status.is-ok")).to_have_count(3)
    actor.look("The dry run")
    actor.click("form[action$='/apply/'] button")
    expect(actor.find("#live .p-notice.is-ok")).to_be_visible()
    actor.look("Imported")
    actor.click("#live a.btn-primary")
    for title in cast.rows:
        expect(
            actor.find(
                ".p-item-a",
            ).filter(has_text=title)
        ).to_have_count(1)
    actor.step("Import items, after a dry run")


# -- Reminded by mail ---------------------------------------------------------------------------------------------


def follow_the_reminder(actor: Actor, cast: Cast) -> None:
    ask("notices.remind")  # as beat does every quarter of an hour
    message = mail_to(SECOND, lambda text: cast.rows[0] in text)
    links = re.findall(rf"{re.escape(actor.stage.address)}/\S+", body_of(message))
    actor.go(links[0])
    expect(actor.find("h1").first).to_contain_text(cast.rows[0])
    actor.step("Open the link of a reminder by mail")


def ask(task: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "celery", "-A", "mlops_portal", "call", task], check=True, stdout=subprocess.DEVNULL
    )


def mail_to(address: str, wanted: Callable[[str], bool]) -> Message:
    """The mail to somebody that says this, waited for."""
    deadline = time.monotonic() + MAIL_TAKES
    while True:
        for message in mailbox.Maildir(os.environ["MAILBOX"], create=False):
            if address in str(message["To"]) and wanted(body_of(message)):
                return message
        assert time.monotonic() < deadline, f"no such mail to {address}"
        time.sleep(0.2)


def body_of(message: Message) -> str:
    """Its plain text."""
    part = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode(part.get_content_charset() or "utf-8")


# -- Taken back ---------------------------------------------------------------------------------------------------


def drop_and_undo(actor: Actor) -> None:
    actor.click(".p-item-a")
    actor.fill("form[action$='/drop/'] input[name=reason], form[action$='/drop/'] textarea", "x")
    actor.click("form[action$='/drop/'] button[type=submit]")
    undo = actor.find("form[action*='/undo/'] button").first
    expect(undo).to_be_visible()
    actor.look("Dropped, with the way back")
    actor.click(undo)
    expect(actor.find("form[action$='/drop/']").or_(actor.find(".p-tick").first)).not_to_have_count(0)
    actor.step("Drop an item, and take it back")


if __name__ == "__main__":
    run(play)
