"""Giving out a notice."""

from datetime import date

import pytest

from notices.models import Channel, Notice, Outgoing
from notices.services import notify
from teams.models import Person, Team
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


def tell(*to: Person, key: str = "1", team: Team | None = None, kind: str = "told", by: Person | None = None) -> None:
    params = (
        {"by": by or to[0], "title": "Serving"} if kind != "due" else {"title": "Serving", "day": date(2026, 12, 1)}
    )
    notify(kind, to, key, team, params, "/teams/1/")


def test_each_is_told_once(team: Team, editor: Person, outsider: Person) -> None:
    tell(editor, team=team)
    tell(editor, outsider, editor, team=team)
    assert sorted(Notice.objects.values_list("person", flat=True)) == sorted([editor.pk, outsider.pk])
    assert Outgoing.objects.count() == 2
    assert {each.mail_id for each in Notice.objects.all()} == set(Outgoing.objects.values_list("pk", flat=True))


def test_who_cannot_come_is_told_nothing(team: Team, editor: Person) -> None:
    inactive = PersonFactory(is_active=False)
    sample = PersonFactory(is_sample=True, password="!")
    tell(inactive, sample, team=team, by=editor)
    assert not Notice.objects.exists()
    assert not Outgoing.objects.exists()


def test_a_channel_gets_what_it_wants_once(team: Team, editor: Person) -> None:
    wanting = Channel.objects.create(team=team, kind="slack", name="A", host="x", address="https://x/", kinds=["told"])
    Channel.objects.create(team=team, kind="slack", name="B", host="x", address="https://x/", kinds=["due"])
    tell(team=team, by=editor)
    tell(editor, team=team)
    assert list(Outgoing.objects.exclude(channel=None).values_list("channel", "kind")) == [(wanting.pk, "told")]
