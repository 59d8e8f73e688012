"""The organisation's settings and its audit log."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from teams import audit
from teams.models import AuditEvent, Organisation, Person, Team
from teams.services import people, teams
from tests.stale import asked

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def boss(signed_in, administrator: Person) -> Client:
    return signed_in(administrator)


def data(shown: Organisation, **wanted: str) -> dict[str, str]:
    seen = {name: getattr(shown, name) for name in ("name", "language", "time_zone", "second_factor")}
    return {**seen, **{f"seen_{name}": value for name, value in seen.items()}, **wanted}


def test_name_language_and_time_zone_are_changed(boss: Client, organisation: Organisation) -> None:
    boss.post("/organisation/", data(organisation, name="New Ltd", language="ja", time_zone="Asia/Tokyo"))

    organisation.refresh_from_db()
    assert (organisation.name, organisation.language, organisation.time_zone) == ("New Ltd", "ja", "Asia/Tokyo")
    assert AuditEvent.objects.get(action="organisation.name_changed").data == {
        "before": "Example Ltd",
        "after": "New Ltd",
    }
    assert AuditEvent.objects.count() == 3


def test_another_field_changed_meanwhile_is_kept(boss: Client, organisation: Organisation) -> None:
    sent = data(organisation, time_zone="Asia/Tokyo")
    Organisation.objects.update(name="Theirs")
    assert boss.post("/organisation/", sent).status_code == 302
    organisation.refresh_from_db()
    assert (organisation.name, organisation.time_zone) == ("Theirs", "Asia/Tokyo")


def test_the_same_field_changed_meanwhile_is_shown_with_both_values(boss: Client, organisation: Organisation) -> None:
    sent = data(organisation, name="Mine")
    Organisation.objects.update(name="Theirs")
    response = boss.post("/organisation/", sent)
    page = response.content.decode()
    assert response.status_code == 409
    assert (asked(page)["name"].theirs, asked(page)["name"].mine) == ("Theirs", "Mine")
    assert 'value="Mine"' in page
    organisation.refresh_from_db()
    assert organisation.name == "Theirs"


@pytest.mark.parametrize(("field", "value"), [("name", " "), ("language", "fr"), ("time_zone", "")])
def test_a_wrong_field_is_told(boss: Client, organisation: Organisation, field: str, value: str) -> None:
    response = boss.post("/organisation/", data(organisation, **{field: value}))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]


# -- The audit log


@pytest.fixture
def history(administrator: Person, editor: Person, team: Team) -> None:
    teams.archive_team(team=team, by=administrator)
    people.change_role(person=editor, by=administrator, seen="reader", role="manager")
    people.deactivate(person=editor, by=administrator)


def sentences(response) -> list[str]:
    return [entry.sentence for entry in response.context["entries"]]


ARCHIVED = "Archived the team “Forecasting”."
ROLE = "Changed the organisation role of Emma Editor from Reader to Manager."
DEACTIVATED = "Deactivated Emma Editor."


@pytest.mark.usefixtures("history")
def test_it_reads_as_sentences_newest_first(boss: Client) -> None:
    assert sentences(boss.get("/organisation/audit/")) == [DEACTIVATED, ROLE, ARCHIVED]


@pytest.mark.usefixtures("history")
def test_it_is_filtered_by_url(boss: Client, team: Team, editor: Person, administrator: Person) -> None:
    for query, expected in (
        (f"team={team.pk}", [ARCHIVED]),
        (f"person={editor.pk}", [DEACTIVATED, ROLE]),
        (f"person={administrator.pk}", [DEACTIVATED, ROLE, ARCHIVED]),
        ("about=team", [ARCHIVED]),
        ("about=person", [DEACTIVATED, ROLE]),
        ("about=nothing", []),
        ("team=x&person=y", [DEACTIVATED, ROLE, ARCHIVED]),
    ):
        assert sentences(boss.get(f"/organisation/audit/?{query}")) == expected, query


@pytest.mark.usefixtures("history")
def test_the_log_holds_no_names_so_a_new_name_is_shown(boss: Client, editor: Person) -> None:
    assert "Emma" not in str(AuditEvent.objects.values())
    Person.objects.filter(pk=editor.pk).update(name="Emma Married")
    assert sentences(boss.get("/organisation/audit/"))[0] == "Deactivated Emma Married."


def test_it_is_paged_in_a_constant_number_of_queries(boss: Client, administrator: Person, editor: Person) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            boss.get("/organisation/audit/")
        return len(captured)

    audit.record("person.deactivated", actor=administrator, subject=editor)
    few = queries()
    for _ in range(60):
        audit.record("person.deactivated", actor=administrator, subject=editor)
    assert queries() == few
    assert len(sentences(boss.get("/organisation/audit/"))) == 50
    assert len(sentences(boss.get("/organisation/audit/?page=2"))) == 11


def test_an_entry_that_nobody_described_is_still_shown(boss: Client, administrator: Person) -> None:
    audit.record("sky.fell", actor=None, subject=administrator, height=3)
    response = boss.get("/organisation/audit/")
    assert sentences(response) == ["sky.fell Ada Administrator"]
    assert "The portal" in response.content.decode()


def test_a_sentence_survives_values_that_are_missing_or_odd(administrator: Person) -> None:
    for values in ({}, {"before": None, "after": ["a", ""]}, {"before": "100%", "after": "%(x)s"}):
        event = AuditEvent(action="team.name_changed", data=values)
        assert event.sentence({}).startswith("Renamed the team from “")
    with translation.override("ja"):
        assert AuditEvent(action="team.name_changed").sentence({})


def recorded_actions(package: str) -> set[str]:
    """The actions that the code of a package records; names with a part that is only known at run time are left out."""
    found = set()
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            is_record = isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "record" and node.args
            if is_record and isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
    return found


@pytest.mark.parametrize("package", ["teams", "connections", "delivery", "roadmaps"])
def test_every_recorded_action_has_a_sentence(package: str) -> None:
    assert sorted(recorded_actions(package) - audit.described()) == [], "describe them: teams/audit.py"


def test_the_search_finds_what_this_room_records() -> None:
    assert {"team.archived", "member.removed", "token.revoked", "person.deactivated"} <= recorded_actions("teams")
    dynamic = {f"team.{name}_changed" for name in ("name", "group", "time_zone")}
    dynamic |= {f"organisation.{name}_changed" for name in ("name", "language", "time_zone", "second_factor")}
    assert dynamic | {"member.role_changed", "member.job_role_changed"} <= audit.described()


def test_every_kind_has_a_name() -> None:
    assert [kind for kind, name in audit.kinds() if kind == name] == []
