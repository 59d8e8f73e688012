"""Where one is signed in: listed, ended one by one and together."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from teams import devices
from teams.models import Person
from teams.services import people, sessions
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
PAGE = "/account/security/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0"


def browser(person: Person, agent: str = FIREFOX) -> Client:
    client = Client(headers={"User-Agent": agent})
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert client.get(PAGE).status_code == 200
    return client


def alive(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        (EDGE, "Edge on Windows"),
        ("curl/8", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_told_in_words(agent: str, words: str) -> None:
    assert devices.in_words(agent) == words


def test_the_page_lists_ones_own_sessions_and_tells_this_one(editor: Person, outsider: Person) -> None:
    here, _phone, _theirs = browser(editor), browser(editor, IPHONE), browser(outsider, EDGE)
    page = here.get(PAGE).content.decode()
    assert ("Firefox on Linux" in page, "Safari on iPhone" in page, "Edge on Windows" in page) == (True, True, False)
    assert re.search(r"Firefox on Linux <span[^>]*>this one", page)
    assert page.count("this one") == 1


def test_a_session_is_ended_alone(editor: Person) -> None:
    here, phone, tablet = browser(editor), browser(editor, IPHONE), browser(editor)
    row = UserSession.objects.get(user_agent=IPHONE)
    assert here.post(reverse("session-end", args=[row.pk]))["Location"] == PAGE
    assert (alive(here), alive(phone), alive(tablet)) == (True, False, True)
    assert not Session.objects.filter(session_key=row.session_key).exists()


def test_all_others_are_ended_together(editor: Person, outsider: Person) -> None:
    here, phone, theirs = browser(editor), browser(editor, IPHONE), browser(outsider)
    here.post(reverse("sessions-end-others"))
    assert (alive(here), alive(phone), alive(theirs)) == (True, False, True)


def test_nobody_ends_somebody_elses_nor_this_one_by_accident(editor: Person, outsider: Person) -> None:
    here, theirs = browser(editor), browser(outsider)
    for row in UserSession.objects.all():
        assert here.post(reverse("session-end", args=[row.pk])).status_code == 404
    assert (alive(here), alive(theirs)) == (True, True)


def test_a_new_password_ends_all_others_and_keeps_this_one(editor: Person) -> None:
    here, phone = browser(editor), browser(editor, IPHONE)
    assert here.post("/account/password/", {"password": PASSWORD, "new": "four-green-kettles"})["Location"] == PAGE
    assert (alive(here), alive(phone)) == (True, False)
    assert UserSession.objects.get().session_key == here.session.session_key
    assert here.get(PAGE).content.decode().count("this one") == 1


def test_deactivation_ends_all_for_good(administrator: Person, editor: Person) -> None:
    phone = browser(editor)
    people.deactivate(person=editor, by=administrator)
    assert not alive(phone)
    people.reactivate(person=editor, by=administrator)
    assert not alive(phone)


def test_signing_out_takes_it_off_the_list(editor: Person) -> None:
    here, phone = browser(editor), browser(editor, IPHONE)
    phone.post("/accounts/logout/")
    assert "iPhone" not in here.get(PAGE).content.decode()


def test_last_seen_is_written_once_a_minute(editor: Person) -> None:
    here, now = browser(editor), clock.now()
    seen = UserSession.objects.get().last_seen_at

    def writes() -> int:
        with CaptureQueriesContext(connection) as captured:
            here.get("/account/")
        return sum(query["sql"].startswith("UPDATE") for query in captured)

    assert writes() == 0
    with clock.at(now + timedelta(seconds=90)):
        assert writes() == 1
        assert writes() == 0
    assert UserSession.objects.get().last_seen_at > seen


def test_a_session_from_before_the_list_appears_with_its_next_request(signed_in, editor: Person) -> None:
    client = signed_in(editor)
    UserSession.objects.all().delete()
    client.get("/account/")
    assert len(sessions.of(editor)) == 1


def test_the_number_of_queries_does_not_grow(editor: Person) -> None:
    here = browser(editor)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            here.get(PAGE)
        return len(captured)

    at_1 = queries()
    for _each in range(3):
        browser(editor)
    assert queries() == at_1
