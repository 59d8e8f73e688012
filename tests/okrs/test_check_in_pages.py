"""Checking in by a page: what is due, in place, with and without htmx, refusals that keep what was typed."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from core import clock
from okrs import services
from okrs.models import CheckIn, Cycle, KeyResult, Objective
from teams.models import Person, Team
from tests.okrs.factories import checked_in, key_result_of, noon
from tests.okrs.pages import HTMX, SignIn, send, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def test_my_check_ins_lists_what_is_due_prefilled(member: Client, key_result: KeyResult, editor: Person) -> None:
    checked_in(key_result, editor, noon(11, 16), 44.5, confidence=7)
    milestone = key_result_of(key_result.objective, editor, title="Later", kind="milestone")
    checked_in(milestone, editor, noon(11, 20), 1)
    page = text(member.get(reverse("check-ins")))
    assert "1 key result is due" in page
    assert 'name="value" inputmode="decimal" autocomplete="off" value="44.5"' in page
    assert 'name="confidence" inputmode="numeric" autocomplete="off" value="7"' in page
    assert "due today" in page
    assert "Not due now" in page
    assert '<span class="p-count p-due-count">1</span>' in page


def test_nobody_elses_are_listed_and_the_objectives_owner_answers_for_the_rest(
    signed_in: SignIn, objective: Objective, editor: Person, team_admin: Person
) -> None:
    services.edit_objective(objective=objective, by=editor, wanted={"owner": team_admin}, seen={"owner": None})
    key_result_of(objective, editor, title="Nobody's own", owner=None)
    key_result_of(objective, editor, title="Emma's")
    page = text(signed_in(team_admin).get(reverse("check-ins")))
    assert "Nobody&#x27;s own" in page
    assert "Emma&#x27;s" not in page


def test_saving_by_htmx_answers_the_row_and_the_numbers_around(member: Client, key_result: KeyResult) -> None:
    response = send(member, key_result, HTMX, value="１２，５", comment="Good")
    page = text(response)
    assert response.status_code == 200
    assert 'data-check-in="saved"' in page
    assert "Everything is checked in" in page
    assert 'hx-swap-oob="innerHTML:.p-due-count"' in page
    assert "<html" not in page
    assert CheckIn.objects.get().value == 12.5


def test_saving_without_javascript_leads_back_and_says_it_was_saved(member: Client, key_result: KeyResult) -> None:
    response = send(member, key_result, value="12")
    assert response["Location"] == reverse("check-ins")
    page = text(member.get(reverse("check-ins")))
    assert "Saved 09:00" in page
    assert "1 of 1" in page
    send(member, key_result, value="13")  # the last one is corrected from the same row
    assert [each.value for each in key_result.check_ins.all()] == [12, 13]


def test_in_place_on_the_okr_page(member: Client, team: Team, key_result: KeyResult) -> None:
    response = send(member, key_result, HTMX, page="okrs", value="58")
    page = text(response)
    assert f'id="key-result-{key_result.pk}"' in page
    assert f'id="objective-{key_result.objective_id}-head" hx-swap-oob="true"' in page
    assert "58%" in page
    plain = send(member, key_result, page="okrs", value="59")
    assert plain["Location"].endswith(f"&at={key_result.pk}#key-result-{key_result.pk}")


@pytest.mark.parametrize("where", ["check-ins", "okrs", "key-result"])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_refused_check_in_keeps_everything_that_was_typed(
    member: Client, key_result: KeyResult, where: str, headers: dict[str, str]
) -> None:
    sent = {"value": "about 5", "confidence": "8", "comment": "Well & good", "status": "at_risk"}
    response = send(member, key_result, headers, page=where, **sent)
    shown = text(response)
    assert response.status_code == 422
    assert "“about 5” is not a number" in shown
    for kept in ('value="about 5"', 'value="8"', 'value="Well &amp; good"', '<option value="at_risk" selected>'):
        assert kept in shown
    assert not CheckIn.objects.exists()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"value": "1,234"}, "“1,234” can be read in two ways: write 1234 or 1.234."),
        ({"value": ""}, "Write a number."),
        ({"value": "5", "confidence": "11"}, "Confidence is a whole number from 0 to 10."),
        ({"value": "5", "confidence": "7.5"}, "Write a whole number."),
        ({"value": "5", "comment": "x" * 10_000}, "at most 2000 characters; it has 10000"),
        ({"value": "45", "status": "on_track"}, "is better than the figures say"),
        ({"value": "5", "day": "2026-09-30"}, "lies outside the cycle"),
        ({"value": "5", "day": "tomorrow"}, "Write the day as"),
    ],
)
def test_bad_input_has_one_clear_message(
    member: Client, key_result: KeyResult, sent: dict[str, str], said: str
) -> None:
    response = send(member, key_result, HTMX, **({"page": "key-result"} | sent))
    shown = text(response)
    assert response.status_code == 422
    assert shown.count('class="p-err"') == 1
    assert said in shown
    if sent.get("comment"):
        assert sent["comment"] in shown


def test_in_a_closed_cycle_it_is_said_and_kept(
    member: Client, cycle: Cycle, key_result: KeyResult, editor: Person
) -> None:
    services.close_cycle(cycle=cycle, by=editor)
    with clock.at(noon(12, 15)):
        response = send(member, key_result, HTMX, value="5", comment="Late")
        assert response.status_code == 422
        assert "closed on 23 Nov 2026" in text(response)
        assert 'value="Late"' in text(response)


@pytest.mark.parametrize("page", ["key-result", "okrs", "check-ins"])
def test_refused_of_something_archived_or_frozen_it_is_said_and_kept(
    member: Client, cycle: Cycle, objective: Objective, key_result: KeyResult, editor: Person, page: str
) -> None:
    url = reverse("key-result-check-in", args=[key_result.pk])
    sent = {"page": page, "confidence": "5", "value": "5", "comment": "Late"}
    services.archive(row=key_result, by=editor)
    for headers in ({}, HTMX):
        response = member.post(url, sent, headers=headers)
        assert response.status_code == 422
        assert "This key result is archived." in text(response)
        assert 'value="Late"' in text(response)
    services.restore(row=key_result, by=editor)
    services.archive(row=objective, by=editor)
    for headers in ({}, HTMX):
        response = member.post(url, sent, headers=headers)
        assert "This key result is archived." in text(response)
        assert 'value="Late"' in text(response)
    services.restore(row=objective, by=editor)
    services.close_cycle(cycle=cycle, by=editor)
    with clock.at(noon(12, 15)):
        response = member.post(url, sent)
    assert response.status_code == 422
    assert "closed on 23 Nov 2026" in text(response)
    assert 'value="Late"' in text(response)


def test_a_checklist_is_ticked(member: Client, objective: Objective, editor: Person) -> None:
    row = key_result_of(objective, editor, kind="checklist", entries=["Alpha", "Beta"])
    alpha, beta = (entry.pk for entry in row.entries.all())
    assert send(member, row, HTMX, done=[str(alpha), str(beta)], seen_done="").status_code == 200
    page = text(send(member, row, HTMX, done=[str(alpha)], seen_done=f"{alpha},{beta}"))
    assert row.check_ins.last().done == [alpha]
    assert f'value="{alpha}" id="ci-{row.pk}-done-{alpha}" checked' in page
    assert f'value="{beta}" id="ci-{row.pk}-done-{beta}">' in page


def test_a_milestone_is_ticked(member: Client, objective: Objective, editor: Person) -> None:
    row = key_result_of(objective, editor, kind="milestone")
    send(member, row, is_done="on")
    send(member, row)
    assert [each.value for each in row.check_ins.all()] == [1, 0]
