"""One's own account, and the language switch."""

from __future__ import annotations

import pytest
from django.conf import settings as django_settings
from django.test import Client

from teams.models import AuditEvent, Person
from tests.factories import PASSWORD
from tests.stale import asked

pytestmark = pytest.mark.django_db
NEW = "four-green-kettles"


@pytest.fixture
def me(signed_in, editor: Person) -> Client:
    return signed_in(editor)


def data(person: Person, **wanted: str) -> dict[str, str]:
    seen = {name: getattr(person, name) for name in ("name", "language", "theme", "time_zone")}
    return {**seen, **{f"seen_{name}": value for name, value in seen.items()}, **wanted}


def test_name_language_appearance_and_time_zone_are_changed(me: Client, editor: Person) -> None:
    wanted = {"name": "Emma New", "language": "ja", "theme": "dark", "time_zone": "Asia/Tokyo"}
    assert me.post("/account/", data(editor, **wanted))["Location"] == "/account/"

    editor.refresh_from_db()
    assert {name: getattr(editor, name) for name in wanted} == wanted
    page = me.get("/account/").content.decode()
    assert '<html lang="ja" data-theme="dark"' in page


def test_the_audit_log_tells_the_field_and_never_the_value(me: Client, editor: Person) -> None:
    me.post("/account/", data(editor, name="A secret name"))
    event = AuditEvent.objects.get()
    assert (event.action, event.data) == ("person.changed", {"fields": ["name"]})
    assert "secret" not in str(AuditEvent.objects.values())


def test_preferences_leave_no_entry(me: Client, editor: Person) -> None:
    me.post("/account/", data(editor, theme="dark", language="ja", time_zone="Asia/Tokyo"))
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("language", "fr"), ("theme", "pink"), ("time_zone", "Mars")]
)
def test_a_wrong_field_is_told_and_changes_nothing(me: Client, editor: Person, field: str, value: str) -> None:
    response = me.post("/account/", data(editor, **{"name": "Kept", field: value}))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    editor.refresh_from_db()
    assert editor.name == "Emma Editor"


def test_a_change_in_another_browser_is_shown(me: Client, editor: Person) -> None:
    stale = data(editor, name="Mine")
    Person.objects.filter(pk=editor.pk).update(name="Theirs")
    response = me.post("/account/", stale)
    assert response.status_code == 409
    question = asked(response.content.decode())["name"]
    assert (question.theirs, question.mine) == ("Theirs", "Mine")


def test_an_older_name_of_a_zone_is_kept(me: Client, editor: Person) -> None:
    Person.objects.filter(pk=editor.pk).update(time_zone="Japan")
    assert '<option value="Japan" selected' in me.get("/account/").content.decode()
    editor.refresh_from_db()
    assert me.post("/account/", data(editor, name="Emma")).status_code == 302


# -- Password


def test_a_new_password_keeps_this_browser_and_signs_out_the_others(signed_in, editor: Person) -> None:
    here, elsewhere = signed_in(editor), signed_in(editor)
    assert here.post("/account/password/", {"password": PASSWORD, "new": NEW})["Location"] == "/account/security/"

    editor.refresh_from_db()
    assert editor.check_password(NEW)
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert AuditEvent.objects.get().action == "person.password_changed"


@pytest.mark.parametrize(
    ("old", "new", "field"), [("wrong", NEW, "password"), (PASSWORD, "short", "new"), (PASSWORD, "emma editor", "new")]
)
def test_a_wrong_one_is_refused(me: Client, editor: Person, old: str, new: str, field: str) -> None:
    response = me.post("/account/password/", {"password": old, "new": new})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    editor.refresh_from_db()
    assert editor.check_password(PASSWORD)


# -- The language switch


def test_the_switch_is_remembered_with_the_person(me: Client, editor: Person) -> None:
    assert me.post("/language/", {"language": "ja", "next": "/people/?q=x"})["Location"] == "/people/?q=x"
    editor.refresh_from_db()
    assert editor.language == "ja"
    assert not AuditEvent.objects.exists()


def test_and_with_the_browser_where_nobody_is_signed_in(client: Client, organisation) -> None:
    client.post("/language/", {"language": "ja", "next": "/accounts/login/"})
    assert client.cookies[django_settings.LANGUAGE_COOKIE_NAME].value == "ja"
    assert '<html lang="ja"' in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_it_leads_nowhere_else(me: Client, elsewhere: str) -> None:
    assert me.post("/language/", {"language": "ja", "next": elsewhere})["Location"] == "/"


def test_a_language_there_is_not_is_a_bad_request(me: Client) -> None:
    response = me.post("/language/", {"language": "xx"})
    assert response.status_code == 400
    assert "could not make sense" in response.content.decode()


def test_from_a_refused_form_it_leads_back_to_the_page_before(me: Client, editor: Person, team) -> None:
    """The address of a POST may not be there for a GET."""
    response = me.post("/account/", data(editor, name=""), headers={"Referer": "http://testserver/account/?a=1"})
    assert 'name="next" value="/account/?a=1"' in response.content.decode()
