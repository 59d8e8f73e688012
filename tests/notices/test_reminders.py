"""Reminders of what falls due: docs/definitions.md, "Reminders". The things themselves are made up here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from core import clock, due
from core.due import Due
from notices import kinds, reminders, services, wording
from notices.models import Channel, Choice, Notice, Outgoing
from notices.reminders import remind
from notices.tasks import remind as task
from teams.models import Person, Team
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 1)
Give = Callable[..., Due]


@pytest.fixture(autouse=True)
def given(monkeypatch: pytest.MonkeyPatch, _kinds: None) -> list[Due]:
    """What is due, in place of what the rooms say."""
    things: list[Due] = []
    monkeypatch.setattr(due, "_sources", {})
    for kind in (*reminders.REMINDERS, "training"):
        due.register(kind, _of(things, kind))
    reminders.register_kinds()
    return things


def _of(things: list[Due], kind: str) -> due.Source:
    return lambda teams, first, last: [
        each for each in things if each.kind == kind and each.team in teams and first <= each.day <= last
    ]


@pytest.fixture
def thing(given: list[Due], team: Team) -> Give:
    def give(kind: str = "item", **more: Any) -> Due:
        facts: dict[str, Any] = {"key": f"{kind}:1", "team": team, "people": (), "day": DAY, "url": "/teams/1/"}
        given.append(
            Due(kind=kind, **facts | {"title": "Serving", "changed_at": datetime(2026, 1, 1, tzinfo=UTC)} | more)
        )
        return given[-1]

    return give


def at(day: date, hour: int = 9, zone: str = "UTC") -> Any:
    return clock.at(datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(zone)))


def run(*days: date, hour: int = 9) -> list[str]:
    """The occasions that were told, in their order, after the portal reminded on these days, twice each time."""
    for day in days:
        with at(day, hour):
            remind()
            remind()
    return [key.rpartition(":")[2] for key in Notice.objects.order_by("pk").values_list("key", flat=True)]


def around(first: int, last: int) -> list[date]:
    return [DAY + timedelta(days=number) for number in range(first, last + 1)]


def said(language: str = "en") -> list[str]:
    with translation.override(language):
        return [each.sentence for each in wording.told(Notice.objects.order_by("pk"))]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("item", [(-1, "soon"), (0, "today"), (1, "overdue")]),
        ("check_in", [(0, "today")]),
        ("answers", [(-14, "soon"), (0, "today")]),
        ("assessment", [(1, "overdue")]),
        ("training", []),
    ],
)
def test_the_occasions_of_each_kind(thing: Give, editor: Person, kind: str, told: list[tuple[int, str]]) -> None:
    thing(kind)
    found = []
    for number, day in enumerate(around(-20, 20), -20):
        before = Notice.objects.count()
        occasions = run(day)
        found += [(number, occasion) for occasion in occasions[before:]]
    assert found == told


def test_from_eight_in_the_morning_of_the_team(thing: Give, editor: Person, team: Team) -> None:
    Team.objects.filter(pk=team.pk).update(time_zone="Asia/Tokyo")
    thing("check_in", team=Team.objects.get())
    for day, hour, count in ((DAY, 7, 0), (DAY, 8, 1)):
        with at(day, hour, "Asia/Tokyo"):
            remind()
        assert Notice.objects.count() == count
    assert Notice.objects.get().created_at.date() == DAY - timedelta(days=1)  # in UTC


def test_a_portal_that_was_off_tells_the_newest_occasion_only(thing: Give, editor: Person) -> None:
    thing()
    assert run(DAY + timedelta(days=4)) == ["overdue"]
    thing(key="item:2")
    assert run(DAY + timedelta(days=5)) == ["overdue"]  # that one is too long past by now


def test_another_day_is_another_thing_to_be_reminded_of(thing: Give, given: list[Due], editor: Person) -> None:
    thing()
    run(DAY)
    given[:] = [replace(given[0], day=DAY + timedelta(days=5))]
    assert run(*around(0, 5)) == ["today", "soon", "today"]
    given.clear()
    assert len(run(*around(6, 8))) == 3  # done in time


def test_whom_it_is_due_from_else_the_team(thing: Give, editor: Person, team_admin: Person, outsider: Person) -> None:
    thing(people=(outsider.pk,))
    run(DAY)
    assert [each.person for each in Notice.objects.all()] == [outsider]
    thing("answers")
    run(DAY)
    assert {each.person for each in Notice.objects.filter(kind="answers_expire")} == {editor, team_admin}


def test_the_organisation_s_remind_their_owner_or_nobody(thing: Give, editor: Person) -> None:
    thing("check_in", team=None, key="check_in:2")
    assert run(DAY) == []
    thing("check_in", team=None, people=(editor.pk,))
    assert run(DAY) == ["today"]


@pytest.mark.parametrize("change", ["archived", "inactive", "sample"])
def test_nobody_is_reminded_who_cannot_come(
    thing: Give, team: Team, editor: Person, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = Person.objects.filter(pk=editor.pk)
    match change:
        case "archived":
            Team.objects.update(archived_at=datetime(2026, 11, 1, tzinfo=UTC))
        case "inactive":
            people.update(is_active=False)
        case "sample":
            people.update(is_sample=True, password="!")
    thing("answers")
    thing("item", people=(editor.pk,))
    called: list[object] = []
    monkeypatch.setattr(reminders, "notify", lambda *args: called.append(args))
    run(DAY)
    assert called == []


def test_all_check_ins_of_a_day_are_one_notice(thing: Give, editor: Person, team: Team) -> None:
    for number in (1, 2):
        thing("check_in", key=f"check-in:{number}:{DAY}", people=(editor.pk,))
    run(DAY)
    one = Notice.objects.get()
    assert (one.key, one.url) == (f"check-ins:{team.pk}:{DAY}:today", "/check-ins/")


def test_killed_between_any_two_everybody_is_told_once(
    thing: Give, editor: Person, team_admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Stands for kill -9."""

    for number in range(4):
        thing(key=f"item:{number}")
    for left in (0, 1, 2):
        calls: list[int] = []

        def dies(*args: Any, calls: list[int] = calls, left: int = left) -> None:
            if len(calls) == left:
                raise Killed
            calls.append(1)
            services.notify(*args)

        monkeypatch.setattr(reminders, "notify", dies)
        with at(DAY), pytest.raises(Killed):
            remind()
    monkeypatch.setattr(reminders, "notify", services.notify)
    assert len(run(DAY)) == 8
    # Reminders that come together leave together: one mail to each of the two.
    assert sorted(row.notices.count() for row in Outgoing.objects.all()) == [4, 4]


