"""Answers and everything else that is said of a criterion; docs/definitions.md, Maturity."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from assessments import services
from assessments.models import COMMENT_LENGTH, Answer, Assessment, Comment, Exemption, Kind, Step
from assessments.services import AlreadyStarted, Incomplete, MaturityError
from assessments.summary import for_teams
from core import clock
from core.append_only import AppendOnlyError
from core.edits import StaleEdit
from teams.models import AuditEvent, Person, Team
from tests.assessments.factories import TODAY, answered, answered_all, noon, started
from tests.factories import TeamFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
DAY = TODAY.date()
C = "data.versioning"


# -- Rounds --


def test_a_round_pins_the_version_of_its_model(draft: Assessment) -> None:
    assert (draft.model_id, draft.model_version, draft.number, draft.state) == ("mlops-guide", 1, 1, "draft")
    assert draft.started_on == DAY


def test_one_draft_at_a_time(draft: Assessment, team: Team, editor: Person) -> None:
    with pytest.raises(AlreadyStarted):
        services.start_round(team=team, by=editor)
    with pytest.raises(IntegrityError), transaction.atomic():
        Assessment.objects.create(team=team, model_version=1, number=2, started_by=editor, started_on=DAY)


def test_submitting_names_what_is_missing(draft: Assessment, editor: Person) -> None:
    for criterion in draft.model.criteria[:-2]:
        answered(draft, editor, criterion.id, None)  # unknown is an answer
    with pytest.raises(Incomplete) as caught:
        services.submit(assessment=draft, by=editor)
    assert caught.value.message == "2 answers are missing: Infrastructure, Alerts."
    services.mark_not_applicable(team=draft.team, criterion="monitor.alerts", by=editor)
    answered(draft, editor, "monitor.infrastructure", 1)
    assert services.submit(assessment=draft, by=editor).state == "submitted"


def test_an_answer_of_the_last_round_is_none_of_this_one(complete: Assessment, editor: Person, team: Team) -> None:
    services.submit(assessment=complete, by=editor)
    second = started(team, editor)
    with pytest.raises(Incomplete) as caught:
        services.submit(assessment=second, by=editor)
    assert len(caught.value.missing) == 12


def test_review_and_reopen(complete: Assessment, editor: Person, manager: Person) -> None:
    with pytest.raises(MaturityError, match="Draft"):
        services.review(assessment=complete, by=manager)
    services.submit(assessment=complete, by=editor)
    services.submit(assessment=complete, by=editor)  # there already
    services.review(assessment=complete, by=manager)
    services.reopen(assessment=complete, by=manager)
    assert list(Step.objects.values_list("to_state", flat=True)) == ["draft", "submitted", "reviewed", "draft"]
    assert [event.action for event in AuditEvent.objects.about("assessment").order_by("pk")] == [
        "assessment.started",
        "assessment.submitted",
        "assessment.reviewed",
        "assessment.reopened",
    ]


def test_only_the_newest_round_is_reopened(complete: Assessment, editor: Person, manager: Person, team: Team) -> None:
    services.submit(assessment=complete, by=editor)
    started(team, editor)
    with pytest.raises(MaturityError, match="newer round"):
        services.reopen(assessment=complete, by=manager)


# -- Answers --


def test_an_answer_is_kept_for_ever(draft: Assessment, editor: Person) -> None:
    made = answered(draft, editor, C, 2, comment="  since May ", link="https://example.com/dvc")
    assert (made.version, made.kind, made.state, made.person) == (1, Kind.STATE, 2, editor)
    assert made.comment is not None
    assert (made.comment.text, made.link) == ("since May", "https://example.com/dvc")
    assert made.valid_until == DAY + timedelta(days=180)
    with pytest.raises(AppendOnlyError):
        made.delete()
    with pytest.raises(AppendOnlyError):
        Answer.objects.update(state=3)


def test_an_answer_given_again_is_a_new_event_and_a_repeated_request_is_not(draft: Assessment, editor: Person) -> None:
    first = answered(draft, editor, C, 2, seen=0, request_id="one")
    again = answered(draft, editor, C, 2, seen=1, request_id="two")
    assert (first.version, again.version) == (1, 2)
    assert answered(draft, editor, C, 3, seen=0, request_id="one").pk == first.pk
    assert Answer.objects.count() == 2


def test_a_stale_answer_is_refused_with_both(draft: Assessment, editor: Person, team_admin: Person) -> None:
    answered(draft, team_admin, C, 1, seen=0)
    with pytest.raises(StaleEdit) as caught:
        answered(draft, editor, C, 2, seen=0)
    assert caught.value.theirs == {"kind": "state", "state": 1, "version": 1}
    assert caught.value.by["state"].name == "Taro Admin"
    assert caught.value.yours == {"kind": "state", "state": 2, "version": 0}
    with pytest.raises(StaleEdit):
        answered(draft, editor, C, None, seen=0)
    assert answered(draft, editor, C, 1, seen=0).version == 2  # the same, said twice: both are kept


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"link": "ftp://example.com"}, "link"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "https://"}, "link"),
        ({"link": "https://[broken"}, "link"),
        ({"link": "https://a b.example"}, "link"),
        ({"link": "https://example.com/" + "x" * 500}, "link"),
        ({"comment": "x" * 10_000}, "comment"),
        ({"state": 4}, "state"),
        ({"state": -1}, "state"),
        ({"criterion": "no.such"}, "criterion"),
        ({"valid_until": DAY - timedelta(days=1)}, "valid_until"),
        ({"on": DAY + timedelta(days=1)}, "on"),
        ({"model_version": 2}, "model_version"),
    ],
)
def test_what_cannot_be_meant(draft: Assessment, editor: Person, more: dict[str, object], field: str) -> None:
    with pytest.raises(MaturityError) as caught:
        services.answer(**{"assessment": draft, "criterion": C, "state": 1, "by": editor, **more})  # type: ignore[arg-type]
    assert caught.value.field == field
    assert not Answer.objects.exists()


def test_texts_of_all_kinds(draft: Assessment, editor: Person) -> None:
    text = "🚀 שלום <b>" + "あ" * (COMMENT_LENGTH - 11)
    made = answered(draft, editor, C, 1, comment=text)
    assert made.comment is not None
    assert made.comment.text == text


def test_a_submitted_round_takes_no_answer(complete: Assessment, editor: Person) -> None:
    services.submit(assessment=complete, by=editor)
    with pytest.raises(MaturityError, match="submitted"):
        answered(complete, editor, C, 1)


def test_a_round_of_an_older_model_version_takes_no_answer(draft: Assessment, editor: Person) -> None:
    Assessment.objects.update(model_version=0)
    with pytest.raises(MaturityError, match="version 0 of the model; version 1 has come"):
        answered(draft, editor, C, 1)


def test_the_same_comment_is_one_row_and_is_blanked_once(draft: Assessment, editor: Person) -> None:
    for state in (1, 2):
        answered(draft, editor, C, state, comment="Ask Ben")
    comment = Comment.objects.get()
    services.blank_comment(comment=comment, by=editor)
    assert {answer.comment.text for answer in Answer.objects.all()} == {""}
    assert AuditEvent.objects.filter(action="assessment.comment_blanked").count() == 1
    answered(draft, editor, C, 3, comment="Ask Ben")
    assert Comment.objects.count() == 2


def test_a_day_in_the_past(draft: Assessment, editor: Person) -> None:
    answered(draft, editor, C, 3)
    early = answered(draft, editor, C, 1, on=DAY - timedelta(days=30))
    assert (early.version, early.effective_on) == (2, DAY - timedelta(days=30))
    (row,) = [row for row in for_teams([draft.team])[draft.team_id].criteria if row.id == C]
    assert (row.now.state, row.before.kind) == (3, None)


# -- Not applicable, inherited, exempt --


def test_not_applicable_until_answered_again(draft: Assessment, editor: Person, team: Team) -> None:
    made = services.mark_not_applicable(team=team, criterion=C, by=editor, reason="No data of our own", seen=0)
    assert (made.kind, made.assessment, made.valid_until) == (Kind.NOT_APPLICABLE, draft, None)
    assert for_teams([team])[team.pk].applicable == 11
    answered(draft, editor, C, 0, seen=1)
    assert for_teams([team])[team.pk].applicable == 12


def test_inherited_from_another_team_and_no_circle(draft: Assessment, editor: Person, team: Team) -> None:
    platform, middle = TeamFactory(name="Platform"), TeamFactory(name="Middle")
    services.inherit(team=team, criterion=C, provider=middle, by=editor)
    services.inherit(team=middle, criterion=C, provider=platform, by=editor)
    answered(started(platform, editor), editor, C, 3)
    (row,) = [row for row in for_teams([team])[team.pk].criteria if row.id == C]
    assert (row.now.state, row.provider) == (3, middle)
    with pytest.raises(MaturityError, match="circle") as caught:
        services.inherit(team=platform, criterion=C, provider=team, by=editor)
    assert caught.value.field == "provider"
    with pytest.raises(MaturityError, match="itself"):
        services.inherit(team=team, criterion=C, provider=team, by=editor)
    services.inherit(team=platform, criterion="data.pipeline", provider=team, by=editor)  # another criterion: no circle
    answered(draft, editor, C, 1)  # the link is gone, so the other way is free
    services.inherit(team=platform, criterion=C, provider=team, by=editor)


def test_an_archived_team_is_no_provider(draft: Assessment, editor: Person, team: Team) -> None:
    gone = TeamFactory(archived_at=TODAY)
    with pytest.raises(MaturityError, match="archived"):
        services.inherit(team=team, criterion=C, provider=gone, by=editor)


def test_a_sample_team_is_a_provider_for_sample_teams_only(draft: Assessment, editor: Person, team: Team) -> None:
    sample, other = TeamFactory(is_sample=True), TeamFactory(is_sample=True)
    with pytest.raises(MaturityError, match="sample organisation") as caught:
        services.inherit(team=team, criterion=C, provider=sample, by=editor)
    assert caught.value.field == "provider"
    assert not Answer.objects.exists()
    services.inherit(team=sample, criterion=C, provider=other, by=editor)
    services.inherit(team=other, criterion="data.pipeline", provider=team, by=editor)


def asked(team: Team, by: Person, until: date = DAY + timedelta(days=30)) -> Exemption:
    return services.ask_exemption(team=team, criterion=C, reason="Legacy until spring", until=until, by=by)


def test_an_exemption_is_approved_by_somebody_else(draft: Assessment, manager: Person, editor: Person) -> None:
    answered_all(draft, editor, dict.fromkeys(("data", "model", "deploy", "monitor"), (0, 1, 1)))
    request = asked(draft.team, editor)
    level = lambda: for_teams([draft.team])[draft.team_id].areas[0].level  # noqa: E731
    assert level() == 0
    services.approve_exemption(exemption=request, by=manager)
    services.approve_exemption(exemption=request, by=manager)
    assert level() == 1
    assert Answer.objects.filter(kind=Kind.EXEMPT).count() == 1
    assert for_teams([draft.team], today=request.until)[draft.team_id].areas[0].level == 1
    assert for_teams([draft.team], today=request.until + timedelta(days=1))[draft.team_id].areas[0].level == 0


def test_nobody_approves_their_own(draft: Assessment, manager: Person) -> None:
    request = asked(draft.team, manager)
    for decide in (services.approve_exemption, services.refuse_exemption):
        with pytest.raises(MaturityError, match="Somebody else"):
            decide(exemption=request, by=manager)
    with pytest.raises(IntegrityError), transaction.atomic():
        Exemption.objects.update(decision="approved", decided_by=manager, decided_at=TODAY)


def test_a_decision_is_final_and_a_request_stands_once(draft: Assessment, editor: Person, manager: Person) -> None:
    request = asked(draft.team, editor)
    with pytest.raises(MaturityError, match="already"):
        asked(draft.team, editor)
    services.refuse_exemption(exemption=request, by=manager)
    with pytest.raises(MaturityError, match="already"):
        services.approve_exemption(exemption=request, by=manager)
    assert not Answer.objects.exists()
    asked(draft.team, editor)


def test_an_exemption_needs_a_reason_and_a_day_to_come(draft: Assessment, editor: Person, manager: Person) -> None:
    with pytest.raises(MaturityError) as caught:
        asked(draft.team, editor, until=DAY - timedelta(days=1))
    assert caught.value.field == "until"
    with pytest.raises(MaturityError) as caught:
        services.ask_exemption(team=draft.team, criterion=C, reason=" ", until=DAY, by=editor)
    assert caught.value.field == "reason"
    request = asked(draft.team, editor, until=DAY)
    with clock.at(noon(11, 24)), pytest.raises(MaturityError, match="passed"):
        services.approve_exemption(exemption=request, by=manager)


# -- Targets --


def test_a_target_is_a_dated_event(team: Team, editor: Person) -> None:
    due = date(2027, 3, 31)
    first = services.set_target(team=team, area="data", level=3, due=due, by=editor, seen=0)
    assert first is not None
    assert services.set_target(team=team, area="data", level=3, due=due, by=editor, seen=0) == first  # there already
    with pytest.raises(StaleEdit) as caught:
        services.set_target(team=team, area="data", level=2, due=due, by=editor, seen=0)
    assert (caught.value.theirs, caught.value.yours) == ({"level": 3}, {"level": 2}), "the day is the same"
    gone = services.set_target(team=team, area="data", level=None, due=None, by=editor, seen=1)
    assert gone is not None
    assert (gone.version, gone.level) == (2, None)
    assert services.set_target(team=team, area="model", level=None, due=None, by=editor) is None


def test_level_and_day_changed_by_two_people_are_both_kept(team: Team, editor: Person) -> None:
    first, later = date(2027, 3, 31), date(2027, 6, 30)
    services.set_target(team=team, area="data", level=2, due=first, by=editor, seen=0)
    services.set_target(team=team, area="data", level=3, due=first, by=editor, seen=1)
    made = services.set_target(team=team, area="data", level=2, due=later, by=editor, seen=1)
    assert made is not None
    assert (made.version, made.level, made.due) == (3, 3, later)


def test_a_day_for_a_target_that_was_taken_away_meanwhile_is_not_dropped_in_silence(team: Team, editor: Person) -> None:
    services.set_target(team=team, area="data", level=2, due=None, by=editor, seen=0)
    services.set_target(team=team, area="data", level=None, due=None, by=editor, seen=1)
    with pytest.raises(StaleEdit) as caught:
        services.set_target(team=team, area="data", level=2, due=date(2027, 6, 30), by=editor, seen=1)
    assert (caught.value.theirs, caught.value.yours) == ({"level": None}, {"level": 2})


@pytest.mark.parametrize(
    ("more", "field"),
    [({"area": "no"}, "area"), ({"level": 4}, "level"), ({"level": 0}, "level"), ({"due": date(2026, 1, 1)}, "due")],
)
def test_a_target_that_cannot_be_meant(team: Team, editor: Person, more: dict[str, object], field: str) -> None:
    wanted = {"team": team, "area": "data", "level": 2, "due": date(2027, 3, 31), "by": editor, **more}
    with pytest.raises(MaturityError) as caught:
        services.set_target(**wanted)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_the_audit_log_reads_like_a_sentence(team: Team, editor: Person) -> None:
    services.set_target(team=team, area="data", level=3, due=date(2027, 3, 31), by=editor)
    asked(team, editor)
    said = [event.sentence({}) for event in AuditEvent.objects.about("assessment").order_by("pk")]
    assert said == [
        "Set the maturity target of Data management: level 3 by 2027-03-31.",
        "Asked for an exemption from Versioning until 2026-12-23.",
    ]
