"""Mails, through a real mail server: what they hold, when they leave, what becomes of those that are not taken."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from core import clock
from notices.models import Choice, Notice, Outgoing, OutgoingState, Preference
from notices.services import choosing, reading
from teams.models import Organisation, Person, Team
from tests.factories import PersonFactory
from tests.notices.telling import only_row, send_at, send_later, tell
from tests.receivers import Mailbox

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)  # a Thursday


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_what_a_mail_holds(team: Team, editor: Person, mailbox: Mailbox) -> None:
    tell(editor, team=team, title="Serving <b>=1+1</b>")
    send_later()
    (mail,) = mailbox.mails
    row = only_row()
    link = f"https://portal.example.com/inbox/{Notice.objects.get().pk}/"
    assert (mail["To"], mail["From"]) == (editor.email, "Example Ltd · MLOps Portal <portal@example.com>")
    assert mail["Subject"].strip() == "Emma Editor told you of “Serving <b>=1+1</b>”."
    assert mail["Message-ID"] == f"<{row.uid}@portal.example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].strip().startswith("<https://portal.example.com/unsubscribe/")
    text, html = part(mail, "plain"), part(mail, "html")
    assert "“Serving <b>=1+1</b>”" in text
    assert "&lt;b&gt;=1+1&lt;/b&gt;" in html
    assert "<b>" not in html
    assert link in text
    assert f'href="{link}"' in html
    assert "src=" not in html  # nothing that tells whether it was opened
    assert (row.state, row.attempts) == (OutgoingState.SENT, 1)
    assert send_later(hours=1) == 0


def test_it_speaks_the_readers_language_and_zone(team: Team, mailbox: Mailbox) -> None:
    reader = PersonFactory(name="会", language="ja", time_zone="Asia/Tokyo")
    with clock.at(NOON):
        tell(reader, team=team)
    send_at(NOON)
    text = part(mailbox.mails[0], "plain")
    assert "2026年11月26日 21:00" in text
    assert 'lang="ja"' in part(mailbox.mails[0], "html")


@pytest.mark.parametrize(
    ("configured", "shown"),
    [
        ("portal@example.com", "Acme, Inc. 会社 · MLOps Portal"),
        ("The MLOps team <portal@example.com>", "The MLOps team"),
    ],
)
def test_the_sender_says_whose_portal_it_is(
    configured: str, shown: str, editor: Person, mailbox: Mailbox, settings: Any
) -> None:
    settings.DEFAULT_FROM_EMAIL = configured
    Organisation.objects.update(name="Acme, Inc. 会社")
    tell(editor)
    send_later()
    (sender,) = mailbox.mails[0]["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (shown, "portal@example.com")


@pytest.mark.parametrize("name", ["x\r\nBcc: all@example.com", "x\nSubject: y", "x\u2028y", "\u202egnp.exe"])
def test_no_name_becomes_a_header(name: str, editor: Person, mailbox: Mailbox) -> None:
    tell(editor, title=name)
    send_later()
    (mail,) = mailbox.mails
    assert mail["Bcc"] is None
    assert len(mail.get_all("Subject")) == 1
    assert len(mail.get_all("To")) == 1
    assert not {"\n", "\r", "\u2028", "\u202e"} & set(mail["Subject"])


def test_several_go_over_one_connection(mailbox: Mailbox) -> None:
    people = [PersonFactory() for _ in range(5)]
    tell(*people)
    send_later()
    assert len(set(mailbox.ids)) == 5
    assert len(mailbox.sessions) == 1


# -- When -----------------------------------------------------------------------------------------------------------


def test_a_daily_mail_holds_what_came(team: Team, editor: Person, mailbox: Mailbox) -> None:
    Preference.objects.create(person=editor, digest="daily", digest_hour=8)
    with clock.at(NOON):
        for key in "1234":
            tell(editor, key=key, title=f"Title {key}", team=team, kind="due" if key == "3" else "told")
    reading.mark_read(Notice.objects.get(key="2"))
    Choice.objects.create(person=editor, kind="due", inbox=True, mail=False)
    assert send_at(NOON + timedelta(hours=19, minutes=59)) == 0
    send_at(NOON + timedelta(hours=20))
    (mail,) = mailbox.mails
    assert mail["Subject"] == "2 notices from the MLOps Portal"
    text = part(mail, "plain")
    told = [title in text for title in ("Title 1", "Title 2", "Title 3", "Title 4")]
    assert told == [True, False, False, True]  # the second was read, the third is not wanted any more


def test_what_waits_for_the_same_hour_leaves_in_one(editor: Person, mailbox: Mailbox) -> None:
    """Two that were told at the same moment may each have begun a mail."""
    Preference.objects.create(person=editor, digest="daily", digest_hour=8)
    with clock.at(NOON):
        tell(editor, key="1")
        first = only_row()
        tell(editor, key="2", title="Training")
        assert Outgoing.objects.count() == 1
        other = Outgoing.objects.create(person=editor, next_at=first.next_at)
        Notice.objects.filter(key="2").update(mail=other)
    send_at(NOON + timedelta(hours=20))
    assert len(mailbox.mails) == 1
    assert "Training" in part(mailbox.mails[0], "plain")
    assert set(Outgoing.objects.values_list("state", flat=True)) == {OutgoingState.SENT, OutgoingState.DROPPED}


def test_quiet_hours_hold_mails_and_let_them_go_in_one(editor: Person, mailbox: Mailbox) -> None:
    Preference.objects.create(person=editor, quiet_from=time(11), quiet_until=time(14))
    with clock.at(NOON):
        tell(editor, key="1")
    with clock.at(NOON + timedelta(hours=1)):
        tell(editor, key="2")
    assert send_at(NOON + timedelta(hours=1, minutes=59)) == 0
    send_at(NOON + timedelta(hours=2))
    assert len(mailbox.mails) == 1
    assert mailbox.mails[0]["Subject"].startswith("2 ")


def test_hours_that_became_quiet_meanwhile_are_kept(editor: Person, mailbox: Mailbox) -> None:
    """The time zone changed, or the mail server was away until the night."""
    with clock.at(NOON):
        tell(editor)
    Preference.objects.create(person=editor, quiet_from=time(11), quiet_until=time(14))
    send_at(NOON)
    assert mailbox.mails == []
    send_at(NOON + timedelta(hours=2))
    assert len(mailbox.mails) == 1


def test_who_wants_them_at_once_after_all_gets_them_at_once(editor: Person, mailbox: Mailbox) -> None:
    Preference.objects.create(person=editor, digest="weekly", digest_hour=8, digest_weekday=0)
    with clock.at(NOON):
        tell(editor)
        choosing.choose(person=editor, wanted={"digest": "at_once"}, seen={"digest": "weekly"})
    send_at(NOON)
    assert len(mailbox.mails) == 1


def test_nothing_goes_to_somebody_deactivated_meanwhile(editor: Person, mailbox: Mailbox) -> None:
    tell(editor)
    editor.is_active = False
    editor.save()
    send_later()
    assert mailbox.mails == []
    assert only_row().state == OutgoingState.DROPPED


# -- What is not taken ----------------------------------------------------------------------------------------------


def test_an_address_that_bounces_is_tried_once_and_told(
    editor: Person, outsider: Person, mailbox: Mailbox, signed_in: Any, administrator: Person
) -> None:
    mailbox.answers[editor.email] = "550 5.1.1 No such user here"
    tell(editor, outsider)
    send_later()
    assert [mail["To"] for mail in mailbox.mails] == [outsider.email]
    assert Outgoing.objects.get(person=editor).state == OutgoingState.FAILED
    tell(editor, key="2")
    assert Notice.objects.filter(person=editor, mail=None).count() == 1  # no second one
    page = signed_in(editor).get("/account/notices/").content.decode()
    assert "550 5.1.1 No such user here" in page
    assert editor.email in signed_in(administrator).get("/organisation/notices/").content.decode()
    editor.email = "right@example.com"
    editor.save()
    tell(editor, key="3")
    send_later()
    assert mailbox.mails[-1]["To"] == "right@example.com"


def test_a_test_message_that_arrives_takes_the_mark_away(editor: Person, mailbox: Mailbox, signed_in: Any) -> None:
    mailbox.answers[editor.email] = "550 No"
    answer = signed_in(editor).post("/account/notices/test/", follow=True)
    assert "550 No" in answer.content.decode()
    assert Preference.objects.get().refused_digest
    mailbox.answers.clear()
    answer = signed_in(editor).post("/account/notices/test/", follow=True)
    assert "took a test message" in answer.content.decode()
    assert mailbox.mails[0]["Subject"] == "Test message from the MLOps Portal"
    assert Preference.objects.get().refused_digest == ""


def test_a_refusal_that_passes_is_tried_again_with_the_same_id(editor: Person, mailbox: Mailbox) -> None:
    mailbox.answers[editor.email] = "451 Come back later"
    tell(editor)
    send_later()
    row = only_row()
    assert (row.state, row.error_code, row.error_params) == (
        "waiting",
        "mail_deferred",
        {"said": "451 Come back later"},
    )
    mailbox.answers.clear()
    assert send_later(seconds=30) == 0
    send_later(seconds=61)
    assert mailbox.ids == [f"<{row.uid}@portal.example.com>"]


def test_a_server_that_is_away_costs_only_time_and_in_the_end_it_is_given_up(editor: Person, mailbox: Mailbox) -> None:
    mailbox.close()
    tell(editor)
    now = clock.now()
    waits = []
    for _ in range(6):
        row = only_row()
        send_at(row.next_at)
        waits.append(round((only_row().next_at - row.next_at).total_seconds() / 60))
    assert waits == [1, 2, 5, 15, 60, 60]
    assert only_row().error_code == "mail_server"
    send_at(now + timedelta(days=8))
    assert (only_row().state, only_row().error_code) == (OutgoingState.FAILED, "too_old")


def test_one_that_cannot_be_made_holds_up_nobody(editor: Person, outsider: Person, mailbox: Mailbox) -> None:
    tell(editor)
    Notice.objects.update(params={})  # its sentence needs more
    tell(outsider, key="2")
    send_later()
    assert [mail["To"] for mail in mailbox.mails] == [outsider.email]
    assert Outgoing.objects.get(person=editor).error_code == "failed"
