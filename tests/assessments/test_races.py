"""Many people at the same time, with real threads, connections and transactions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db.models import Count

from assessments import services, snapshots
from assessments.models import Answer, Assessment, Exemption, Kind, Snapshot
from assessments.services import AlreadyStarted, MaturityError
from core import clock
from core.edits import StaleEdit
from teams.models import Person, Team
from tests.assessments.factories import TODAY, answered, answered_all, started
from tests.factories import MembershipFactory, TeamFactory
from tests.teams.at_once import both, on_postgresql

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_unguarded"), on_postgresql]
C = "data.versioning"


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Results or exceptions, in the order of the calls."""
    results: list[object] = [None] * len(calls)

    def noting(number: int) -> Callable[[], None]:
        def run() -> None:
            try:
                with clock.at(TODAY):
                    results[number] = calls[number]()
            except Exception as error:
                results[number] = error

        return run

    both(*(noting(number) for number in range(len(calls))))
    return results


def assert_snapshots_are_as_built_again() -> None:
    fields = ("team", "day", "area", *snapshots.FIGURES)
    before = list(Snapshot.objects.order_by("team", "day", "area").values(*fields))
    with clock.at(TODAY):
        snapshots.rebuild()
    assert list(Snapshot.objects.order_by("team", "day", "area").values(*fields)) == before


def test_50_answers_at_once_and_none_is_lost(draft: Assessment, team: Team) -> None:
    people = [MembershipFactory(team=team).person for _ in range(5)]
    criteria = [criterion.id for criterion in draft.model.criteria[:10]]

    def say(number: int) -> Callable[[], Answer]:
        # Five people on each of ten criteria, all of whom saw nothing there and say the same.
        return lambda: services.answer(
            assessment=Assessment.objects.get(pk=draft.pk),
            criterion=criteria[number % 10],
            state=number % 10 % 4,
            by=people[number // 10],
            seen=0,
            request_id=f"request-{number}",
        )

    results = at_once(*(say(number) for number in range(50)))
    assert [type(result).__name__ for result in results] == ["Answer"] * 50
    counted = dict(Answer.objects.order_by().values_list("criterion").annotate(n=Count("pk")))
    assert counted == dict.fromkeys(criteria, 5)
    for criterion in criteria:
        versions = Answer.objects.about(criterion).order_by("version").values_list("version", flat=True)
        assert list(versions) == [1, 2, 3, 4, 5]
    assert_snapshots_are_as_built_again()


def test_of_those_who_say_different_things_one_is_heard_and_the_others_are_told(
    draft: Assessment, editor: Person, team_admin: Person
) -> None:
    def say(state: int, by: Person) -> Callable[[], Answer]:
        return lambda: answered(Assessment.objects.get(pk=draft.pk), by, C, state, seen=0)

    results = at_once(say(0, editor), say(1, team_admin), say(2, editor), say(3, team_admin))
    (winner,) = [result for result in results if isinstance(result, Answer)]
    losers = [result for result in results if isinstance(result, StaleEdit)]
    assert len(losers) == 3
    assert {each.theirs["state"] for each in losers} == {winner.state}
    assert Answer.objects.count() == 1


def test_the_same_request_twice_at_once_is_one(draft: Assessment, editor: Person) -> None:
    call = lambda: answered(draft, editor, C, 1, seen=0, request_id="once")  # noqa: E731
    results = at_once(*[call] * 4)
    assert len({result.pk for result in results if isinstance(result, Answer)}) == 1
    assert Answer.objects.count() == 1


def test_two_who_start_a_round_start_one(team: Team, editor: Person, team_admin: Person) -> None:
    results = at_once(lambda: started(team, editor), lambda: started(team, team_admin))
    assert sorted(type(result).__name__ for result in results) == ["AlreadyStarted", "Assessment"]
    assert any(isinstance(result, AlreadyStarted) for result in results)


def test_an_answer_and_the_submission_do_not_cross(complete: Assessment, editor: Person, team_admin: Person) -> None:
    """Whoever comes second is told, or is in time."""
    at_once(
        lambda: services.submit(assessment=complete, by=team_admin),
        lambda: answered(complete, editor, C, 0),
    )
    found = Assessment.objects.get()
    last = Answer.objects.about(C).order_by("version").last()
    handed_in = found.steps.get(to_state="submitted")
    assert found.state == "submitted"
    assert last is not None
    assert last.recorded_at <= handed_in.recorded_at


def test_two_who_close_a_circle_do_not(editor: Person, organisation: object) -> None:
    one, two, three = (TeamFactory() for _ in range(3))

    def inherit(team: Team, provider: Team) -> Callable[[], Answer]:
        return lambda: services.inherit(team=team, criterion=C, provider=provider, by=editor)

    results = at_once(inherit(one, two), inherit(two, three), inherit(three, one))
    assert sum(isinstance(result, MaturityError) for result in results) == 1
    assert Answer.objects.filter(kind=Kind.INHERITED).count() == 2


def test_two_decisions_on_an_exemption_are_one(
    team: Team, editor: Person, manager: Person, administrator: Person
) -> None:
    request = services.ask_exemption(
        team=team, criterion=C, reason="x", until=TODAY.date().replace(year=2100), by=editor
    )
    results = at_once(
        lambda: services.approve_exemption(exemption=Exemption.objects.get(pk=request.pk), by=manager),
        lambda: services.refuse_exemption(exemption=Exemption.objects.get(pk=request.pk), by=administrator),
    )
    assert sum(isinstance(result, MaturityError) for result in results) == 1
    assert Answer.objects.count() == (Exemption.objects.get().decision == "approved")


def test_a_provider_and_its_dependants_write_at_once(team: Team, editor: Person) -> None:
    """Neither waits for the other for ever, and the levels are those of all the answers."""
    platform = TeamFactory()
    with clock.at(TODAY):
        for criterion in ("data.versioning", "data.pipeline"):
            services.inherit(team=team, criterion=criterion, provider=platform, by=editor)
    mine, theirs = started(team, editor), started(platform, editor)
    answered_all(theirs, editor)
    calls = [
        call
        for state in (1, 2, 3)
        for call in (
            lambda state=state: answered(theirs, editor, "data.pipeline", state),
            lambda state=state: answered(mine, editor, "data.quality_monitoring", state),
        )
    ]
    results = at_once(*calls)
    assert all(isinstance(result, Answer) for result in results), results
    assert_snapshots_are_as_built_again()
