"""The audit log page: finding entries, what was before and after, the file; and that nothing ever prunes it."""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from teams import audit
from teams.models import AuditEvent, Person, Team
from teams.services import members, people, tokens
from teams.services.teams import archive_team, create_group
from tests.core.test_append_only import production_modules

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def boss(signed_in, administrator: Person) -> Client:
    return signed_in(administrator)


@pytest.fixture
def history(administrator: Person, editor: Person, team_admin: Person, team: Team) -> None:
    """An entry a day from 2 March on."""
    acts = [
        lambda: create_group(name="予測の部", by=administrator),
        lambda: create_group(name="Élan", by=administrator),
        lambda: people.change_role(person=editor, by=administrator, seen="reader", role="manager"),
        lambda: members.change_member(
            membership=editor.memberships.get(), by=team_admin, seen={"role": "editor"}, wanted={"role": "team_admin"}
        ),
        lambda: tokens.create_token(team=team, name="100% of_CI", scope="write", by=team_admin),
        lambda: archive_team(team=team, by=administrator),
    ]
    for day, act in enumerate(acts):
        with clock.at(NOON + timedelta(days=day)):
            act()


GROUP, ELAN, ROLE, MEMBER, TOKEN, ARCHIVED = (
    "group.created", "group.created", "person.role_changed", "member.role_changed", "token.created", "team.archived",
)  # fmt: skip


def actions(boss: Client, **asked: object) -> list[str]:
    """Of the entries that the page shows, oldest first."""
    return [entry.event.action for entry in boss.get(reverse("audit-log"), asked).context["entries"]][::-1]


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", [GROUP, ELAN, ROLE, MEMBER, TOKEN, ARCHIVED]),
        ("予測", [GROUP]),  # text in data, which SQLite keeps as escapes
        ("Élan", [ELAN]),
        ("taro", [MEMBER, TOKEN]),  # whose name it is now, as actor
        ("EMMA", [ROLE, MEMBER]),  # … or as subject
        ("forecasting", [MEMBER, TOKEN, ARCHIVED]),  # the team
        ("archived", [ARCHIVED]),  # the sentence
        ("changed the", [ROLE, MEMBER]),
        ("manager", [ROLE]),  # a value as it reads
        ("of_CI", [TOKEN]),
        ("100%", [TOKEN]),
        ("1%0", []),  # no pattern
        ("before", []),  # a key of data is no word
        ("taro archived", []),  # every word
        ("nothing", []),
    ],
)
def test_every_word_is_found_where_an_entry_says_it(boss: Client, words: str, expected: list[str]) -> None:
    assert actions(boss, q=words) == expected


@pytest.mark.usefixtures("history")
def test_words_are_found_in_the_language_of_the_reader(boss: Client, administrator: Person) -> None:
    Person.objects.filter(pk=administrator.pk).update(language="ja")
    assert actions(boss, q="アーカイブ") == [ARCHIVED]
    assert actions(boss, q="archived") == []
    assert actions(boss, q="チーム管理者") == [MEMBER]  # a value as it reads, "team_admin" as it is stored


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"from": "2026-03-06"}, [TOKEN, ARCHIVED]),
        ({"to": "2026-03-03"}, [GROUP, ELAN]),
        ({"from": "2026-03-04", "to": "2026-03-05"}, [ROLE, MEMBER]),
        ({"from": "2026-03-05", "to": "2026-03-04"}, []),
        ({"from": "yesterday", "to": "9999-12-31"}, [GROUP, ELAN, ROLE, MEMBER, TOKEN, ARCHIVED]),
        ({"about": "group"}, [GROUP, ELAN]),
        ({"about": "team.archived"}, [ARCHIVED]),
        ({"about": "team.created"}, []),
        ({"subject": "person:0"}, []),
    ],
)
def test_its_address_is_what_is_asked_for(boss: Client, asked: dict[str, str], expected: list[str]) -> None:
    assert actions(boss, **asked) == expected


@pytest.mark.usefixtures("history")
def test_days_are_those_of_the_reader(boss: Client, administrator: Person) -> None:
    """Noon in UTC is the next day in Kiritimati (UTC+14)."""
    Person.objects.filter(pk=administrator.pk).update(time_zone="Pacific/Kiritimati")
    assert actions(boss, **{"from": "2026-03-08"}) == [ARCHIVED]
    assert actions(boss, to="2026-03-03") == [GROUP]


@pytest.mark.usefixtures("history")
def test_an_entry_leads_to_all_about_the_same_thing(boss: Client, editor: Person) -> None:
    shown = boss.get(reverse("audit-log"), {"about": "member"}).content.decode()
    assert f"subject=person%3A{editor.pk}" in shown
    assert actions(boss, subject=f"person:{editor.pk}") == [ROLE, MEMBER]


# -- Before and after


def entry_of(boss: Client, action: str):
    (entry,) = boss.get(reverse("audit-log"), {"about": action}).context["entries"]
    return entry


