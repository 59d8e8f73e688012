"""Giving out a notice: once, to those who can be told, in words of the reader."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone, translation

from core import clock
from notices import kinds, wording
from notices.kinds import Kind
from notices.models import Choice, Notice, Outgoing, Preference
from notices.services import notify
from teams.models import Person, Team
from tests.factories import PersonFactory
from tests.notices.telling import add_channel, tell

pytestmark = pytest.mark.django_db


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
    wanting = add_channel(team, "https://x.example/", kinds=["told"])
    add_channel(team, "https://x.example/", kinds=["due"])
    tell(team=team, by=editor)
    tell(editor, team=team)
    tell(editor, team=None, key="2")
    assert list(Outgoing.objects.exclude(channel=None).values_list("channel", "kind")) == [(wanting.pk, "told")]


def test_a_kind_without_a_sentence_for_teams_is_posted_nowhere(team: Team, editor: Person) -> None:
    add_channel(team, "https://x.example/", kinds=["quiet"])
    tell(editor, team=team, kind="quiet")
    assert not Outgoing.objects.exists()
    assert Notice.objects.count() == 1


@pytest.mark.parametrize(
    ("choice", "rows", "mails"),
    [
        ({"inbox": True, "mail": False}, [True], 0),
        ({"inbox": False, "mail": True}, [False], 1),
        ({"inbox": False, "mail": False}, [], 0),
    ],
)
def test_what_somebody_chose_counts(choice: dict[str, bool], rows: list[bool], mails: int, editor: Person) -> None:
    Choice.objects.create(person=editor, kind="told", **choice)
    tell(editor)
    assert list(Notice.objects.values_list("in_inbox", flat=True)) == rows
    assert Outgoing.objects.count() == mails


def test_no_mail_at_all_and_a_portal_without_mail(editor: Person, outsider: Person, settings: object) -> None:
    Preference.objects.create(person=editor, no_mail=True)
    tell(editor)
    settings.MAIL_WORKS = False  # type: ignore[attr-defined]
    tell(outsider)
    assert Notice.objects.count() == 2
    assert not Outgoing.objects.exists()


def test_it_reads_in_the_readers_language_and_zone(editor: Person) -> None:
    kinds.register(Kind("all", "All", "%(by)s, %(text)s, %(day)s, %(at)s, %(n)s"))
    params = {
        "by": editor,
        "text": {"en": "Serving", "ja": "提供"},
        "day": date(2026, 12, 1),
        "at": datetime(2026, 12, 1, 23, 30, tzinfo=UTC),
        "n": 3,
    }
    notify("all", [editor], "1", None, params, "/")
    found = Notice.objects.get()
    assert "Emma" not in str(found.params)
    editor.name = "Emma\r\nBcc: x@example.com"
    editor.save()
    with wording.reading("en", editor.zone):
        assert wording.told([found])[0].sentence == (
            "Emma Bcc: x@example.com, Serving, 1 Dec 2026, 1 Dec 2026, 23:30, 3"
        )
    with translation.override("ja"), timezone.override("Asia/Tokyo"):
        assert (
            wording.told([found])[0].sentence == "Emma Bcc: x@example.com, 提供, 2026年12月1日, 2026年12月2日 08:30, 3"
        )


def test_a_sentence_can_be_a_function_and_a_kind_can_be_gone(editor: Person) -> None:
    kinds.register(Kind("many", "Many", lambda said: f"{said['n']} of them"))
    notify("many", [editor], "1", None, {"n": 2}, "/")
    assert wording.told(Notice.objects.all())[0].sentence == "2 of them"
    del kinds._kinds["many"]
    assert "no longer knows" in wording.told(Notice.objects.all())[0].sentence


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "teams/"])
def test_it_leads_to_a_page_of_the_portal_only(url: str, editor: Person) -> None:
    with pytest.raises(ValueError, match="no path"):
        tell(editor, url=url)


def test_what_cannot_be_told_in_every_language_is_refused(editor: Person) -> None:
    with pytest.raises(TypeError):
        notify("told", [editor], "1", None, {"title": object()}, "/")
    with pytest.raises(KeyError):
        notify("nobody registered this", [editor], "1", None, {}, "/")


def test_many_are_told_in_as_many_queries_as_few(django_assert_num_queries: object, editor: Person) -> None:
    Preference.objects.create(person=editor, no_mail=True)
    few = [PersonFactory() for _ in range(2)]
    many = [PersonFactory() for _ in range(20)]
    for each in (*few, *many):
        Preference.objects.create(person=each, no_mail=True)
    with django_assert_num_queries(7):  # type: ignore[operator]  # two for the savepoint
        tell(*few, key="few")
    with django_assert_num_queries(7):  # type: ignore[operator]
        tell(*many, key="many")


def test_it_is_dated_by_the_clock(editor: Person) -> None:
    with clock.at(datetime(2026, 3, 1, 12, tzinfo=UTC)):
        tell(editor)
    assert Notice.objects.get().created_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
