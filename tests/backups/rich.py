"""A small organisation with a row in every table that is kept, made through the rooms' services.

    PORTAL_VAR=/tmp/rich ENCRYPTION_KEYS=$(cat tests/backups/key) python -m tests.backups.rich

fills the database that the settings name. So were the databases and archives beside this file made; CONTRIBUTING.md says when
another one is due.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

HERE = Path(__file__).parent
KEY = (HERE / "key").read_text().strip()  # encrypts what is kept here, and nothing else in the world
PASSWORD = "correct-horse-battery"
CALENDAR = "read-by-a-calendar"


def fill() -> None:
    from core import clock

    now = clock.now()
    with mock.patch("core.content.load", _brief()):
        person = _set_up()
        _sample(person)
    _connections(person, now)
    _people(person, now)
    _okrs(person)
    _comments(person)
    _notices(person, now)


def _brief() -> Any:
    from core import content

    whole = content.load("sample/organisation")
    team = dict(whole["teams"]["forecasting"])
    running = next(each for each in team["okrs"] if each["cycle"] == 0)
    team["okrs"] = [{**running, "key_results": running["key_results"][::3]}]
    team["rounds"] = team["rounds"][-1:]
    told, load = {**whole, "teams": {"forecasting": team}}, content.load
    return lambda name: told if name == "sample/organisation" else load(name)


def _set_up() -> Any:
    from teams.services import setup

    facts = {"organisation": "Example GmbH — 例", "name": "Ada Administrator", "email": "ada@example.com"}
    return setup.set_up(code=setup.new_code(), password=PASSWORD, language="en", time_zone="Europe/Berlin", **facts)


def _sample(person: Any) -> None:
    from sample import services, work
    from sample.models import Sample, State

    services.load(by=person)
    work.work()
    assert Sample.current().state == State.LOADED, Sample.current().problem


def _connections(person: Any, now: Any) -> None:
    from connections.models import Budget, SetAsideObject, SyncRun, Webhook
    from delivery.correcting import correct
    from delivery.models import AlertRule, Change, PushKey, Telling
    from teams.services.teams import create_team
    from tests.connections.factories import (
        ConnectionFactory,
        CredentialFactory,
        DraftFactory,
        GrantFactory,
        SourceFactory,
    )
    from tests.delivery.factories import DeploymentFactory, ServiceFactory

    team = create_team(name="Real “team” 🚀\\", group=None, time_zone="Asia/Tokyo", join=True, by=person)
    source = SourceFactory(connection__team=team, connection__credential=None, lease_owner="someone", lease_until=now)
    CredentialFactory(connection=source.connection, token="ghp_kept_for_years")
    common = ConnectionFactory(team=None, name="GitHub — 共有", credential=None)
    CredentialFactory(connection=common, token="ghp_of_the_organisation")
    GrantFactory(connection=common, team=team, granted_by=person)
    row = DeploymentFactory(service=ServiceFactory(source=source, team=team), finished_at=now.replace(microsecond=1))
    correct(team=team, kind="failed", reason="Basket – 壊れた", by=person, deployment=row)
    change = Change.objects.create(service=row.service, key="push:12", opened_at=now, merged_at=now)
    Telling.objects.create(change=change, deployment=row)
    PushKey.objects.create(team=team, key="k-1", digest="0" * 64, answer=[{"id": "ü", "counts": True}])
    AlertRule.objects.create(team=team, values=["critical", "重大"])
    DraftFactory(team=team, created_by=person, token="ghp_of_a_draft")
    Budget.objects.create(fingerprint="f" * 64, limit=5000, remaining=17, reset_at=now, window=3600, noted_at=now)
    Webhook.objects.create(connection=source.connection, secret="a webhook's secret", heard_at=now)
    SyncRun.objects.create(source=source, owner="someone", started_at=now, counts={"deployments": 3, "ü": [1.5, None]})
    SetAsideObject.objects.create(source=source, key="issue:1", reason="x", first_seen_at=now, last_seen_at=now)


def _people(person: Any, now: Any) -> None:
    from allauth.account.models import EmailAddress

    from assessments import services as assessing
    from calendars.models import Address
    from core.crypto import digest
    from teams.models import Team, TeamRole, Visit
    from teams.services import invitations, tokens

    team = Team.objects.exclude(is_sample=True).get()
    invitations.invite(team=team, role=TeamRole.EDITOR, job_role="", email="", by=person)
    tokens.create_token(team=team, by=person, name="CI", scope="write")
    Address.objects.create(person=person, secret=CALENDAR, digest=digest(CALENDAR))
    Visit.objects.create(person=person, began_at=now, before_at=now - timedelta(days=1))
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    until = (now + timedelta(days=30)).date()
    assessing.ask_exemption(team=team, criterion="data.versioning", reason="Rules — 規則", until=until, by=person)


def _okrs(person: Any) -> None:
    from core import clock
    from okrs.models import CheckIn
    from tests.okrs import factories

    objective = factories.objective_in(factories.quarter(person), person, None)
    factories.key_result_of(objective, person, kind="checklist", entries=["First", "Second"])
    key_result = factories.key_result_of(objective, person)
    factories.checked_in(key_result, person, factories.noon(10, 5), 1, comment="“1.5 %” – 良い\n🚀")
    assert CheckIn.objects.filter(recorded_at__lt=clock.now()).exists()


def _comments(person: Any) -> None:
    from comments import services
    from core import topics
    from teams.models import Team

    topic = topics.find("criterion", Team.objects.exclude(is_sample=True).get(), "data.versioning")
    assert topic is not None
    services.write(topic=topic, text=f"@<{person.pk}> どう？\n“1.5 %” 🚀", by=person)
    services.blank(comment=services.write(topic=topic, text="gone", by=person), by=person)


def _notices(person: Any, now: Any) -> None:
    from notices.models import Channel, Choice, Notice, Outgoing, Preference
    from teams.models import Team

    team = Team.objects.exclude(is_sample=True).get()
    Preference.objects.create(person=person, digest="daily", quiet_from=now.time(), quiet_until=now.time())
    Choice.objects.create(person=person, kind="mention", inbox=True, mail=False)
    facts = {"kind": "mention", "key": "1", "params": {"by": {"person": person.pk}, "title": "良い 🚀"}, "url": "/"}
    mail = Outgoing.objects.create(person=person, next_at=now, lease_owner="someone", lease_until=now)
    Notice.objects.create(person=person, team=team, mail=mail, **facts)
    facts |= {"channel": Channel.objects.create(team=team, kind="webhook", name="#ml", host="x", address="https://x/y")}
    Outgoing.objects.create(next_at=now, **facts)


def empty_tables() -> list[str]:
    from django.apps import apps

    return [model._meta.label for model in apps.get_models() if not model._base_manager.exists()]


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlops_portal.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    fill()
    print("empty:", *empty_tables())
