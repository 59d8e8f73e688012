"""Ticks: wanted state and seen version, undo, "already had it", days, notes; docs/definitions.md, Roadmap."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from comments.models import Comment
from core.append_only import AppendOnlyError
from core.edits import StaleEdit
from roadmaps import services
from roadmaps.models import Item, Note, Roadmap, State, Tick
from roadmaps.overview import overviews
from roadmaps.services import RoadmapError
from teams.models import AuditEvent, Person, Team
from tests.factories import MembershipFactory
from tests.roadmaps.factories import TODAY, item_of, noon, started, ticked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
DONE, TO_DO, IN_PROGRESS, SKIPPED = State.DONE, State.TO_DO, State.IN_PROGRESS, State.SKIPPED


def burn_up(roadmap: Roadmap) -> dict[date, tuple[int, int, int]]:
    roadmap.refresh_from_db()
    (found,) = overviews([roadmap])
    return {day.day: (day.done, day.scope, day.expected) for day in found.burn_up}


def test_a_tick_is_kept_with_who_and_when(item: Item, editor: Person) -> None:
    made = services.tick(item=item, wanted=DONE, seen_version=0, by=editor, note="  merged at last ")

    assert (made.state, made.version) == (DONE, 1)
    tick = item.ticks.get()
    assert (tick.from_state, tick.to_state, tick.version, tick.person, tick.token) == (TO_DO, DONE, 1, editor, None)
    assert tick.effective_at == tick.recorded_at == TODAY
    assert [note.text for note in tick.notes.all()] == ["merged at last"]
    item.refresh_from_db()
    assert (item.state, item.version) == (DONE, 1)


def test_the_wanted_state_is_there_already_nothing_happens(item: Item, editor: Person, team_admin: Person) -> None:
    services.tick(item=item, wanted=DONE, seen_version=0, by=editor)
    # The second one saw the empty box too.
    made = services.tick(item=item, wanted=DONE, seen_version=0, by=team_admin)

    assert (made.state, made.version) == (DONE, 1)
    assert item.ticks.count() == 1


def test_two_clicks_on_the_empty_box_never_cancel(item: Item, editor: Person) -> None:
    for _click in range(2):
        services.tick(item=item, wanted=DONE, seen_version=0, by=editor)
    item.refresh_from_db()
    assert item.state == DONE


def test_a_note_is_kept_although_the_state_is_there_already(item: Item, editor: Person, team_admin: Person) -> None:
    services.tick(item=item, wanted=DONE, seen_version=0, by=editor)
    services.tick(item=item, wanted=DONE, seen_version=0, by=team_admin, note="I saw it too")
    said = Comment.objects.get()
    assert (said.kind, said.topic, said.person, said.words.text) == ("item", str(item.pk), team_admin, "I saw it too")


def test_another_day_for_a_state_that_is_there_is_refused_and_not_lost(item: Item, editor: Person, today: None) -> None:
    """The day would vanish without a word otherwise; the same day, or none, is the usual no-op."""
    services.tick(item=item, wanted=DONE, seen_version=0, by=editor, on=date(2026, 5, 18))
    services.tick(item=item, wanted=DONE, seen_version=1, by=editor, on=date(2026, 5, 18))
    for day in (date(2026, 5, 11), date(2030, 1, 1)):
        with pytest.raises(RoadmapError) as caught:
            services.tick(item=item, wanted=DONE, seen_version=1, by=editor, on=day)
        assert caught.value.field == "on"
    assert item.ticks.count() == 1


def test_stale_tells_both_and_changes_nothing(item: Item, editor: Person, team_admin: Person) -> None:
    services.tick(item=item, wanted=IN_PROGRESS, seen_version=0, by=editor)
    with pytest.raises(StaleEdit) as caught:
        services.tick(item=item, wanted=DONE, seen_version=0, by=team_admin, note="lost?")
    assert caught.value.theirs == {"state": IN_PROGRESS, "version": 1}
    assert caught.value.yours == {"state": DONE, "version": 0}
    assert item.ticks.count() == 1
    assert not Note.objects.exists()


def test_a_repeated_request_is_no_new_tick(item: Item, editor: Person) -> None:
    services.tick(item=item, wanted=DONE, seen_version=0, by=editor, request_id="abc", note="once")
    services.tick(item=item, wanted=TO_DO, seen_version=1, by=editor)
    # The network sends the first one again, after it was taken back.
    made = services.tick(item=item, wanted=DONE, seen_version=0, by=editor, request_id="abc", note="once")
    assert (made.state, item.ticks.count(), item.notes.count()) == (TO_DO, 2, 1)


def test_one_version_is_one_tick_also_without_the_service(item: Item, editor: Person) -> None:
    made = ticked(item, editor, TODAY)
    first = made.ticks.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Tick.objects.create(
            item=item, version=1, from_state=TO_DO, to_state=IN_PROGRESS, person=editor, effective_at=first.effective_at
        )


def test_ticks_are_never_changed(item: Item, editor: Person) -> None:
    ticked(item, editor, TODAY)
    tick = item.ticks.get()
    tick.to_state = TO_DO
    with pytest.raises(AppendOnlyError):
        tick.save()
    with pytest.raises(AppendOnlyError):
        item.ticks.all().delete()


@pytest.mark.parametrize("wanted", ["finished", "", "DONE"])
def test_an_unknown_state_is_refused(item: Item, editor: Person, wanted: str) -> None:
    with pytest.raises(RoadmapError):
        services.tick(item=item, wanted=wanted, seen_version=0, by=editor)


# -- Undo --


def test_undo_reverses_the_newest_tick(item: Item, editor: Person, team_admin: Person) -> None:
    ticked(item, editor, TODAY, IN_PROGRESS)
    ticked(item, editor, TODAY)
    made = services.undo(item=item, seen_version=2, by=team_admin)

    assert (made.state, made.version) == (IN_PROGRESS, 3)
    newest = item.ticks.last()
    assert (newest.undoes.version, newest.person, newest.from_state, newest.to_state) == (
        2,
        team_admin,
        DONE,
        IN_PROGRESS,
    )


def test_undo_twice_undoes_once(item: Item, editor: Person) -> None:
    ticked(item, editor, TODAY)
    services.undo(item=item, seen_version=1, by=editor)
    made = services.undo(item=item, seen_version=1, by=editor)
    assert (made.state, item.ticks.count()) == (TO_DO, 2)


def test_undo_of_an_older_tick_is_stale(item: Item, editor: Person) -> None:
    ticked(item, editor, TODAY, IN_PROGRESS)
    ticked(item, editor, TODAY)
    with pytest.raises(StaleEdit) as caught:
        services.undo(item=item, seen_version=1, by=editor)
    assert caught.value.theirs == {"state": DONE, "version": 2}


def test_nothing_to_undo(item: Item, editor: Person) -> None:
    with pytest.raises(RoadmapError, match="nothing to undo"):
        services.undo(item=item, seen_version=0, by=editor)
    ticked(item, editor, TODAY)
    undone = services.undo(item=item, seen_version=1, by=editor)
    with pytest.raises(RoadmapError, match="nothing to undo"):
        services.undo(item=item, seen_version=undone.version, by=editor)


# -- Days --


def test_a_tick_may_be_dated_back(roadmap: Roadmap, item: Item, editor: Person) -> None:
    services.tick(item=item, wanted=DONE, seen_version=0, by=editor, on=date(2026, 5, 4))
    days = burn_up(roadmap)
    assert [days[day][0] for day in (date(2026, 5, 3), date(2026, 5, 4), date(2026, 5, 20))] == [0, 1, 1]


def test_today_means_now(item: Item, editor: Person) -> None:
    services.tick(item=item, wanted=DONE, seen_version=0, by=editor, on=date(2026, 5, 20))
    assert item.ticks.get().effective_at == TODAY


@pytest.mark.parametrize(("on", "what"), [(date(2026, 5, 21), "future"), (date(2026, 3, 31), "1 Apr 2026")])
def test_a_day_in_the_future_or_before_the_start_is_refused(item: Item, editor: Person, on: date, what: str) -> None:
    with pytest.raises(RoadmapError, match=what) as caught:
        services.tick(item=item, wanted=DONE, seen_version=0, by=editor, on=on)
    assert caught.value.field == "on"
    assert not item.ticks.exists()


def test_days_are_those_of_the_teams_time_zone(roadmap: Roadmap, item: Item, editor: Person) -> None:
    roadmap.team.time_zone = "Asia/Tokyo"
    roadmap.team.save()
    ticked(item, editor, datetime(2026, 5, 10, 15, 30, tzinfo=UTC))  # 00:30 on the 11th in Tokyo
    days = burn_up(roadmap)
    assert [days[date(2026, 5, day)][0] for day in (10, 11)] == [0, 1]


# -- Already had it --


def test_already_had_is_dated_at_the_start_and_leaves_the_pace_alone(
    roadmap: Roadmap, item: Item, editor: Person
) -> None:
    services.tick(item=item, wanted=DONE, seen_version=0, by=editor, already_had=True)
    days = burn_up(roadmap)
    assert days[date(2026, 4, 1)] == (1, 12, 0)
    assert item.ticks.get().recorded_at == TODAY


def test_already_had_is_no_work_of_the_week_in_which_the_roadmap_starts(team: Team, editor: Person) -> None:
    made = started(team, editor, date(2026, 4, 6))  # a Monday: its week is complete
    services.tick(item=item_of(made, "foundation.basic_cicd"), wanted=DONE, seen_version=0, by=editor, already_had=True)
    ticked(item_of(made, "foundation.git_repository"), editor, noon(4, 7))
    (found,) = overviews([made])
    assert found.history == [1, 0, 0, 0, 0, 0]


def test_already_had_of_something_ticked_before(roadmap: Roadmap, item: Item, editor: Person) -> None:
    ticked(item, editor, noon(5, 5))
    made = services.tick(item=item, wanted=DONE, seen_version=1, by=editor, already_had=True)
    assert (made.state, made.version) == (DONE, 2)
    assert burn_up(roadmap)[date(2026, 4, 1)][0] == 1
    # Said once more: nothing happens.
    assert services.tick(item=item, wanted=DONE, seen_version=2, by=editor, already_had=True).version == 2


def test_already_had_undone_leaves_no_trace_in_the_burn_up(roadmap: Roadmap, item: Item, editor: Person) -> None:
    ticked(item, editor, noon(5, 5))
    services.tick(item=item, wanted=DONE, seen_version=1, by=editor, already_had=True)
    services.undo(item=item, seen_version=2, by=editor)
    days = burn_up(roadmap)
    assert [days[date(2026, 5, day)][0] for day in (4, 5, 20)] == [0, 1, 1]


def test_already_had_moves_with_the_start(roadmap: Roadmap, item: Item, editor: Person) -> None:
    services.tick(item=item, wanted=DONE, seen_version=0, by=editor, already_had=True)
    services.change_start_date(roadmap=roadmap, start_date=date(2026, 3, 1), seen=date(2026, 4, 1), by=editor)
    assert burn_up(roadmap)[date(2026, 3, 1)] == (1, 12, 0)


def test_already_had_is_something_done(item: Item, editor: Person) -> None:
    with pytest.raises(RoadmapError):
        services.tick(item=item, wanted=IN_PROGRESS, seen_version=0, by=editor, already_had=True)


# -- Dropping --


def test_dropping_needs_a_reason_and_leaves_the_scope(roadmap: Roadmap, item: Item, editor: Person) -> None:
    with pytest.raises(RoadmapError, match="why") as caught:
        services.drop(item=item, reason="  ", seen_version=0, by=editor)
    assert caught.value.field == "note"

    services.drop(item=item, reason="another team has it", seen_version=0, by=editor)
    days = burn_up(roadmap)
    assert [days[date(2026, 5, day)][1] for day in (19, 20)] == [12, 11]
    assert item.notes.get().text == "another team has it"


def test_a_dropped_item_comes_back_as_it_was(item: Item, editor: Person) -> None:
    ticked(item, editor, noon(5, 5), IN_PROGRESS)
    services.drop(item=item, reason="not now", seen_version=1, by=editor)
    made = services.restore(item=item, seen_version=2, by=editor)
    assert (made.state, made.version) == (IN_PROGRESS, 3)


# -- Notes --


def test_a_note_that_is_too_long_is_refused(item: Item, editor: Person) -> None:
    with pytest.raises(RoadmapError) as caught:
        services.tick(item=item, wanted=DONE, seen_version=0, by=editor, note="x" * 1001)
    assert caught.value.field == "note"
    assert not Note.objects.exists()


def test_a_note_where_nothing_changes_is_a_comment(item: Item, editor: Person, team_admin: Person) -> None:
    services.tick(item=item, wanted=DONE, seen_version=0, by=editor)
    for _time in range(2):
        services.tick(item=item, wanted=DONE, seen_version=0, by=team_admin, note="see the wiki", request_id="n1")
    assert not Note.objects.exists()
    comment = Comment.objects.get()
    assert (comment.kind, comment.topic, comment.words.text) == ("item", str(item.pk), "see the wiki")
    with pytest.raises(RoadmapError) as caught:
        services.tick(item=item, wanted=DONE, seen_version=1, by=editor, note="ask @nobody")
    assert caught.value.field == "note"


def test_a_blanked_note_stays_as_a_row_and_the_audit_log_tells(item: Item, editor: Person, team_admin: Person) -> None:
    services.tick(item=item, wanted=DONE, seen_version=0, by=editor, note="a name that must go")
    note = item.notes.get()
    services.blank_note(note=note, by=team_admin)
    services.blank_note(note=note, by=editor)  # too late: nothing happens

    note.refresh_from_db()
    assert (note.text, note.blanked_by, note.person) == ("", team_admin, editor)
    (event,) = AuditEvent.objects.filter(action="roadmap.note_blanked")
    assert (event.actor, event.team, event.data) == (team_admin, item.roadmap.team, {"item": item.pk})


def test_an_item_of_a_checklist_is_ticked_alike_and_does_not_count(roadmap: Roadmap, editor: Person) -> None:
    entry = item_of(roadmap, "technical.documentation")
    ticked(entry, editor, noon(5, 5))
    assert burn_up(roadmap)[date(2026, 5, 20)] == (0, 12, 0)


def test_who_left_the_team_stays_in_the_history(item: Item, editor: Person) -> None:
    leaver = MembershipFactory(team=item.roadmap.team).person
    ticked(item, leaver, noon(5, 5))
    leaver.memberships.all().delete()
    assert item.ticks.get().person == leaver