@pytest.mark.usefixtures("history")
def test_it_shows_before_and_after_as_people_read_them(boss: Client) -> None:
    (change,) = entry_of(boss, ROLE).changes
    assert (change.name, change.before, change.after) == ("role", "Reader", "Manager")
    assert entry_of(boss, TOKEN).values[:2] == [("name", "100% of_CI"), ("scope", "Read and write")]
    page = boss.get(reverse("audit-log"), {"about": ROLE}).content.decode()
    assert "</span>Reader <svg" in page


def test_of_several_fields_it_shows_those_that_changed(boss: Client, team: Team, editor: Person) -> None:
    from assessments import services as assessing

    assessing.set_target(team=team, area="data", level=2, due=None, seen=0, by=editor)
    assessing.set_target(team=team, area="data", level=3, due=None, seen=1, by=editor)
    newest = boss.get(reverse("audit-log")).context["entries"][0]
    assert [(each.name, each.before, each.after) for each in newest.changes] == [("level", "2", "3")]


def calls_of_record() -> Iterator[tuple[str, ast.Call]]:
    for path, module in production_modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "record" and node.args:
                yield module, node


def action_of(call: ast.Call) -> str:
    name = call.args[0]
    return ast.unparse(name)


# Changes whose entry says everything, or may say no values: a person's own fields.
WITHOUT_VALUES = {"'person.changed'", "'person.password_changed'"}


def test_every_change_of_a_value_tells_before_and_after() -> None:
    changes = [(module, call) for module, call in calls_of_record() if "changed" in action_of(call)]
    assert len(changes) > 5
    silent = {
        f"{module}: {action_of(call)}"
        for module, call in changes
        if not {"before", "after"} <= {each.arg for each in call.keywords} and action_of(call) not in WITHOUT_VALUES
    }
    assert silent == set()


# -- The file


@pytest.mark.usefixtures("history")
def test_everything_that_is_asked_for_comes_as_a_file(boss: Client, administrator: Person, editor: Person) -> None:
    create_group(name="=HYPERLINK(1)", by=administrator)
    response = boss.get(reverse("audit-log"), {"format": "csv", "person": administrator.pk})
    assert response.streaming
    assert response["Content-Disposition"] == 'attachment; filename="audit-log.csv"'
    header, *lines = csv.reader(io.StringIO(response.getvalue().decode().removeprefix("\ufeff")))
    assert [line[header.index("Action")] for line in lines] == [GROUP, ARCHIVED, ROLE, ELAN, GROUP]
    role = dict(zip(header, lines[2], strict=True))
    assert role["What"] == "Changed the organisation role of Emma Editor from Reader to Manager."
    assert (role["Who"], role["When"]) == ("Ada Administrator", "2026-03-04T12:00:00+00:00")
    assert (role["Before"], role["After"]) == ("role: Reader", "role: Manager")
    assert not any(cell.lstrip().startswith("=") for line in lines for cell in line)


def test_the_file_is_not_cut_off_and_speaks_the_readers_language(
    boss: Client, administrator: Person, monkeypatch
) -> None:
    monkeypatch.setattr("teams.audit_details.CHUNK", 20)
    Person.objects.filter(pk=administrator.pk).update(language="ja")
    for _ in range(61):
        audit.record("person.deactivated", actor=administrator, subject=administrator)
    with CaptureQueriesContext(connection) as captured:
        text = boss.get(reverse("audit-log"), {"format": "csv"}).getvalue().decode()
    assert text.count("\r\n") == 62
    assert "Deactivated" not in text
    assert len(captured) < 20


def test_a_reader_gets_no_file(signed_in, manager: Person) -> None:
    assert signed_in(manager).get(reverse("audit-log"), {"format": "csv"}).status_code == 403


# -- Never pruned


def test_nothing_in_the_code_deletes_or_changes_entries() -> None:
    """No call of `delete`, `update` or the like on AuditEvent in any room, and nobody takes the guard off the tables."""
    wrong = set()
    for path, module in production_modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                text = ast.unparse(node.func)
                if "AuditEvent" in text and node.func.attr in {"delete", "_raw_delete", "update", "bulk_update"}:
                    wrong.add(f"{module}: {text}")
                if node.func.attr == "unguard_tables" and module not in MAY_UNGUARD:
                    wrong.add(f"{module}: {text}")
    assert wrong == set()


MAY_UNGUARD = {"core.append_only"} | {f"backups.{name}" for name in ("restore", "services", "restoring")}


@pytest.mark.usefixtures("history")
def test_the_removal_of_a_person_leaves_every_entry(administrator: Person, editor: Person) -> None:
    before = list(AuditEvent.objects.order_by("pk").values())
    people.remove(person=editor, by=administrator)
    after = list(AuditEvent.objects.order_by("pk").values())
    assert after[: len(before)] == before
    assert len(after) > len(before)
