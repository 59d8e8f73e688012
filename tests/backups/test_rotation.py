"""A new encryption key in front, everything encrypted again, the old key away."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.urls import reverse

from backups import archive
from connections.models import Credential, Draft
from core import readiness, rotation
from core.crypto import EncryptedTextField, Undecryptable
from mlops_portal import secrets as made_secrets
from ops import prepare
from teams.models import AuditEvent, Person
from tests.backups.conftest import FIRST
from tests.backups.databases import rows_of
from tests.connections.factories import ConnectionFactory, DraftFactory

pytestmark = pytest.mark.django_db
NEW, OLD = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def secrets(settings: Any, editor: Person) -> None:
    """One in each place where the portal keeps secrets, all under the old key."""
    settings.ENCRYPTION_KEYS = [OLD]
    ConnectionFactory(credential__token="ghp_secret")
    DraftFactory(token="ghp_draft")
    TOTP.activate(editor, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(editor)
    settings.ENCRYPTION_KEYS = [NEW, OLD]


def rotate() -> str:
    said = io.StringIO()
    call_command("rotate_keys", stdout=said)
    return said.getvalue()


def stored() -> list[str]:
    """Every Fernet token in the whole database, wherever it stands."""
    return re.findall(r"gAAAA[\w=-]+", str(rows_of(connection)))


@pytest.mark.usefixtures("secrets")
def test_the_old_key_can_be_removed_afterwards(settings: Any, editor: Person) -> None:
    codes = RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes()
    assert len(stored()) == 4
    assert "4 secrets were encrypted again" in rotate()
    assert AuditEvent.objects.get(action="backup.keys_rotated").data == {"count": 4}
    settings.ENCRYPTION_KEYS = [NEW]
    assert [Fernet(NEW).decrypt(token) for token in stored()]
    assert Credential.objects.get().token == "ghp_secret"
    assert Draft.objects.get().token == "ghp_draft"
    assert Authenticator.objects.get(type="totp").data.keys() == {"secret"}
    assert RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes() == codes
    assert "0 secrets were encrypted again" in rotate()
    assert AuditEvent.objects.filter(action="backup.keys_rotated").count() == 1


@pytest.mark.usefixtures("secrets")
def test_without_it_the_old_key_is_needed(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW]
    with pytest.raises(Undecryptable):
        Credential.objects.get()


@pytest.mark.usefixtures("secrets")
def test_keys_that_fit_nothing_are_told(settings: Any, client: Any, editor: Person) -> None:
    assert readiness._secrets() == ""
    settings.ENCRYPTION_KEYS = [NEW]
    assert readiness._secrets() == "Stored secrets fit no key of ENCRYPTION_KEYS."
    Credential.objects.all()._raw_delete("default")
    Draft.objects.all()._raw_delete("default")
    assert rotation.unreadable(), "second factors alone are told too"
    client.force_login(editor)
    answer = client.get(reverse("security"))
    assert answer.status_code == 503
    assert "fits no key of ENCRYPTION_KEYS" in answer.content.decode()


@pytest.mark.usefixtures("secrets")
def test_no_new_key_takes_the_place_of_one_that_is_missing(settings: Any, tmp_path: Path, capsys: Any) -> None:
    settings.VAR, settings.ENCRYPTION_KEYS = tmp_path, [made_secrets.embedded_encryption_key(tmp_path)]
    with pytest.raises(SystemExit):
        prepare.check_keys()
    assert "the key that they were encrypted with is missing" in capsys.readouterr().err
    assert not (tmp_path / "encryption_key").exists()
    made_secrets.made_here.clear()
    prepare.check_keys()
    assert capsys.readouterr().err.startswith("Warning: Stored secrets fit no key")


@pytest.mark.usefixtures("secrets")
def test_killed_in_the_middle_the_next_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    again, calls = rotation._again, []

    def dies(value: Any, told: rotation.Rotated) -> Any:
        calls.append(value)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return again(value, told)

    monkeypatch.setattr(rotation, "_again", dies)
    with pytest.raises(KeyboardInterrupt):
        rotate()
    monkeypatch.setattr(rotation, "_again", again)
    assert 0 < rotation.rotate().changed < 4


@pytest.mark.usefixtures("secrets")
def test_what_no_key_opens_is_counted_and_left_alone(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW]
    before = stored()
    with pytest.raises(CommandError, match="4 cannot be read with any of ENCRYPTION_KEYS"):
        rotate()
    assert stored() == before


def test_more_than_a_batch_is_rotated(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)
    settings.ENCRYPTION_KEYS = [OLD]
    for _ in range(5):
        ConnectionFactory()
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert rotation.rotate() == rotation.Rotated(changed=5)


def test_every_encrypted_column_is_found() -> None:
    """The fields by themselves; whoever encrypts in another way registers the column, or this test has to be told."""
    found = rotation.columns()
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            assert isinstance(field, EncryptedTextField) <= ((model, field.attname) in found)
    assert (Authenticator, "data") in found
    assert all(isinstance(model._meta.get_field(name), EncryptedTextField | models.JSONField) for model, name in found)


def test_an_archive_of_the_time_before_is_read_as_long_as_its_key_is_listed(settings: Any) -> None:
    key = settings.ENCRYPTION_KEYS[0]
    settings.ENCRYPTION_KEYS = [NEW, key]
    with archive.opened(FIRST) as found:
        assert found.manifest.rows > 500
