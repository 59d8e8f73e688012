"""One person's data as a file: all of it, and nobody else's."""

from __future__ import annotations

import json

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.urls import reverse

from core import clock
from teams.models import ApiToken, AuditEvent, Invitation, Person
from teams.services import personal_data
from tests.okrs.factories import TODAY
from tests.teams.everywhere import ADDRESS, NAME

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_november")]


def models_with_a_person() -> set[str]:
    return {model._meta.label_lower for model in apps.get_models() if personal_data.keys_to_person(model)}


def test_whoever_acted_everywhere_finds_a_row_of_every_model_in_the_file(busy) -> None:
    """Each model that points to a person is in the file, or stands in LEFT_OUT with a reason."""
    _person, client = busy
    rows = json.loads(client.post(reverse("account-data")).content)["rows"]
    left_out = personal_data.LEFT_OUT
    assert set(rows).isdisjoint(left_out)
    assert all(reason for reason in left_out.values())
    assert set(left_out) <= models_with_a_person(), "a model that is gone"
    # What this person had no occasion for, which says nothing about the file.
    not_done = {"sample.sample", "connections.syncrun", "backups.work"}
    missing = models_with_a_person() - set(rows) - set(left_out) - not_done
    assert missing == set()
    assert rows["okrs.remark"][0]["comment"] == "written beside a check-in"  # no key of it says whose it is
    assert rows["okrs.keyresult"][0]["as"] == ["owner", "created_by"]


def test_no_secret_and_nothing_of_others_is_in_it(busy, editor: Person, administrator: Person) -> None:
    person, client = busy
    text = client.post(reverse("account-data")).content.decode()
    assert ADDRESS in text
    assert NAME in text
    person.refresh_from_db()
    secrets = [person.password, "stored-secret-of-the-connection", "drafted-secret-of-the-connection"]
    secrets += ["planted-secret-of-the-app"]
    secrets += [token.digest for token in ApiToken.objects.all()]
    secrets += [invitation.secret_digest for invitation in Invitation.objects.all()]
    secrets += [session.session_key for session in Session.objects.all()]
    others = [editor.email, editor.name, administrator.email, administrator.name, "friend@elsewhere.example"]
    assert [each for each in secrets + others if each in text] == []


def test_every_secret_column_is_one_that_there_is() -> None:
    """A renamed column would slip into the file."""
    known = {
        f"{model._meta.label_lower}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
    }
    assert known >= personal_data.SECRET | personal_data.NOT_PERSONAL


def test_columns_that_sound_secret_are_left_out_or_looked_at() -> None:
    """A new column whose name sounds like a secret must be named in SECRET, or here."""
    sounds = ("secret", "password", "digest", "hash", "key", "token", "code")
    harmless = {"token", "key_result", "key_result_id", "template_key", "error_code", "asked_token"}
    found = {
        f"{label}.{field.name}"
        for label in models_with_a_person() | {"teams.person"}
        for field in apps.get_model(label)._meta.concrete_fields
        if any(sound in field.name for sound in sounds) and field.name not in harmless
    }
    # What names an event, when mails leave, an address of one's own that was refused, and what is encrypted and so left out.
    looked_at = {
        "imports.upload.digest",
        "notices.notice.key",
        "notices.outgoing.key",
        "notices.channel.secret",
        "connections.webhook.secret",
    } | {f"notices.preference.{name}" for name in ("digest", "digest_hour", "digest_weekday", "refused_digest")}
    assert found <= personal_data.SECRET | looked_at


def test_the_file_has_a_shape_and_a_version(busy) -> None:
    person, client = busy
    response = client.post(reverse("account-data"))
    assert response["Content-Disposition"] == f'attachment; filename="person-{person.pk}.json"'
    assert "no-store" in response["Cache-Control"]
    made = json.loads(response.content)
    assert (made["format"], made["version"]) == ("mlops-portal/person", 1)
    assert made["made_at"] == "2026-11-23T09:00:00Z"
    assert (made["person"]["name"], made["person"]["email"]) == (NAME, ADDRESS)
    assert all("as" in row for rows in made["rows"].values() for row in rows)


def test_an_administrator_exports_somebodys_data_and_the_log_tells(busy, signed_in, administrator: Person) -> None:
    person, _client = busy
    boss, url = signed_in(administrator), reverse("person-export", args=[person.pk])
    assert json.loads(boss.post(url).content)["person"]["email"] == ADDRESS
    event = AuditEvent.objects.get(action="person.exported")
    assert (event.actor, event.subject_person, event.data) == (administrator, person.pk, {})

    with clock.at(TODAY.replace(hour=15)):
        assert boss.post(url)["Location"].startswith(reverse("account_reauthenticate"))
    assert AuditEvent.objects.filter(action="person.exported").count() == 1


def test_the_page_offers_it(signed_in, editor: Person) -> None:
    assert "Download my data" in signed_in(editor).get(reverse("account-data")).content.decode()