def test_one_that_cannot_be_told_keeps_nobody_else_from_it(
    thing: Give, editor: Person, caplog: pytest.LogCaptureFixture
) -> None:
    thing(url="https://elsewhere.example/")
    thing(key="item:2")
    assert run(DAY) == ["today"]
    assert "no reminder of item:1:2026-12-01:today" in caplog.text


def test_each_kind_can_be_switched_off(thing: Give, editor: Person) -> None:
    own = [each.kind for each in reminders.REMINDERS.values()]
    assert {each.id for each in kinds.all_kinds() if each.reminder} >= {each.id for each in own}
    assert all(each.reminder and each.team_sentence for each in own)
    Choice.objects.create(person=editor, kind="item_due", inbox=False, mail=False)
    thing()
    thing("answers")
    run(DAY)
    assert [each.kind for each in Notice.objects.all()] == ["answers_expire"]


def test_the_team_s_channel_gets_it_once(thing: Give, team: Team, editor: Person) -> None:
    Channel.objects.create(team=team, kind="slack", name="A", host="x", address="https://x/", kinds=["item_due"])
    thing(people=(editor.pk,))
    run(DAY)
    (post,) = Outgoing.objects.exclude(channel=None)
    assert wording.told_to_team(post) == "“Serving” is due on 1 Dec 2026."


def test_in_the_reader_s_words(thing: Give, editor: Person) -> None:
    thing(title={"en": "Serving", "ja": "推論基盤"})
    run(*around(0, 1))
    thing("check_in")
    run(DAY)
    thing("answers", title="A, B")
    run(DAY)
    thing("assessment", title={"en": "MLOps maturity", "ja": "MLOps成熟度"})
    run(DAY + timedelta(days=1))
    assert said() == [
        "“Serving” is due on 1 Dec 2026.",
        "“Serving” was due on 1 Dec 2026.",
        "Check-ins are due on 1 Dec 2026.",
        "Answers count until 1 Dec 2026 only: A, B.",
        "The assessment “MLOps maturity” was due on 1 Dec 2026.",
    ]
    assert said("ja") == [
        "「推論基盤」の期限は2026年12月1日です。",
        "「推論基盤」の期限（2026年12月1日）を過ぎました。",
        "チェックインの期限は2026年12月1日です。",
        "次の回答は2026年12月1日まで有効です：A, B",
        "評価「MLOps成熟度」の期限（2026年12月1日）を過ぎました。",
    ]


def test_beat_s_task_reminds(thing: Give, editor: Person) -> None:
    thing()
    with at(DAY):
        task.apply()
    assert Notice.objects.count() == 1


def test_as_many_queries_for_one_thing_as_for_many_once_they_are_told(
    thing: Give, given: list[Due], editor: Person, django_assert_num_queries: Any
) -> None:
    thing()
    run(DAY)
    with at(DAY), django_assert_num_queries(5):
        remind()
    for number in range(2, 6):
        thing(key=f"item:{number}", team=MembershipFactory().team)
    run(DAY)
    assert Notice.objects.count() == 5
    with at(DAY), django_assert_num_queries(5):
        remind()
