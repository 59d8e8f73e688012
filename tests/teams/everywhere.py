"""Somebody who acts in every room, and a search through every column of the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse

from assessments import services as assessing
from calendars import services as calendars
from comments import services as commenting
from connections import webhooks
from connections.models import Grant
from core import clock, topics
from core.models import UndoOffer
from delivery.correcting import correct
from notices.models import Channel, Choice, Notice, Outgoing, Preference
from okrs import services as okrs
from roadmaps import services as roadmaps
from roadmaps.models import Item
from teams.models import Person, Team
from teams.services import account, invitations, members, tokens
from tests.connections.factories import ConnectionFactory, CredentialFactory, DraftFactory, SourceFactory
from tests.delivery.factories import DeploymentFactory
from tests.imports.files import brought, imported
from tests.okrs.factories import key_result_of, objective_in, quarter
from tests.roadmaps.factories import started

NAME, ADDRESS = "Quilla Zanthorpe-Vex", "quilla.zanthorpe@planted.example"
PASSWORD = "lanterns-over-the-harbour"


def come(team: Team, inviter: Person) -> tuple[Person, Client]:
    """The person comes by an invitation to the address, and signs in in a browser."""
    _invitation, secret = invitations.invite(team=team, role="team_admin", job_role="", email=ADDRESS, by=inviter)
    client = Client(headers={"user-agent": "Browser"})
    form = {"name": NAME, "email": ADDRESS, "password": PASSWORD, "language": "en", "time_zone": "UTC"}
    assert client.post(reverse("invitation", args=[secret]), form).status_code == 302
    person = Person.objects.get(email=ADDRESS)
    Client().post(reverse("account_login"), {"login": ADDRESS, "password": "wrong"})
    other = Client()
    other.post(reverse("account_login"), {"login": ADDRESS, "password": PASSWORD})
    other.post(reverse("account_reset_password"), {"email": ADDRESS})
    assert client.get(reverse("home")).status_code == 200
    EmailAddress.objects.create(user=person, email=ADDRESS)
    Authenticator.objects.create(user=person, type="totp", data={"secret": "planted-secret-of-the-app"})
    return person, client


def act(person: Person, team: Team, other: Person) -> None:
    """Something in every room, with words that name nobody."""
    account.change_account(person=person, seen={"name": person.name}, wanted={"name": NAME + " II"})
    account.change_account(person=person, seen={"name": NAME + " II"}, wanted={"name": NAME})
    person.refresh_from_db()
    members.change_member(
        membership=team.memberships.get(person=other), by=person, seen={"role": "editor"}, wanted={"role": "team_admin"}
    )
    invitations.invite(team=team, role="editor", job_role="", email="friend@elsewhere.example", by=person)
    invitations.invite(team=team, role="editor", job_role="", email=ADDRESS.upper(), by=other)
    tokens.create_token(team=team, name="CI", scope="write", by=person)
    calendars.renew(person=person)
    UndoOffer.objects.create(kind="team.archive", person=person, until=clock.now())
    in_okrs(person, team)
    in_the_roadmap(person, team)
    in_maturity(person, team, other)
    in_comments(person, team, other)
    in_notices(person, team)
    imported(team, person, "roadmap-items", b"Section,Item\n1,From a file\n")
    brought(team, person, "roadmap-items", b"Section,Item\n1,Waits\n")
    source = SourceFactory(
        connection=ConnectionFactory(team=team, created_by=person, credential=None), asked_by=person
    )  # fmt: skip
    CredentialFactory(connection=source.connection, entered_by=person, token="stored-secret-of-the-connection")
    DraftFactory(team=team, created_by=person, token="drafted-secret-of-the-connection")
    webhooks.make(connection=source.connection, by=person)
    Grant.objects.create(
        connection=ConnectionFactory(team=None, name="Shared"),
        team=team,
        external_id="1",
        full_name="a/b",
        granted_by=person,
    )
    deployed = DeploymentFactory(service__source=source, service__team=team)
    correct(team=team, kind="exclude", deployment=deployed, reason="written beside a deployment", by=person)


def in_okrs(person: Person, team: Team) -> None:
    objective = objective_in(quarter(person, team), person, team, owner=person)
    key_result = key_result_of(objective, person)
    made = okrs.check_in(
        key_result=key_result, by=person, value=4, comment="written beside a check-in", status="at_risk", reason="we know why"
    )  # fmt: skip
    assert made.remark.comment
    okrs.edit_key_result(key_result=key_result, by=person, seen={"title": key_result.title}, wanted={"title": "Better"})


def in_the_roadmap(person: Person, team: Team) -> None:
    item: Item = started(team, person).items.order_by("pk")[0]
    roadmaps.edit_item(item=item, by=person, seen={"owner": None}, wanted={"owner": person})
    item.refresh_from_db()
    roadmaps.tick(item=item, wanted="in_progress", seen_version=0, by=person, note="written beside a tick")


def in_maturity(person: Person, team: Team, other: Person) -> None:
    found = assessing.start_round(team=team, by=person)
    assessing.answer(
        assessment=found, criterion="data.versioning", state=1, by=person, comment="written beside an answer"
    )  # fmt: skip
    assessing.set_target(team=team, area="data", level=2, due=None, seen=0, by=person)
    assessing.ask_exemption(
        team=team, criterion="data.quality_monitoring", reason="asked", until=date(2100, 1, 1), by=person
    )


def in_comments(person: Person, team: Team, other: Person) -> None:
    topic = topics.find("criterion", team, "data.versioning")
    assert topic is not None
    commenting.write(topic=topic, text=f"said to @{other.email}", by=person)
    commenting.write(topic=topic, text=f"answered to @{NAME}", by=other)


def places_of(*needles: str) -> set[str]:
    """ "table.column" of every column of every table in which one of the words stands; sessions are decoded first."""
    words = [each.lower() for each in needles]
    found = {
        f"{table}.{column}" for table, column in columns() if any(_stands_in(table, column, each) for each in words)
    }
    sessions = [json.dumps(session.get_decoded()).lower() for session in Session.objects.all()]
    return found | {"django_session.session_data" for kept in sessions if any(each in kept for each in words)}


def columns() -> Iterator[tuple[str, str]]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} LIMIT 0")
            for column in cursor.description:
                yield table, column[0]


def _stands_in(table: str, column: str, word: str) -> bool:
    quote = connection.ops.quote_name
    search = f"SELECT 1 FROM {quote(table)} WHERE LOWER(CAST({quote(column)} AS TEXT)) LIKE %s LIMIT 1"
    with connection.cursor() as cursor:
        cursor.execute(search, [f"%{word}%"])
        return cursor.fetchone() is not None


def in_notices(person: Person, team: Team) -> None:
    Channel.objects.create(team=team, kind="slack", name="#ml", host="x", address="https://x/y", created_by=person)
    Preference.objects.create(person=person, no_mail=True)
    Choice.objects.create(person=person, kind="mention", inbox=True, mail=False)
    mail = Outgoing.objects.create(person=person, next_at=clock.now())
    params = {"by": {"person": person.pk}}
    Notice.objects.create(person=person, kind="mention", key="1", params=params, url="/", mail=mail)
