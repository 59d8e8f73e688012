"""An account moves to another e-mail address only when the link is opened by whom it was made for."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse

from core import clock
from core.refusals import Refused
from teams.models import AuditEvent, Person
from teams.services import account, people
from teams.sign_in_links import VALID_FOR
from tests.factories import PASSWORD
from tests.teams.at_once import both, on_postgresql

pytestmark = pytest.mark.django_db
PAGE, NEW = "/account/address/", "emma.new@example.com"


@pytest.fixture
def _with_mail(settings) -> None:
    settings.MAIL_WORKS = True
    settings.PORTAL_URL = "http://testserver"


def link_in(message) -> str:
    (link,) = re.findall(r"http://testserver(/account/address/\S+)", message.body)
    return link


def asked(client: Client, email: str = NEW) -> str:
    """The page after asking for a link to `email`."""
    answer = client.post(PAGE, {"email": email}, follow=True)
    assert answer.redirect_chain == [("/account/security/", 302)]
    return html.unescape(answer.content.decode())


@pytest.mark.usefixtures("_with_mail")
def test_it_moves_when_the_mailed_link_is_opened_and_tells_the_old_address(signed_in, editor: Person) -> None:
    before, client = editor.email, signed_in(editor)
    EmailAddress.objects.create(user=editor, email=before)  # as django-allauth might
    assert NEW in asked(client)
    link = link_in(mail.outbox[0])
    assert mail.outbox[0].to == [NEW]
    assert Person.objects.get(pk=editor.pk).email == before

    assert NEW in client.get(link).content.decode()
    assert Person.objects.get(pk=editor.pk).email == before  # looking changes nothing
    assert client.post(link)["Location"] == "/account/security/"
    assert Person.objects.get(pk=editor.pk).email == NEW
    assert mail.outbox[1].to == [before]
    assert NEW in mail.outbox[1].body
    assert [event.action for event in AuditEvent.objects.all()] == ["person.changed", "person.address_link_made"]
    assert NEW not in str([event.data for event in AuditEvent.objects.all()])

    sign_in = {"password": PASSWORD}
    assert Client().post("/accounts/login/", sign_in | {"login": before}).status_code == 422
    assert Client().post("/accounts/login/", sign_in | {"login": NEW}).status_code == 302
    assert client.post(link).status_code == 410  # once


@pytest.mark.usefixtures("_with_mail")
@pytest.mark.parametrize("why", ["expired", "newer", "moved", "somebody else", "tampered"])
def test_a_link_that_no_longer_counts_changes_nothing(signed_in, editor, outsider, why: str) -> None:
    client = signed_in(editor)
    asked(client)
    link, now = link_in(mail.outbox[0]), clock.now()
    match why:
        case "expired":
            now += VALID_FOR + timedelta(seconds=1)
        case "newer":
            asked(client, "other@example.com")
        case "moved":
            Person.objects.filter(pk=editor.pk).update(email="third@example.com")
        case "somebody else":
            client = signed_in(outsider)
        case "tampered":
            link = link[:-3] + "AB/"
    before = set(Person.objects.values_list("email", flat=True))
    with clock.at(now):
        client = signed_in(outsider if why == "somebody else" else editor)
        for answer in (client.get(link), client.post(link)):
            assert answer.status_code in (404, 410)
            assert "Ask for a new one" in answer.content.decode()
    assert set(Person.objects.values_list("email", flat=True)) == before


@pytest.mark.usefixtures("_with_mail")
def test_the_link_needs_its_person_signed_in(signed_in, editor: Person) -> None:
    asked(signed_in(editor))
    link = link_in(mail.outbox[0])
    assert Client().post(link)["Location"].startswith("/accounts/login/")
    assert Person.objects.get(pk=editor.pk).email != NEW


@pytest.mark.usefixtures("_with_mail")
def test_an_address_that_somebody_has_is_answered_alike_and_its_owner_is_told(signed_in, editor, outsider) -> None:
    client = signed_in(editor)
    free, taken = asked(client, NEW), asked(client, outsider.email.upper())
    assert re.sub(r"\S+@\S+", "…", re.search(r"A link is on its way[^<]*", free)[0]) == re.sub(
        r"\S+@\S+", "…", re.search(r"A link is on its way[^<]*", taken)[0]
    )
    told = mail.outbox[1]
    assert told.to == [outsider.email.upper()]
    assert "http" not in told.body


@pytest.mark.usefixtures("_with_mail")
def test_an_address_taken_meanwhile_is_refused_at_the_link(signed_in, editor: Person, outsider: Person) -> None:
    client = signed_in(editor)
    asked(client)
    Person.objects.filter(pk=outsider.pk).update(email=NEW)
    answer = client.post(link_in(mail.outbox[0]))
    assert (answer.status_code, "already an account" in answer.content.decode()) == (409, True)


@pytest.mark.usefixtures("_with_mail")
@pytest.mark.parametrize("email", ["", "nonsense", "own"])
def test_what_is_no_new_address_is_refused(signed_in, editor: Person, email: str) -> None:
    assert signed_in(editor).post(PAGE, {"email": editor.email.upper() if email == "own" else email}).status_code == 422
    assert mail.outbox == []


def test_the_password_is_asked_again_first(signed_in, editor: Person) -> None:
    with clock.at(clock.now() - timedelta(minutes=6)):
        client = signed_in(editor)
    assert client.get(PAGE)["Location"].startswith("/accounts/reauthenticate/")


@on_postgresql
@pytest.mark.usefixtures("_unguarded")
@pytest.mark.django_db(transaction=True)
def test_two_people_who_want_one_address_do_not_both_get_it(editor: Person, outsider: Person) -> None:
    outcomes: list[str] = []
    links = [(each, account.ask_to_move(person=each, email=NEW, by=each)) for each in (editor, outsider)]

    def move(person: Person, secret: str) -> None:
        try:
            account.move(person=person, secret=secret)
            outcomes.append("moved")
        except account.AddressTaken:
            outcomes.append("taken")

    both(*[lambda each=each: move(*each) for each in links])
    assert sorted(outcomes) == ["moved", "taken"]


def test_the_service_looks_again(editor: Person, outsider: Person) -> None:
    secret = account.ask_to_move(person=editor, email=NEW, by=editor)
    with pytest.raises(account.LinkUsed):
        account.move(person=outsider, secret=secret)
    account.move(person=editor, secret=secret)
    with pytest.raises(account.LinkUsed):
        account.move(person=editor, secret=secret)


@on_postgresql
@pytest.mark.usefixtures("_unguarded")
@pytest.mark.django_db(transaction=True)
def test_one_link_opened_twice_at_once_moves_once(editor: Person) -> None:
    secret, outcomes = account.ask_to_move(person=editor, email=NEW, by=editor), []

    def move() -> None:
        try:
            account.move(person=editor, secret=secret)
            outcomes.append("moved")
        except account.LinkUsed:
            outcomes.append("used")

    both(move, move)
    assert sorted(outcomes) == ["moved", "used"]


# -- Without a mail server


def test_without_mail_the_page_says_whom_to_ask(signed_in, editor: Person) -> None:
    for answer in (signed_in(editor).get(PAGE), signed_in(editor).post(PAGE, {"email": NEW})):
        assert "Ask an administrator" in answer.content.decode()
    assert not AuditEvent.objects.exists()


def test_an_administrators_link_moves_the_person_who_opens_it(signed_in, administrator, editor: Person) -> None:
    boss = signed_in(administrator)
    page = boss.post(reverse("person-address", args=[editor.pk]), {"email": NEW}, follow=True).content.decode()
    (link,) = re.findall(r'value="http://testserver(/account/address/[^"]+)"', page)
    assert link not in boss.get(reverse("person", args=[editor.pk])).content.decode()
    assert boss.post(link).status_code == 410  # not even the administrator who made it
    assert signed_in(editor).post(link).status_code == 302
    assert Person.objects.get(pk=editor.pk).email == NEW


def test_an_administrator_is_told_of_an_address_that_somebody_has(signed_in, administrator, editor, outsider) -> None:
    path = reverse("person-address", args=[editor.pk])
    for email, words in [(outsider.email, "already an account"), ("nonsense", "not an e-mail address")]:
        assert words in signed_in(administrator).post(path, {"email": email}, follow=True).content.decode()
    assert not AuditEvent.objects.exists()


def test_where_mail_works_administrators_make_none(signed_in, administrator, editor, settings) -> None:
    settings.MAIL_WORKS = True
    path = reverse("person-address", args=[editor.pk])
    assert signed_in(administrator).post(path, {"email": NEW}).status_code == 404
    assert path not in signed_in(administrator).get(reverse("person", args=[editor.pk])).content.decode()


def test_a_sample_person_does_not_move(administrator: Person) -> None:
    person = people.add_sample_person(name="S", email="s@x.example", language="en", time_zone="UTC", role="reader")
    with pytest.raises(Refused):
        account.ask_to_move(person=person, email=NEW, by=administrator)
