"""What a person chooses, and the link that ends mails with one click."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from notices import unsubscribing
from notices.models import Choice, Outgoing, Preference
from notices.services import choosing
from teams.models import Organisation, Person, Team
from tests.factories import PersonFactory
from tests.notices.telling import send_later, tell
from tests.receivers import Mailbox
from tests.stale import asked

pytestmark = pytest.mark.django_db
HIDDEN = re.compile(r'<input type="hidden" name="(seen_\w+)"(?: value="([^"]*)")?')
PLAIN = {"digest": "at_once", "digest_hour": "8", "digest_weekday": "0", "inbox_quiet": "on"} | {
    f"{where}_{kind}": "on" for where in ("inbox", "mail") for kind in ("told", "due", "channel_stopped")
}


def shown(client: Client) -> dict[str, str]:
    """The hidden values of the form as it stands."""
    return dict(HIDDEN.findall(client.get("/account/notices/").content.decode()))


def test_nothing_chosen_is_nothing_stored(signed_in: Any, editor: Person) -> None:
    client = signed_in(editor)
    assert client.post("/account/notices/", PLAIN | shown(client)).status_code == 302
    assert not Preference.objects.exists()
    assert not Choice.objects.exists()


def test_what_is_chosen_is_stored_and_shown(signed_in: Any, editor: Person) -> None:
    client = signed_in(editor)
    wanted = PLAIN | {"digest": "weekly", "digest_hour": "17", "digest_weekday": "4", "quiet_from": "22:00",
                      "quiet_until": "07:00", "mail_quiet": "on"}  # fmt: skip
    del wanted["inbox_told"]
    assert client.post("/account/notices/", wanted | shown(client)).status_code == 302
    stored = Preference.objects.get(person=editor)
    assert (stored.digest, stored.digest_hour, stored.digest_weekday) == ("weekly", 17, 4)
    assert stored.quiet == (time(22), time(7))
    assert set(Choice.objects.values_list("kind", "inbox", "mail")) == {("told", False, True), ("quiet", True, True)}
    again = client.get("/account/notices/").content.decode()
    assert 'value="22:00"' in again
    assert client.post("/account/notices/", wanted | shown(client)).status_code == 302
    assert Choice.objects.count() == 2


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"quiet_from": "22:00"}, "quiet_until"),
        ({"quiet_from": "25:00", "quiet_until": "07:00"}, "quiet_from"),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "quiet_until"),
        ({"digest": "hourly"}, "digest"),
        ({"digest_hour": "24"}, "digest_hour"),
        ({"digest_weekday": "x"}, "digest_weekday"),
    ],
)
def test_what_cannot_be_is_refused_and_kept(sent: dict[str, str], field: str, signed_in: Any, editor: Person) -> None:
    client = signed_in(editor)
    answer = client.post("/account/notices/", PLAIN | shown(client) | sent)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Preference.objects.exists()


def test_two_tabs(signed_in: Any, editor: Person) -> None:
    """Different fields are both kept; the same one is shown with both values."""
    client = signed_in(editor)
    seen = shown(client)
    client.post("/account/notices/", PLAIN | seen | {"digest": "daily"})
    no_told = {name: value for name, value in PLAIN.items() if name != "mail_told"}
    assert client.post("/account/notices/", no_told | seen).status_code == 302
    assert Preference.objects.get().digest == "daily"
    assert not Choice.objects.get(kind="told").mail
    answer = client.post("/account/notices/", PLAIN | seen | {"digest": "weekly"})
    assert answer.status_code == 409
    assert "Once a day" in answer.content.decode()
    assert '<div class="p-form p-pad"><ul class="errorlist nonfield"' in answer.content.decode()


def test_boxes_that_were_not_touched_show_what_stands_when_another_is_asked_about(
    signed_in: Any, editor: Person
) -> None:
    client = signed_in(editor)
    seen = shown(client)
    no_told = {name: value for name, value in PLAIN.items() if name != "mail_told"}
    client.post("/account/notices/", no_told | seen | {"digest": "daily", "digest_hour": "11"})
    answer = client.post("/account/notices/", PLAIN | seen | {"digest": "weekly"})
    form = answer.context["form"]
    assert (answer.status_code, list(asked(answer.text))) == (409, ["digest"])
    assert (form["mail_told"].value(), form["seen_mail_told"].value()) == (False, "False")
    assert "checked" not in str(form["mail_told"])
    assert (form["digest_hour"].value(), form["seen_digest_hour"].value()) == (11, "11")
    assert form["digest"].value() == "weekly"


def test_a_portal_without_mail_says_so(signed_in: Any, editor: Person, settings: Any) -> None:
    settings.MAIL_WORKS = False
    page = signed_in(editor).get("/account/notices/").content.decode()
    assert "This portal has no mail server" in page
    assert "Send a test message" not in page
    answer = signed_in(editor).post("/account/notices/test/", follow=True)
    assert "no mail server" in answer.content.decode()


@pytest.mark.usefixtures("limited")
def test_test_messages_are_bounded(signed_in: Any, editor: Person, mailbox: Mailbox) -> None:
    client = signed_in(editor)
    answers = [client.post("/account/notices/test/", follow=True).content.decode() for _ in range(7)]
    assert len(mailbox.mails) == 5
    assert "Too many attempts" in answers[-1]


# -- The link ---------------------------------------------------------------------------------------------------------


def link_of(mailbox: Mailbox) -> str:
    return mailbox.mails[-1]["List-Unsubscribe"].strip(" <>").removeprefix("https://portal.example.com")


def test_one_click_ends_mails_of_the_kind_and_nothing_else(
    client: Client, team: Team, editor: Person, mailbox: Mailbox
) -> None:
    tell(editor, team=team)
    send_later()
    link = link_of(mailbox)
    page = client.get(link)
    assert (page.status_code, Choice.objects.exists()) == (200, False)  # programs look at links
    assert "Told" in page.content.decode()
    outside = Client(enforce_csrf_checks=True)
    for _ in range(2):
        answer = outside.post(link, {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert set(Choice.objects.values_list("kind", "inbox", "mail")) == {("told", True, False)}
    assert "sessionid" not in outside.cookies
    assert outside.get("/inbox/").status_code == 302  # signed in nobody
    tell(editor, key="2")
    tell(editor, key="2", kind="due")
    send_later(minutes=1)
    assert [mail["Subject"].strip()[:9] for mail in mailbox.mails] == ["Emma Edit", "“Serving”"]


def test_the_link_of_a_mail_with_several_kinds_ends_all(client: Client, editor: Person, mailbox: Mailbox) -> None:
    Preference.objects.create(person=editor, digest="daily")
    tell(editor)
    tell(editor, kind="due")
    send_later(days=2)
    client.post(link_of(mailbox))
    assert Preference.objects.get().no_mail
    tell(editor, key="2")
    assert not Outgoing.objects.waiting().exists()


def test_the_page_speaks_the_readers_language_and_says_what_is_off_already(
    organisation: Organisation, client: Client, mailbox: Mailbox, settings: Any
) -> None:
    reader = PersonFactory(language="ja", name="会")
    link = unsubscribing.link_for(reader.pk, "told")
    asked = client.get(link).text
    assert 'lang="ja"' in asked
    assert "off already" not in asked
    client.post(link)
    client.cookies.load({settings.LANGUAGE_COOKIE_NAME: "en"})  # somebody chose it in this browser
    assert "Mails of “Told” are off already: none comes to you." in client.get(link).text
    tell(reader, key="2")
    assert send_later() == 0


@pytest.mark.parametrize("token", ["nonsense", "WzEsICJ0b2xkIl0:1abc:xyz", "a" * 500])
def test_a_link_of_nobody_changes_nothing(token: str, client: Client, editor: Person) -> None:
    for answer in (client.get(f"/unsubscribe/{token}/"), client.post(f"/unsubscribe/{token}/")):
        assert answer.status_code == 404
        assert "not one of this portal" in answer.content.decode()
    assert not Choice.objects.exists()


def test_a_link_to_somebody_who_is_no_longer_there(client: Client, editor: Person) -> None:
    link = unsubscribing.link_for(10**6, "told")
    assert client.post(link).status_code == 200
    gone = unsubscribing.link_for(editor.pk, "a kind that was")
    assert client.post(gone).status_code == 404
    assert not Choice.objects.exists()


def test_a_person_s_choices_are_that_person_s(signed_in: Any, editor: Person, outsider: Person) -> None:
    choosing.choose(person=editor, wanted={"no_mail": True}, seen={"no_mail": False})
    assert not choosing.chosen(outsider)["no_mail"]
    assert reverse("account-notices") == "/account/notices/"
