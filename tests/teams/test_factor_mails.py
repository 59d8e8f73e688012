"""Whoever has an account hears by mail what became of its second factors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client

from core import clock
from teams.models import Organisation, Person
from teams.services import people, second_factors
from tests.teams.authenticator import SECRET, set_up, shown

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def told(settings: Any, django_capture_on_commit_callbacks: Any) -> Callable[[Callable[[], object]], list[str]]:
    """`told(lambda: …)`: the mails that it sends."""
    settings.MAIL_WORKS, settings.PORTAL_URL = True, "https://portal.example.com"

    def of(change: Callable[[], object]) -> list[str]:
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            change()
        return [f"{each.to} {each.body}" for each in mail.outbox]

    return of


def test_each_change_is_told_to_the_person_alone(told, editor: Person, administrator: Person) -> None:
    now = clock.now()
    to = f"['{editor.email}'] "
    remove = lambda kind: second_factors.remove(  # noqa: E731
        person=editor, authenticator=Authenticator.objects.get(type=kind), organisation=Organisation.current()
    )
    (app,) = told(lambda: set_up(editor, now))
    assert app.startswith(f"{to}An authenticator app was set up. If that was not you")
    assert mail.outbox[0].subject == "Your sign-in to the MLOps Portal has changed"
    assert told(lambda: second_factors.add_passkey(person=editor, name="x", credential={}))[0].startswith(
        f"{to}A passkey was added."
    )
    (codes,) = told(lambda: second_factors.new_recovery_codes(person=editor))
    assert codes.startswith(f"{to}New recovery codes were made")
    code = Authenticator.objects.get(type="recovery_codes").wrap().generate_codes()[0]
    (used,) = told(lambda: second_factors.use_code(person=editor, code=code))
    assert used.startswith(f"{to}Somebody signed in")
    assert told(lambda: remove("webauthn"))[0].startswith(f"{to}A passkey was removed.")
    assert told(lambda: remove("totp"))[0].startswith(f"{to}The authenticator app was removed.")
    set_up(editor, now)
    (reset,) = told(lambda: people.reset_sign_in(person=editor, by=administrator))
    assert reset.startswith(f"{to}All second factors were removed")
    assert told(lambda: people.reset_sign_in(person=editor, by=administrator)) == []  # there were none
    assert code not in "".join((app, codes, used, reset))


def test_in_the_language_of_whom_it_concerns(told, editor: Person, administrator: Person) -> None:
    set_up(editor)
    Person.objects.filter(pk=editor.pk).update(language="ja")
    (reset,) = told(lambda: people.reset_sign_in(person=editor, by=administrator))
    assert "お心当たりがない場合は" in reset
    assert "リセットにより" in reset
    assert "変更されました" in mail.outbox[0].subject


def test_a_code_of_the_app_and_what_failed_are_no_news(told, editor: Person) -> None:
    set_up(editor, clock.now() - timedelta(minutes=10))
    assert told(lambda: second_factors.use_code(person=editor, code=shown())) == []
    with pytest.raises(second_factors.HasOne):
        told(lambda: second_factors.add_app(person=editor, secret=SECRET, code=shown()))
    assert mail.outbox == []


def test_a_mail_server_that_is_away_undoes_nothing(
    told, signed_in: Callable[[Person], Client], editor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: EmailMessage) -> None:
        raise ConnectionRefusedError

    set_up(editor)
    monkeypatch.setattr(EmailMessage, "send", away)
    app = Authenticator.objects.get(type="totp")
    client = signed_in(editor)
    answers: list[Any] = []
    told(lambda: answers.append(client.post(f"/account/security/{app.pk}/remove/")))
    assert answers[0].status_code == 302
    assert not Authenticator.objects.exists()
