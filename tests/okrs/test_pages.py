"""The OKRs' pages: what they show, check-ins with and without htmx, refusals that keep what was typed."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from okrs import services
from okrs.models import Cycle, KeyResult, Objective
from teams.models import Person, Team
from tests.factories import MembershipFactory
from tests.okrs.factories import checked_in, key_result_of, noon, objective_in, quarter, sample_person
from tests.okrs.pages import SignIn, page_of, send, text
from tests.stale import asked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


# -- Showing --


def test_a_team_without_okrs_is_shown_how_to_begin(
    member: Client, signed_in: SignIn, team: Team, manager: Person
) -> None:
    page = text(member.get(page_of(team)))
    assert 'value="2026-10-01"' in page
    assert page.count("btn-primary") == 1
    assert "first_day" not in text(signed_in(manager).get(page_of(team)))


def test_one_click_opens_the_proposed_quarter(member: Client, team: Team) -> None:
    sent = {"first_day": "2026-10-01", "last_day": "2026-12-31", "weekday": "0", "every_weeks": "1", "title": ""}
    response = member.post(reverse("okr-cycle-add", args=[team.pk]), sent)
    cycle = Cycle.objects.get()
    assert response["Location"] == f"{page_of(team)}?cycle={cycle.pk}"
    assert "Oct – Dec 2026" in text(member.get(response["Location"]))


def test_a_sample_cycle_is_not_offered_to_a_real_team_and_takes_nothing_on_the_organisations_page(
    member: Client, signed_in: SignIn, team: Team, manager: Person
) -> None:
    sample = quarter(sample_person())
    objective_in(sample, sample.created_by, None)
    page = text(member.get(page_of(team)))
    assert "Add an objective" not in page
    assert 'value="2026-10-01"' in page
    assert member.get(reverse("okr-objective-add", args=[team.pk, sample.pk])).status_code == 404
    chief = signed_in(manager)
    page = text(chief.get(reverse("organisation-okrs")))
    assert "Halve the lead time" in page
    assert "Add an objective" not in page
    sent = {"title": "More", "business_metric": "Churn", "weight": "1"}
    refused = chief.post(reverse("organisation-objective-add", args=[sample.pk]), sent)
    assert refused.status_code == 422
    assert "belongs to the sample organisation" in text(refused)


def test_the_first_quarter_without_a_cycle_is_proposed_whatever_the_sample_has(
    member: Client, team: Team, editor: Person
) -> None:
    quarter(sample_person())
    url = reverse("okr-cycle-add", args=[team.pk])
    assert 'value="2026-10-01"' in text(member.get(url))
    quarter(editor, None, date(2027, 1, 11), date(2027, 4, 9))
    assert 'value="2026-10-01"' in text(member.get(url))
    quarter(editor, team)
    assert 'value="2027-04-01"' in text(member.get(url))


def test_the_page_shows_objectives_with_their_key_results(
    member: Client, team: Team, key_result: KeyResult, editor: Person
) -> None:
    checked_in(key_result, editor, noon(11, 23), 45, confidence=7)
    page = text(member.get(page_of(team)))
    for said in (
        "Churn: 2.4 % a month",
        "0 → 100%",
        "45%",
        "expected 58%",
        "At risk",
        "1 of 1 reporting",
        "day 53 of 91",
    ):
        assert said in page
    assert "Add a key result" in page


def test_a_reader_sees_it_and_changes_nothing(
    signed_in: SignIn, team: Team, key_result: KeyResult, outsider: Person
) -> None:
    client = signed_in(outsider)
    page = text(client.get(page_of(team)))
    assert "Test coverage" in page
    assert "<form" not in page.split("<main")[1].split("</main>")[0]
    assert send(client, key_result, value="1").status_code == 403
    assert client.get(key_result.get_absolute_url()).status_code == 200


def test_the_organisations_owner_may_check_in_and_not_edit(
    signed_in: SignIn, cycle: Cycle, editor: Person, outsider: Person
) -> None:
    row = key_result_of(objective_in(cycle, editor, None), editor, owner=outsider)
    client = signed_in(outsider)
    assert "Check in" in text(client.get(reverse("organisation-okrs")))
    assert send(client, row, value="12").status_code == 302
    assert client.get(reverse("key-result-edit", args=[row.pk])).status_code == 403
    assert send(signed_in(editor), row, value="12").status_code == 403


def test_an_owner_who_left_the_team_does_not_check_in_any_more(
    signed_in: SignIn, team: Team, key_result: KeyResult, editor: Person
) -> None:
    team.memberships.get(person=editor).delete()
    assert send(signed_in(Person.objects.get(pk=editor.pk)), key_result, value="12").status_code == 403


def test_the_cycle_is_chosen_in_the_address(member: Client, team: Team, key_result: KeyResult, editor: Person) -> None:
    from datetime import date

    from tests.okrs.factories import quarter

    following = quarter(editor, None, date(2027, 1, 1), date(2027, 3, 31))
    assert "Test coverage" in text(member.get(page_of(team)))
    page = text(member.get(f"{page_of(team)}?cycle={following.pk}"))
    assert "Test coverage" not in page
    assert "begins 1 Jan" in page
    assert member.get(f"{page_of(team)}?cycle=nonsense").status_code == 200


def test_a_key_results_page_tells_its_whole_story(
    member: Client, key_result: KeyResult, editor: Person, team_admin: Person
) -> None:
    checked_in(key_result, editor, noon(11, 16), 40, comment="see https://wiki.example.com/x <b>")
    checked_in(key_result, team_admin, noon(11, 17), 41, day=noon(11, 16).date())
    services.edit_key_result(key_result=key_result, by=editor, wanted={"target": 90.0}, seen={"target": 100.0})
    page = text(member.get(key_result.get_absolute_url()))
    for said in (
        "corrected later",
        '<a href="https://wiki.example.com/x" rel="nofollow">',
        "&lt;b&gt;",
        "Target: 100 → 90",
        "Taro Admin",
        'id="chart-key-result"',
    ):
        assert said in page


def test_csv_cannot_become_a_formula(member: Client, key_result: KeyResult, editor: Person) -> None:
    checked_in(key_result, editor, noon(11, 16), -1.5, comment='=HYPERLINK("x")')
    response = member.get(reverse("key-result-csv", args=[key_result.pk]))
    (row,) = csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")))
    assert (row["Day"], row["Value"], row["By"]) == ("2026-11-16", "-1.5", "Emma Editor")
    assert row["Comment"] == '\'=HYPERLINK("x")'


def test_emoji_and_right_to_left_names_are_shown(
    member: Client, team: Team, objective: Objective, editor: Person
) -> None:
    person = MembershipFactory(team=team, person__name="شيرين 🚀").person
    row = key_result_of(objective, editor, title="استرجاع 🚀 <i>", owner=person)
    for path in (page_of(team), row.get_absolute_url()):
        page = text(member.get(path))
        assert "استرجاع 🚀 &lt;i&gt;" in page
        assert "شيرين 🚀" in page


# -- Forms --


def fields_of(objective: Objective, **more: str) -> dict[str, str]:
    return {"title": "New", "kind": "increase", "start": "1", "target": "5", "weight": "1", **more}


def test_adding_a_key_result(member: Client, objective: Objective) -> None:
    response = member.post(reverse("key-result-add", args=[objective.pk]), fields_of(objective, target="1.234,5"))
    assert response.status_code == 302
    assert KeyResult.objects.get(title="New").target == 1234.5


def test_a_checklist_asks_for_its_entries_and_no_other_kind_does(member: Client, objective: Objective) -> None:
    url = reverse("key-result-add", args=[objective.pk])
    refused = member.post(url, fields_of(objective, kind="checklist"))
    assert refused.status_code == 422
    assert "A checklist needs at least one entry" in text(refused)
    assert member.post(url, fields_of(objective, kind="checklist", entries="A")).status_code == 302
    assert member.post(url, fields_of(objective)).status_code == 302


def test_a_teams_progress_is_not_offered_to_feed_itself(
    member: Client, signed_in: SignIn, cycle: Cycle, objective: Objective, manager: Person
) -> None:
    page = text(member.get(reverse("key-result-add", args=[objective.pk])))
    assert 'value="maturity"' in page
    assert 'value="okr_progress"' not in page
    assert 'value="okr_on_track"' not in page
    pooled = objective_in(cycle, manager, None)
    assert 'value="okr_progress"' in text(signed_in(manager).get(reverse("key-result-add", args=[pooled.pk])))


def test_start_equal_to_target_offers_to_maintain_it(member: Client, objective: Objective) -> None:
    url = reverse("key-result-add", args=[objective.pk])
    response = member.post(url, fields_of(objective, start="5", target="5"))
    assert response.status_code == 422
    form = text(response).partition("p-kr-form")[2]
    assert 'name="kind"' not in form[form.index("<button") :].partition(">")[0]  # what Enter presses
    assert "Keep it at or above 5" in text(response)
    # The button's value comes after that of the kind which is still chosen.
    sent = {**fields_of(objective, start="5", target="5"), "kind": ["increase", "at_least"], "keep": "5"}
    assert member.post(url, sent).status_code == 302
    made = KeyResult.objects.get()
    assert (made.kind, made.low, made.start, made.target) == ("at_least", 5, None, None)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"target": "0"}, "An increase needs a target above its start, 1."),
        ({"target": "many"}, "“many” is not a number"),
        ({"target": "1,234"}, "can be read in two ways"),
        ({"target": ""}, "This field is required."),
        ({"kind": "between", "low": "5", "high": "5"}, "must lie above the lower one"),
        ({"kind": "checklist", "entries": "  "}, "at least one entry"),
        ({"kind": "milestone", "due_day": "2027-02-01"}, "lies outside the cycle"),
        ({"phases": "soon 5"}, "write a day and a value"),
    ],
)
def test_bad_key_results_keep_what_was_typed(
    member: Client, objective: Objective, more: dict[str, str], said: str
) -> None:
    response = member.post(
        reverse("key-result-add", args=[objective.pk]), fields_of(objective, title="Keep me", **more)
    )
    shown = text(response)
    assert response.status_code == 422
    assert said in shown
    assert 'value="Keep me"' in shown
    assert shown.count('class="p-form-error"') == 1
    assert not KeyResult.objects.exists()


def test_a_stale_edit_shows_both_values(member: Client, key_result: KeyResult, editor: Person) -> None:
    url = reverse("key-result-edit", args=[key_result.pk])
    page = member.get(url).content.decode()
    assert 'name="seen_target" value="100"' in page
    services.edit_key_result(key_result=key_result, by=editor, wanted={"target": 90.0}, seen={"target": 100.0})
    row = KeyResult.objects.get()
    sent = {
        "title": row.title, "kind": "increase", "start": "0", "target": "80", "unit": "%", "weight": "1",
        "owner": str(editor.pk), "effective_on": "2026-10-01",
    }  # fmt: skip
    sent |= {f"seen_{name}": value for name, value in sent.items()} | {"seen_target": "100"}
    response = member.post(url, sent)
    assert response.status_code == 409
    question = asked(response.content.decode())["target"]
    assert question.sentence.startswith("You changed this meanwhile in another window (")
    assert (question.theirs, question.mine) == ("90", "80")
    assert 'name="target" value="80"' in text(response)
    assert member.post(url, sent).status_code == 409, "without a choice nothing is replaced"
    assert member.post(url, sent | question.answer("mine")).status_code == 302
    assert KeyResult.objects.get().target == 80


def test_an_objective_is_made_edited_moved_and_archived(member: Client, cycle: Cycle, team: Team) -> None:
    add = reverse("okr-objective-add", args=[team.pk, cycle.pk])
    refused = member.post(add, {"title": "Faster", "business_metric": "", "weight": "1"})
    assert refused.status_code == 422
    assert 'value="Faster"' in text(refused)
    member.post(add, {"title": "Faster", "business_metric": "Churn", "weight": "2"})
    made = Objective.objects.get()
    sent = {"title": "Faster!", "business_metric": "Churn", "weight": "2", "why": "", "owner": ""}
    seen = {f"seen_{name}": value for name, value in (sent | {"title": "Faster"}).items()}
    assert member.post(reverse("okr-objective", args=[made.pk]), sent | seen).status_code == 302
    member.post(reverse("okr-objective-archive", args=[made.pk]))
    page = text(member.get(page_of(team)))
    assert "Faster!" in page
    assert "1 archived" in page
    member.post(reverse("okr-objective-archive", args=[made.pk]), {"restore": "1"})
    assert Objective.objects.live().get().title == "Faster!"


def test_key_results_are_moved_from_their_page(member: Client, key_result: KeyResult, editor: Person) -> None:
    other = key_result_of(key_result.objective, editor, title="Other")
    page = text(member.get(key_result.get_absolute_url()))
    assert "Move down" in page
    assert "Move up" not in page
    member.post(reverse("key-result-move", args=[key_result.pk]), {"to": "1"})
    assert list(key_result.objective.key_results.order_by("position")) == [other, key_result]
    member.post(reverse("key-result-move", args=[key_result.pk]), {"to": "nowhere"})
    assert list(key_result.objective.key_results.order_by("position")) == [other, key_result]


def test_the_example_is_taken_over(member: Client, cycle: Cycle, team: Team) -> None:
    url = reverse("okr-example", args=[team.pk, cycle.pk])
    assert "Halve the time" in text(member.get(url))
    assert member.post(url, {"business_metric": "Churn", "start_1": "a lot"}).status_code == 422
    assert member.post(url, {"business_metric": "Churn", "start_1": "46"}).status_code == 302
    assert KeyResult.objects.count() == 3


def test_closing_grading_and_carrying_over_by_forms(
    signed_in: SignIn, team: Team, key_result: KeyResult, manager: Person, editor: Person
) -> None:
    chief, member = signed_in(manager), signed_in(editor)
    checked_in(key_result, editor, noon(11, 23), 45)
    cycle = key_result.cycle
    carry = reverse("okr-carry-over", args=[team.pk, cycle.pk])
    assert "no later cycle" in text(member.get(carry))
    assert 'value="0.45"' in text(chief.get(reverse("okr-cycle-close", args=[cycle.pk])))
    close = reverse("okr-cycle-close", args=[cycle.pk])
    assert chief.post(close, {f"grade_{key_result.pk}": "1.2"}).status_code == 422
    assert chief.post(close, {f"grade_{key_result.pk}": "0,5"}).status_code == 302
    assert "grade 0.5" in text(member.get(page_of(team)))
    sent = {"first_day": "2027-01-01", "last_day": "2027-03-31", "weekday": "0", "every_weeks": "1"}
    member.post(reverse("okr-cycle-add", args=[team.pk]), sent)
    following = Cycle.objects.get(team=team)
    assert member.post(carry, {"into": following.pk, "only": [key_result.pk]}).status_code == 302
    assert KeyResult.objects.get(objective__cycle=following).carried_from == key_result


def test_whose_owner_left_is_given_to_somebody_else(
    member: Client, team: Team, key_result: KeyResult, editor: Person, team_admin: Person
) -> None:
    leaving = MembershipFactory(team=team, person__name="Lea Leaving")
    services.edit_key_result(key_result=key_result, by=editor, wanted={"owner": leaving.person}, seen={"owner": editor})
    leaving.delete()
    page = text(member.get(page_of(team)))
    assert "Whose owner left" in page
    assert "so far Lea Leaving" in page
    assert f'name="seen_owner" value="{leaving.person_id}"' in page
    assign, seen = reverse("key-result-owner", args=[key_result.pk]), {"seen_owner": leaving.person_id}
    assert member.post(assign, seen | {"owner": team_admin.pk}).status_code == 302
    assert KeyResult.objects.get().owner == team_admin

    stale = member.post(assign, seen | {"owner": editor.pk})
    question = asked(stale.content.decode())["owner"]
    assert (stale.status_code, question.theirs, question.mine) == (409, "Taro Admin", "Emma Editor")
    assert KeyResult.objects.get().owner == team_admin
    assert member.post(assign, seen | {"owner": editor.pk} | question.answer("mine")).status_code == 302
    assert KeyResult.objects.get().owner == editor


# -- Queries --


def test_the_number_of_queries_does_not_grow(member: Client, cycle: Cycle, team: Team, editor: Person) -> None:
    pages = [
        page_of(team),
        reverse("check-ins"),
        reverse("organisation-okrs"),
        reverse("api-okr-objectives", args=[team.pk]),
    ]

    def more(number: int) -> None:
        for _each in range(number):
            objective = objective_in(cycle, editor, team, owner=editor)
            objective_in(cycle, editor, None, owner=editor)
            for kind in ({}, {"kind": "milestone"}, {"kind": "checklist", "entries": ["A", "B"]}):
                row = key_result_of(objective, editor, **kind)
                value = {"done": []} if kind.get("entries") else {"value": 1}
                checked_in(row, editor, noon(11, 16), comment="x", **value)

    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert member.get(path).status_code == 200
        return len(captured)

    more(2)
    [member.get(path) for path in pages]
    before = [queries(path) for path in pages]
    more(2)
    assert [queries(path) for path in pages] == before
