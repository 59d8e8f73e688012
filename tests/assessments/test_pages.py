"""The maturity pages: works, refusals, the htmx answer, what was typed is kept, constant queries."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import roadmaps.services
from assessments import services
from assessments.models import Answer, Assessment, Exemption, Target
from assessments.sheet import Sheet
from core import clock
from core.edits import MINE, THEIRS
from roadmaps.models import State
from teams.models import Person, Team
from tests.assessments.factories import GUIDE, TODAY, answered, answered_all, noon, started
from tests.factories import TeamFactory
from tests.roadmaps.factories import item_of
from tests.roadmaps.factories import started as roadmap_started
from tests.stale import asked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
C = "data.versioning"
DAY = TODAY.date()
SignIn = Callable[[Person], Client]


@pytest.fixture
def client(signed_in: SignIn, editor: Person) -> Client:
    return signed_in(editor)


def maturity_of(team: Team) -> str:
    return reverse("assessment", args=[team.pk])


def answer_url(assessment: Assessment, criterion: str = C) -> str:
    return reverse("assessment-answer", args=[assessment.team_id, assessment.pk, criterion])


def sent(choice: str, seen: int = 0, **more: object) -> dict[str, object]:
    return {"choice": choice, "seen": seen, "request_id": "", "comment": "", "link": "", **more}


# -- The team's page --


def test_an_empty_page_teaches_the_next_step(client: Client, team: Team) -> None:
    page = client.get(maturity_of(team))
    assert b"Start the first round" in page.content
    made = client.post(reverse("assessment-start", args=[team.pk]))
    assert made["Location"] == Assessment.objects.get().get_absolute_url()
    again = client.post(reverse("assessment-start", args=[team.pk]), follow=True)
    assert b"a round that is not submitted yet" in again.content
    assert b"nothing is answered yet" in client.get(maturity_of(team)).content


def test_the_page_of_a_team(client: Client, complete: Assessment) -> None:
    services.set_target(team=complete.team, area="data", level=3, due=date(2027, 3, 31), by=complete.started_by)
    page = client.get(maturity_of(complete.team)).content.decode()
    for words in (
        "Level 0, Ad hoc",
        "11 of 12 criteria are known",
        "Answer “Reproducibility”",
        "Target L3 by 31 Mar 2027",
        "<b>1 of 3</b> to L3",
        'id="figure-radar"',
        'id="figure-trend"',
    ):
        assert words in page, words


def test_a_reader_gets_no_buttons(signed_in: SignIn, complete: Assessment, outsider: Person) -> None:
    reader = signed_in(outsider)
    for url in (
        maturity_of(complete.team),
        complete.get_absolute_url(),
        reverse("assessment-criterion", args=[complete.team_id, C]),
    ):
        page = reader.get(url).content.decode()
        main = page[page.index("<main") : page.index("</main>")]
        assert "<button" not in main, url
        assert 'type="submit"' not in main, url


def test_the_levels_as_csv(client: Client, complete: Assessment) -> None:
    answer = client.get(reverse("assessment-levels-csv", args=[complete.team_id]))
    lines = answer.content.decode().splitlines()
    assert lines[0].endswith("Day,Data management,Model development,Deployment,Monitoring")
    assert lines[-1] == "2026-11-23,2,0,1,0"


def test_a_target(client: Client, team: Team) -> None:
    url = reverse("assessment-target", args=[team.pk, "data"])
    assert client.get(reverse("assessment-target", args=[team.pk, "nowhere"])).status_code == 404
    none, third = {"seen_level": "", "seen_due": ""}, {"seen_level": "3", "seen_due": "2027-03-31"}
    assert client.post(url, {"level": "3", "due": "2027-03-31", **none})["Location"].endswith("/maturity/")
    wrong = client.post(url, {"level": "2", "due": "2020-01-01", **third})
    assert (wrong.status_code, b"This day has passed" in wrong.content) == (422, True)
    stale = client.post(url, {"level": "2", "due": "2027-01-01", **none})
    assert stale.status_code == 409
    questions = asked(stale.content.decode())
    assert {(each.theirs, each.mine) for each in questions.values()} == {
        ("L3 Measured", "L2 Automated"),
        ("31 Mar 2027", "1 Jan 2027"),
    }
    assert 'value="2027-01-01"' in stale.content.decode()
    assert client.post(url, {"level": "3", "due": "2027-06-30", **third}).status_code == 302
    client.post(url, {"level": "", "due": "", "seen_level": "3", "seen_due": "2027-06-30"})
    assert [(target.level, str(target.due)) for target in Target.objects.order_by("version")] == [
        (3, "2027-03-31"),
        (3, "2027-06-30"),
        (None, "None"),
    ]


def test_one_click_puts_the_step_on_the_roadmap(client: Client, complete: Assessment, editor: Person) -> None:
    """Rollback is at state 2 and needs 3: the item that leads there was dropped."""
    roadmap = roadmap_started(complete.team, editor)
    item = item_of(roadmap, "optimisation.ab_testing")
    roadmaps.services.drop(item=item, reason="later", seen_version=0, by=editor)
    page = client.get(reverse("assessment-criterion", args=[complete.team_id, "deploy.rollback"])).content
    assert b"Put the next step on the roadmap" in page
    answer = client.post(reverse("assessment-to-roadmap", args=[complete.team_id, "deploy.rollback"]))
    assert answer["Location"] == item.get_absolute_url()
    item.refresh_from_db()
    assert item.state == State.TO_DO


def test_one_click_without_a_roadmap_says_that_it_is_to_be_started_first(client: Client, complete: Assessment) -> None:
    step = reverse("assessment-to-roadmap", args=[complete.team_id, "deploy.rollback"])
    page = client.post(step, follow=True)
    assert page.redirect_chain[-1][0] == reverse("roadmap", args=[complete.team_id])
    assert "The roadmap is to be started first. It brings the item for “Rollback” with it." in page.text


# -- The round --


def test_a_criterion_not_answered_yet_shows_the_last_rounds_evidence(complete: Assessment, editor: Person) -> None:
    answered(complete, editor, C, 2, TODAY, link="https://wiki.example/data", seen=1)
    services.submit(assessment=complete, by=editor)
    second = started(complete.team, editor, TODAY + timedelta(minutes=1))
    row = Sheet(second).row(C)
    assert (row.answer, row.link) == (None, "https://wiki.example/data")
    answered(second, editor, C, 2, TODAY + timedelta(minutes=2), link="", seen=2)
    assert Sheet(second).row(C).link == "", "what this round says counts, without a link too"


def test_the_round_shows_areas_states_and_the_last_answer(client: Client, complete: Assessment, editor: Person) -> None:
    services.submit(assessment=complete, by=editor)
    second = started(complete.team, editor, TODAY + timedelta(minutes=1))
    page = client.get(second.get_absolute_url()).content.decode()
    assert page.count("data-criterion") == 12
    assert page.count(", last answer") == 12
    assert "to answer" in page
    assert "Last answer: Versioned, <bdi>Emma Editor</bdi>" in page
    assert "<b>0</b> of 12 answered" in page


def test_an_answer_without_javascript(client: Client, draft: Assessment, editor: Person) -> None:
    made = client.post(answer_url(draft), sent("2", comment="Since May", link="https://example.com", request_id="a"))
    assert made["Location"] == f"{draft.get_absolute_url()}#data-versioning"
    client.post(answer_url(draft), sent("2", comment="Since May", link="https://example.com", request_id="a"))
    answer = Answer.objects.get()
    assert (answer.state, answer.person, answer.link) == (2, editor, "https://example.com")
    page = client.get(draft.get_absolute_url()).content.decode()
    assert "Emma Editor" in page
    assert "Since May" in page


def test_unknown_and_not_applicable_are_choices_too(client: Client, draft: Assessment) -> None:
    client.post(answer_url(draft), sent("unknown"))
    client.post(answer_url(draft), sent("not_applicable", seen=1, comment="No data"))
    assert [answer.kind for answer in Answer.objects.order_by("version")] == ["unknown", "not_applicable"]


def test_a_save_by_htmx_answers_with_the_row_and_the_numbers(client: Client, draft: Assessment) -> None:
    answer = client.post(answer_url(draft), sent("2"), headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Saved 09:00" in page
    assert 'name="seen" value="1"' in page
    assert "<b>1</b> of 12 answered" in page
    assert page.count('hx-swap-oob="true"') == 6
    assert "<html" not in page


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_stale_answer_is_asked_about_and_nothing_is_lost(
    client: Client, draft: Assessment, team_admin: Person, headers: dict[str, str]
) -> None:
    answered(draft, team_admin, C, 1, comment="Theirs")
    typed = sent("2", seen=0, comment="Mine 🚀", link="https://example.com/mine")
    for _again in range(2):  # sent again without a choice, the same is asked again
        answer = client.post(answer_url(draft), typed, headers=headers)
        page = answer.content.decode()
        assert answer.status_code == 409
        question = asked(page)["answer"]
        assert question.sentence.startswith("Taro Admin changed this meanwhile (")
        assert (question.theirs, question.mine) == ("Dated copies\nTheirs", "Versioned")
        assert 'name="seen" value="0"' in page
    if not headers:
        assert 'id="data-versioning-2" value="2"' in page
        assert re.search(r'value="2" data-key="3"[^>]* checked', page)
        assert "Mine 🚀" in page
        assert "https://example.com/mine" in page
    client.post(answer_url(draft), {**typed, **question.answer(MINE)}, headers=headers)
    newest = Answer.objects.order_by("version").last()
    assert newest is not None
    assert (newest.version, newest.state, newest.comment.text) == (2, 2, "Mine 🚀")


def test_a_stale_answer_may_be_left_as_it_stands(client: Client, draft: Assessment, team_admin: Person) -> None:
    answered(draft, team_admin, C, 1, comment="Theirs", link="https://example.com/theirs")
    typed = sent("2", seen=0, comment="Mine")
    theirs = typed | asked(client.post(answer_url(draft), typed).content.decode())["answer"].answer(THEIRS)
    assert client.post(answer_url(draft), theirs).status_code == 302
    page = client.post(answer_url(draft), theirs, headers={"HX-Request": "true"}).content.decode()
    assert re.search(r'value="1" data-key="2"[^>]* checked', page)  # what was typed gives way to what stands there
    assert 'value="https://example.com/theirs"' in page
    assert ">Theirs</textarea>" in page
    assert "Mine" not in page
    assert "Saved" not in page
    assert Answer.objects.count() == 1


def test_a_third_answer_is_asked_about_anew(client: Client, draft: Assessment, team_admin: Person) -> None:
    answered(draft, team_admin, C, 1)
    typed = sent("2", seen=0)
    mine = typed | asked(client.post(answer_url(draft), typed).content.decode())["answer"].answer(MINE)
    answered(draft, team_admin, C, 3)
    answer = client.post(answer_url(draft), mine)
    assert answer.status_code == 409
    assert asked(answer.content.decode())["answer"].now == "2"


def test_a_refused_answer_does_not_pass_for_one_that_saw_anothers(
    client: Client, draft: Assessment, team_admin: Person
) -> None:
    answered(draft, team_admin, C, 1)
    refused = client.post(answer_url(draft), sent("9", seen=0))
    assert refused.status_code == 422
    assert re.search(
        r'id="hidden-data-versioning"><input type="hidden" name="seen" value="0"', refused.content.decode()
    )


@pytest.mark.parametrize(("form", "field"), [("not-applicable", "reason"), ("inherit", "provider")])
def test_what_is_said_apart_from_the_states_is_asked_about_alike(
    client: Client, draft: Assessment, team_admin: Person, form: str, field: str
) -> None:
    answered(draft, team_admin, C, 1)
    typed = {"reason": "No data", "provider": TeamFactory(name="Platform").pk, "seen": 0}
    url = reverse(f"assessment-{form}", args=[draft.team_id, C])
    answer = client.post(url, typed)
    assert answer.status_code == 409
    question = asked(answer.content.decode())["answer"]
    assert question.theirs == "Dated copies"
    assert f'id="{form.replace("-", "")}form_{field}_theirs"' in answer.content.decode()
    assert client.post(url, typed | question.answer(THEIRS)).status_code == 302
    assert Answer.objects.count() == 1
    assert client.post(url, typed | question.answer(MINE)).status_code == 302
    assert Answer.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"choice": ""}, "Choose a state first"),
        ({"choice": "9"}, "no such state"),
        ({"link": "ftp://example.com"}, "starts with http://"),
        ({"comment": "x" * 10_000}, "at most 2000 characters; this one has 10000"),
        ({"model_version": 7}, "version 7 of the model"),
    ],
)
def test_bad_input_gets_one_message_and_keeps_what_was_typed(
    client: Client, draft: Assessment, wrong: dict[str, object], words: str
) -> None:
    typed = {**sent("2", comment="A long thought", link="https://example.com/x"), **wrong}
    answer = client.post(answer_url(draft), typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count('role="alert"') == 1
    assert words in page
    assert str(typed["comment"]) in page
    assert str(typed["link"]) in page
    assert not Answer.objects.exists()


def test_names_and_comments_are_shown_as_they_are(signed_in: SignIn, draft: Assessment, editor: Person) -> None:
    editor.name = "<b>שלום 🚀"
    editor.save()
    answered(draft, editor, C, 1, comment="<script>alert(1)</script>")
    for url in (draft.get_absolute_url(), reverse("assessment-criterion", args=[draft.team_id, C])):
        page = signed_in(editor).get(url).content.decode()
        assert "&lt;b&gt;שלום 🚀" in page
        assert "<script>alert" not in page


def test_submit_says_what_is_missing_then_review_and_reopen(
    signed_in: SignIn, client: Client, draft: Assessment, editor: Person, manager: Person
) -> None:
    move = lambda name: reverse(f"assessment-{name}", args=[draft.team_id, draft.pk])  # noqa: E731
    refused = client.post(move("submit"))
    assert refused.status_code == 422
    assert b"12 answers are missing: Versioning, Data pipeline" in refused.content
    answered_all(draft, editor)
    assert client.post(move("submit")).status_code == 302
    assert answer_status(client, draft) == 422
    reviewer = signed_in(manager)
    assert b"Mark as reviewed" in reviewer.get(draft.get_absolute_url()).content
    reviewer.post(move("review"))
    assert Assessment.objects.get().state == "reviewed"
    reviewer.post(move("reopen"))
    assert answer_status(client, draft, seen=1) == 302


def answer_status(client: Client, draft: Assessment, seen: int = 1) -> int:
    return client.post(answer_url(draft), sent("1", seen=seen)).status_code


# -- One criterion --


def test_not_applicable_inherited_and_exempt(
    signed_in: SignIn, client: Client, draft: Assessment, manager: Person, editor: Person
) -> None:
    team, platform = draft.team, TeamFactory(name="Platform")
    url = lambda name: reverse(f"assessment-{name}", args=[team.pk, C])  # noqa: E731
    client.post(url("not-applicable"), {"reason": "No data", "seen": 0})
    client.post(url("inherit"), {"provider": platform.pk, "seen": 1})
    itself = client.post(url("inherit"), {"provider": team.pk, "seen": 2})
    assert itself.status_code == 422  # not offered
    answer = client.post(url("exemption"), {"reason": "Until spring", "until": "2027-03-31"})
    assert answer.status_code == 302
    assert [each.kind for each in Answer.objects.order_by("version")] == ["not_applicable", "inherited"]
    assert b"inherited from Platform" in client.get(url("criterion")).content
    request = Exemption.objects.get()
    assert b"exemption asked for" in client.get(draft.get_absolute_url()).content
    approve = reverse("assessment-exemption-approve", args=[team.pk, request.pk])
    assert client.post(approve).status_code == 403
    assert signed_in(manager).post(approve).status_code == 302
    assert b"exempt until" in client.get(draft.get_absolute_url()).content


def test_sample_teams_are_offered_to_sample_teams_only(
    signed_in: SignIn, client: Client, draft: Assessment, administrator: Person
) -> None:
    sample, other = TeamFactory(name="Lantern", is_sample=True), TeamFactory(name="Harbour", is_sample=True)
    page = reverse("assessment-criterion", args=[draft.team_id, C])
    assert b"Lantern" not in client.get(page).content
    answer = client.post(reverse("assessment-inherit", args=[draft.team_id, C]), {"provider": sample.pk, "seen": 0})
    assert answer.status_code == 422
    assert not Answer.objects.exists()
    page = signed_in(administrator).get(reverse("assessment-criterion", args=[other.pk, C]))
    assert b"Lantern" in page.content


def test_a_circle_is_told_at_its_field(client: Client, draft: Assessment, editor: Person) -> None:
    platform = TeamFactory(name="Platform")
    services.inherit(team=platform, criterion=C, provider=draft.team, by=editor)
    answer = client.post(
        reverse("assessment-inherit", args=[draft.team_id, C]), {"provider": platform.pk, "seen": 0, "comment": "kept"}
    )
    assert answer.status_code == 422
    assert b"that would be a circle" in answer.content
    assert b"kept" in answer.content


def test_ones_own_exemption_is_not_approved(
    signed_in: SignIn, draft: Assessment, manager: Person, administrator: Person
) -> None:
    request = services.ask_exemption(team=draft.team, criterion=C, reason="x", until=date(2027, 1, 1), by=administrator)
    own = signed_in(administrator).post(reverse("assessment-exemption-approve", args=[draft.team_id, request.pk]))
    assert (own.status_code, b"Somebody else has to decide" in own.content) == (422, True)
    refuse = reverse("assessment-exemption-refuse", args=[draft.team_id, request.pk])
    assert signed_in(manager).post(refuse).status_code == 302
    assert not Answer.objects.exists()


def test_own_words_can_be_taken_away(client: Client, draft: Assessment, editor: Person, team_admin: Person) -> None:
    mine = answered(draft, editor, C, 1, comment="secret plan").comment
    theirs = answered(draft, team_admin, "data.pipeline", 1, comment="other").comment
    assert mine is not None
    assert theirs is not None
    blank = lambda comment: reverse("assessment-blank-comment", args=[draft.team_id, comment.pk])  # noqa: E731
    assert client.post(blank(theirs)).status_code == 403
    client.post(blank(mine))
    page = client.get(reverse("assessment-criterion", args=[draft.team_id, C])).content
    assert b"secret plan" not in page
    assert b"This text was removed" in page


def test_a_link_that_is_no_address_is_no_link(client: Client, draft: Assessment, editor: Person) -> None:
    """Whatever came into the table by another way."""
    answered(draft, editor, C, 1)
    Answer.objects.create(
        team=draft.team, criterion=C, version=2, kind="state", state=1, link="javascript:alert(1)", person=editor,
        effective_on=DAY, assessment=draft,
    )  # fmt: skip
    page = client.get(reverse("assessment-criterion", args=[draft.team_id, C])).content
    assert b'href="javascript:' not in page


# -- Queries --


@pytest.mark.parametrize("name", ["maturity", "round", "criterion"])
def test_queries_do_not_grow(client: Client, draft: Assessment, editor: Person, name: str) -> None:
    urls = {
        "maturity": maturity_of(draft.team),
        "round": draft.get_absolute_url(),
        "criterion": reverse("assessment-criterion", args=[draft.team_id, C]),
    }
    counts = []
    for times in range(2):
        for state in range(3):
            answered(draft, editor, C, state, comment=f"{times}{state}")
        answered_all(draft, editor, GUIDE)
        with CaptureQueriesContext(connection) as queries:
            client.get(urls[name])
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] < 26


def test_earlier_rounds_stay_readable(client: Client, editor: Person, team: Team) -> None:
    first = started(team, editor, noon(3, 1))
    answered_all(first, editor, GUIDE, noon(3, 1))
    with clock.at(noon(3, 2)):
        services.submit(assessment=first, by=editor)
    services.inherit(team=team, criterion="deploy.method", provider=TeamFactory(name="Platform"), by=editor)
    second = started(team, editor)
    answered(second, editor, C, 3)
    page = client.get(first.get_absolute_url()).content.decode()
    assert "disabled" in page
    assert 'value="2" data-key="3" aria-describedby="data-versioning-looks-2" checked' in page
    assert "L2</span> Automated" in page  # data, as it was then
    assert "inherited from Platform" not in page
    assert 'id="deploy-method-1" value="1" data-key="2" aria-describedby="deploy-method-looks-1" checked' in page
