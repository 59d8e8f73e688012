"""Stale edits of what is edited beside objectives and key results: checklists' entries, grades, cycles; docs/adr/0014."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from core.edits import StaleEdit
from okrs import services
from okrs.models import Change, Cycle, KeyResult, Objective
from teams.models import Person
from tests.okrs.factories import key_result_of
from tests.stale import asked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def member(signed_in: Callable[[Person], Client], editor: Person) -> Client:
    return signed_in(editor)


@pytest.fixture
def checklist(objective: Objective, editor: Person) -> KeyResult:
    return key_result_of(objective, editor, title="Runbooks", kind="checklist", entries=["Serving", "Training"])


def shown(member: Client, row: KeyResult) -> dict[str, str]:
    """What a browser sends of the entries as they are shown."""
    form = member.get(reverse("key-result-edit", args=[row.pk])).context["entries_form"]
    told = {name: form[name].value() for name in form.fields}
    return {name: "on" if value is True else str(value) for name, value in told.items() if value not in (None, False)}


def edit(row: KeyResult, by: Person, added: list[str] | None = None, **titles: str) -> None:
    present = {f"title_{each.pk}": each.title for each in row.entries.all()}
    wanted = {name: titles.get(title, title) for name, title in present.items()}
    services.set_entries(key_result=row, wanted=wanted, seen=present, added=added or [], by=by)


def test_entries_that_two_people_renamed_are_both_kept(
    member: Client, checklist: KeyResult, team_admin: Person
) -> None:
    first, _second = checklist.entries.order_by("position")
    mine = shown(member, checklist) | {f"title_{first.pk}": "Serving well"}
    edit(checklist, team_admin, Training="Training anew")
    assert member.post(reverse("key-result-entries", args=[checklist.pk]), mine).status_code == 302
    assert list(checklist.entries.values_list("title", flat=True)) == ["Serving well", "Training anew"]


def test_an_entry_that_two_people_renamed_is_asked_about(
    member: Client, checklist: KeyResult, team_admin: Person
) -> None:
    first = checklist.entries.order_by("position")[0]
    name, address = f"title_{first.pk}", reverse("key-result-entries", args=[checklist.pk])
    mine = shown(member, checklist) | {name: "Mine", "added": "Handing over"}
    edit(checklist, team_admin, Serving="Theirs")
    response = member.post(address, mine)
    question = asked(response.content.decode())[name]
    assert response.status_code == 409
    assert question.sentence.startswith("Taro Admin changed this meanwhile (")
    assert (question.theirs, question.mine) == ("Theirs", "Mine")
    assert "Handing over" in response.content.decode()
    assert checklist.entries.count() == 2, "nothing of it is saved"

    assert member.post(address, mine | question.answer("theirs")).status_code == 302
    assert list(checklist.entries.values_list("title", flat=True)) == ["Theirs", "Training", "Handing over"]


def test_an_entry_that_somebody_added_meanwhile_is_left_alone(
    member: Client, checklist: KeyResult, team_admin: Person
) -> None:
    mine = shown(member, checklist)
    edit(checklist, team_admin, added=["Handing over"])
    before = Change.objects.count()
    assert member.post(reverse("key-result-entries", args=[checklist.pk]), mine).status_code == 302
    assert list(checklist.entries.values_list("title", flat=True)) == ["Serving", "Training", "Handing over"]
    assert Change.objects.count() == before, "nothing was changed"


def test_a_grade_that_somebody_changed_meanwhile_is_asked_about(
    member: Client, cycle: Cycle, key_result: KeyResult, editor: Person, team_admin: Person
) -> None:
    services.close_cycle(cycle=cycle, by=editor, grades={key_result.pk: 0.4})
    services.set_grade(key_result=key_result, grade=0.7, seen=0.4, by=team_admin)
    address = reverse("key-result-grade", args=[key_result.pk])
    response = member.post(address, {"grade": "0.5", "seen_grade": "0.4"})
    question = asked(response.content.decode())["grade"]
    assert (response.status_code, question.theirs, question.mine) == (409, "0.7", "0.5")
    assert member.post(address, {"grade": "0.7", "seen_grade": "0.4"}).status_code == 302, "it stands there already"
    chosen = {"grade": "0.6", "seen_grade": "0.4"} | question.answer("mine")
    assert member.post(address, chosen).status_code == 302
    key_result.refresh_from_db()
    assert key_result.grade == pytest.approx(0.6)


def test_the_day_of_check_ins_is_changed_and_asked_about(
    signed_in: Callable[[Person], Client], cycle: Cycle, manager: Person, administrator: Person
) -> None:
    client, address = signed_in(manager), reverse("okr-cycle", args=[cycle.pk])
    form = client.get(address).context["form"]
    mine = {name: str(value) for name in form.fields if (value := form[name].value()) is not None}
    assert client.post(address, mine | {"weekday": "2"}).status_code == 302
    assert Cycle.objects.get(pk=cycle.pk).weekday == 2

    stale = client.post(address, mine | {"weekday": "4", "every_weeks": "2"})
    question = asked(stale.content.decode())["weekday"]
    assert (stale.status_code, question.theirs, question.mine) == (409, "Wednesday", "Friday")
    assert (
        client.post(address, mine | {"weekday": "4", "every_weeks": "2"} | question.answer("theirs")).status_code == 302
    )
    fresh = Cycle.objects.get(pk=cycle.pk)
    assert (fresh.weekday, fresh.every_weeks) == (2, 2)


def test_who_changed_an_objective_is_told_and_not_who_changed_its_key_result(
    objective: Objective, key_result: KeyResult, editor: Person, team_admin: Person
) -> None:
    services.edit_objective(objective=objective, by=team_admin, wanted={"title": "A"}, seen={"title": objective.title})
    services.edit_key_result(key_result=key_result, by=editor, wanted={"title": "B"}, seen={"title": key_result.title})
    with pytest.raises(StaleEdit) as stale:
        services.edit_objective(objective=objective, by=editor, wanted={"title": "C"}, seen={"title": objective.title})
    assert stale.value.by["title"].name == "Taro Admin"
