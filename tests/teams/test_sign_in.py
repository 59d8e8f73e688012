"""Sign-in, sign-out and password reset; only what the portal uses of django-allauth is reachable."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from allauth.account.utils import user_pk_to_url_str
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse

from core import clock
from teams.adapter import PortalAccountAdapter
from teams.models import AuditEvent, Person, Team
from teams.services import account
from teams.services.people import reset_sign_in
from teams.sign_in_links import ResetLinks
from tests.factories import PASSWORD, PersonFactory
from tests.teams.at_once import both, on_postgresql

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
RESET = "/accounts/password/reset/"
NEW = "four-green-kettles"


def sign_in(client: Client, person: Person, password: str = PASSWORD, **more):
    return client.post(LOGIN, {"login": person.email, "password": password, **more})


def test_a_page_leads_to_sign_in_and_back(client: Client, editor: Person, team) -> None:
    page = reverse("members", args=[team.pk])
    login = client.get(page)["Location"]
    assert login == f"{LOGIN}?next={page}"

    form = client.get(login)
    assert f'name="next" value="{page}"' in form.content.decode()
    assert sign_in(client, editor, next=page)["Location"] == page


PAGE = "/portfolio/?group=1"


@pytest.mark.parametrize("header", ["HX-Current-URL", "Referer"])
@pytest.mark.parametrize(
    ("came_from", "page"),
    [
        (f"http://testserver{PAGE}", PAGE),
        (f"http://testserver{PAGE}#late", PAGE),
        ("", "/"),
        ("https://evil.example/portfolio/", "/"),
        ("http://testserver.evil.example/", "/"),
        ("http://testserver//evil.example/", "/"),
        ("http://testserver/\\evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("//evil.example/", "/"),
    ],
)
def test_a_form_sent_after_the_session_ended_leads_to_the_page_it_stood_on(
    client: Client, team: Team, editor: Person, header: str, came_from: str, page: str
) -> None:
    htmx = {"HX-Request": "true"} if header == "HX-Current-URL" else {}
    answer = client.post(reverse("assessment-start", args=[team.pk]), headers=htmx | {header: came_from})
    login = answer["HX-Redirect"] if htmx else answer["Location"]
    assert login == f"{LOGIN}?next={quote(page)}"
    assert sign_in(client, editor, next=page)["Location"] == page


def test_a_fragment_leads_to_the_page_around_it(client: Client, team: Team) -> None:
    asked = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{PAGE}"}
    assert client.get(reverse("members", args=[team.pk]), headers=asked)["HX-Redirect"] == f"{LOGIN}?next={quote(PAGE)}"


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/teams/new/", "/account/"])
def test_head_answers_as_get_does(client: Client, signed_in, administrator: Person, path: str) -> None:
    for anyone in (client, signed_in(administrator)):
        assert anyone.head(path).status_code == anyone.get(path).status_code


def test_it_never_leads_to_another_host(client: Client, editor: Person) -> None:
    assert sign_in(client, editor, next="https://evil.example/")["Location"] == "/"


def test_the_case_of_the_address_does_not_matter(client: Client, editor: Person) -> None:
    assert client.post(LOGIN, {"login": editor.email.upper(), "password": PASSWORD}).status_code == 302
    shouted = PersonFactory(email="LOUD@Example.com")
    assert shouted.email == "loud@example.com"
    assert Client().post(LOGIN, {"login": "Loud@example.com", "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("login", ["right", "unknown"])
def test_a_wrong_password_and_an_unknown_address_answer_alike(client: Client, editor: Person, login: str) -> None:
    address = editor.email if login == "right" else "nobody@example.com"
    response = client.post(LOGIN, {"login": address, "password": "wrong"})

    assert response.status_code == 422
    assert f'value="{address}"' in response.content.decode()
    assert "The address or the password is not right." in response.content.decode()


def test_somebody_deactivated_is_told_whom_to_ask(client: Client, editor: Person) -> None:
    Person.objects.filter(pk=editor.pk).update(is_active=False)

    response = client.post(LOGIN, {"login": editor.email, "password": PASSWORD}, follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/inactive/"
    assert client.get("/").status_code == 302


def test_sign_out_needs_a_click(signed_in, editor: Person) -> None:
    client = signed_in(editor)
    assert client.get("/accounts/logout/").status_code == 200
    assert client.get("/account/").status_code == 200

    assert client.post("/accounts/logout/")["Location"] == LOGIN
    assert client.get("/account/").status_code == 302


@pytest.mark.parametrize(
    "name",
    [
        "account_signup",
        "account_email",
        "account_change_password",
        "account_set_password",
        "mfa_index",
        "mfa_activate_totp",
    ],
)
def test_other_pages_of_the_library_are_not_there(client: Client, administrator: Person, name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize(
    "path", ["signup/", "email/", "password/change/", "2fa/", "2fa/totp/activate/", "confirm-email/"]
)
def test_nor_by_their_address(signed_in, administrator: Person, path: str) -> None:
    assert signed_in(administrator).get(f"/accounts/{path}").status_code == 404


# -- Reset by mail


@pytest.fixture
def _with_mail(settings) -> None:
    settings.MAIL_WORKS = True


@pytest.mark.usefixtures("_with_mail")
def test_a_mailed_link_sets_a_new_password_once(client: Client, editor: Person, settings) -> None:
    settings.PORTAL_URL = "https://portal.example"
    assert client.post(RESET, {"email": editor.email}, HTTP_HOST="localhost")["Location"] == f"{RESET}done/"
    (link,) = re.findall(r"https?://\S+", mail.outbox[0].body)
    assert link.startswith("https://portal.example/accounts/password/reset/key/")
    path = link.removeprefix("https://portal.example")
    form = client.get(path)["Location"]

    assert client.post(form, {"password1": "short"}).status_code == 422
    assert client.post(form, {"password1": NEW})["Location"] == f"{RESET}key/done/"
    assert sign_in(Client(), editor, NEW).status_code == 302
    assert AuditEvent.objects.get().action == "person.password_changed"

    again = Client()
    assert "was used already" in again.get(path, follow=True).content.decode()
    again.post(path, {"password1": "another-good-one"})
    assert sign_in(Client(), editor, NEW).status_code == 302


@pytest.mark.usefixtures("_with_mail")
def test_an_unknown_address_gets_the_same_page_and_no_mail(client: Client, organisation) -> None:
    assert client.post(RESET, {"email": "nobody@example.com"})["Location"] == f"{RESET}done/"
    assert mail.outbox == []


@pytest.mark.usefixtures("_with_mail")
def test_a_mistyped_address_is_told(client: Client, organisation) -> None:
    assert client.post(RESET, {"email": "nobody"}).status_code == 422


def test_without_a_mail_server_the_page_says_whom_to_ask(client: Client, editor: Person) -> None:
    for response in (client.get(RESET), client.post(RESET, {"email": editor.email})):
        assert "Ask an administrator" in response.content.decode()
    assert mail.outbox == []


def test_no_other_mail_leaves_either(editor: Person) -> None:
    PortalAccountAdapter().send_mail("account/email/password_reset_key", editor.email, {})
    assert mail.outbox == []


# -- Reset by an administrator


def link_for(client: Client, person: Person) -> str:
    response = client.post(reverse("person-reset", args=[person.pk]), follow=True)
    (link,) = re.findall(r'value="(http://testserver/accounts/password/reset/key/[^"]+)"', response.content.decode())
    return link.removeprefix("http://testserver")


def link_by_mail(person: Person) -> tuple[str, str]:
    person.set_password(PASSWORD)
    person.save()
    return user_pk_to_url_str(person), ResetLinks().make_token(person)


def test_an_administrators_link_sets_a_new_password_and_is_shown_once(signed_in, administrator, editor) -> None:
    boss = signed_in(administrator)
    link = link_for(boss, editor)
    assert link not in boss.get(reverse("person", args=[editor.pk])).content.decode()
    made = AuditEvent.objects.get()
    assert (made.action, made.actor, made.subject_person) == ("person.reset_link_made", administrator, editor.pk)
    assert link not in str(made.data)

    guest = Client()
    form = guest.get(link)["Location"]
    assert guest.post(form, {"password1": NEW}).status_code == 302
    assert sign_in(Client(), editor, NEW).status_code == 302
    assert "was used already" in Client().get(link).content.decode()


@pytest.mark.parametrize("why", ["expired", "newer", "address", "password", "signed in", "tampered"])
def test_a_link_ends(signed_in, administrator: Person, editor: Person, why: str) -> None:
    boss = signed_in(administrator)
    link, now = link_for(boss, editor), clock.now()
    match why:
        case "expired":
            now += timedelta(hours=24, seconds=1)
        case "newer":
            link_for(boss, editor)
        case "address":
            Person.objects.filter(pk=editor.pk).update(email="moved@example.com")
        case "password":
            account.set_password(person=editor, password="five-small-boats")
        case "signed in":  # of a mailed one; an administrator's leaves no password to sign in with
            link = reverse("account_reset_password_from_key", args=link_by_mail(editor))
            assert sign_in(Client(), editor).status_code == 302
        case "tampered":
            link = link[:-4] + "zzz/"
    with clock.at(now):
        guest = Client()
        page = guest.get(link, follow=True)
        assert "was used already or has expired" in page.content.decode()
        guest.post(page.request["PATH_INFO"], {"password1": NEW})
    assert not Person.objects.get(pk=editor.pk).check_password(NEW)


@pytest.mark.parametrize("meanwhile", ["used", "newer"])
def test_a_link_that_ends_while_its_form_is_open_sets_nothing(signed_in, administrator, editor, meanwhile: str) -> None:
    boss, guest, other = signed_in(administrator), Client(), Client()
    link = link_for(boss, editor)
    form = guest.get(link)["Location"]
    if meanwhile == "used":
        other.post(other.get(link)["Location"], {"password1": "five-small-boats"})
    else:
        link_for(boss, editor)
    assert "was used already" in guest.post(form, {"password1": NEW}, follow=True).content.decode()
    assert not Person.objects.get(pk=editor.pk).check_password(NEW)


def test_the_service_looks_again(editor: Person) -> None:
    _uid, key = reset_sign_in(person=editor, by=None)
    account.reset_password(person=editor, key=key, password=NEW)
    with pytest.raises(account.LinkUsed):
        account.reset_password(person=editor, key=key, password="five-small-boats")


@on_postgresql
@pytest.mark.usefixtures("_unguarded")
@pytest.mark.django_db(transaction=True)
def test_one_link_sent_twice_at_once_sets_one_password(administrator: Person, editor: Person) -> None:
    _uid, key = reset_sign_in(person=editor, by=administrator)
    outcomes: list[str] = []

    def reset(password: str) -> None:
        try:
            account.reset_password(person=editor, key=key, password=password)
            outcomes.append("set")
        except account.LinkUsed:
            outcomes.append("used")

    both(lambda: reset("first-long-words"), lambda: reset("second-long-words"))
    assert sorted(outcomes) == ["set", "used"]


def test_a_new_password_ends_the_other_sessions(signed_in, administrator, editor) -> None:
    theirs = signed_in(editor)
    guest = Client()
    guest.post(guest.get(link_for(signed_in(administrator), editor))["Location"], {"password1": NEW})
    assert theirs.get("/account/").status_code == 302
