"""Bringing a file, importing all of it or nothing, throwing it away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import translation

from core import clock, retention
from core.refusals import Refused
from imports import services, work
from imports.models import KEPT_FOR, MOST_TRIES, RING_AGAIN, State, Upload
from roadmaps import services as roadmaps
from roadmaps.importing import ItemImporter
from roadmaps.models import Change, Item, Note, Roadmap, Tick
from roadmaps.services import many
from teams.models import AuditEvent, Membership, Person, TokenScope
from teams.services.tokens import create_token
from tests.imports.files import as_csv, brought, imported, said
from tests.roadmaps.factories import TODAY

KIND = "roadmap-items"
pytestmark = pytest.mark.usefixtures("today")
HEADER = ["Section", "Item", "State", "Note"]
GOOD = as_csv(HEADER, [1, "One", "done", "a"], [2, "Two", "in_progress", "b"])


def counted() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Item, Tick, Change, Note, AuditEvent))


def test_a_dry_run_writes_nothing_and_counts_its_rows(roadmap: Roadmap, item: Item, editor: Person) -> None:
    before = counted()
    rows = [[1, "One", "done", ""], [1, item.shown_title, "done", ""], [1, item.shown_title, "", ""], [9, "x", "", ""]]
    upload = brought(roadmap.team, editor, KIND, as_csv(HEADER, rows[0], rows[1], rows[3]), "räume/項目.csv")
    assert upload.counts == {"new": 1, "changed": 1, "same": 0, "refused": 1}
    assert [each.title for each in upload.told] == ["One", item.shown_title, "x"]
    assert (counted(), upload.name, upload.state) == (before, "räume/項目.csv", State.WAITING)


def test_nothing_is_imported_as_long_as_a_row_is_refused(roadmap: Roadmap, editor: Person) -> None:
    before = counted()
    upload = brought(roadmap.team, editor, KIND, as_csv(HEADER, [1, "One", "", ""], [9, "x", "", ""]))
    with pytest.raises(Refused, match="Nothing is imported as long as a row is refused"):
        services.apply(upload=upload, by=editor)
    assert counted() == before
    upload.refresh_from_db()
    assert upload.state == State.WAITING


def test_an_import_is_told_in_the_audit_log_and_lets_go_of_its_file(roadmap: Roadmap, editor: Person) -> None:
    upload = imported(roadmap.team, editor, KIND, GOOD)
    entry = AuditEvent.objects.get(action="import.applied")
    wanted = {"kind": KIND, "file": "items.csv", "digest": upload.digest[:16], "rows": 2}
    assert (entry.data, entry.actor, entry.team) == (wanted, editor, roadmap.team)
    assert entry.sentence({}) == "Imported 2 rows from items.csv: Items of the roadmap."
    upload.refresh_from_db()
    assert (bytes(upload.content), upload.plan, upload.state, upload.applied_at) == (b"", {}, State.APPLIED, TODAY)


def test_importing_again_does_nothing(roadmap: Roadmap, editor: Person) -> None:
    upload = imported(roadmap.team, editor, KIND, GOOD)
    before = counted()
    assert services.apply(upload=upload, by=editor).state == State.APPLIED
    assert counted() == before


def test_a_world_that_changed_since_the_dry_run_is_shown_and_nothing_is_written(
    roadmap: Roadmap, item: Item, editor: Person
) -> None:
    upload = brought(roadmap.team, editor, KIND, as_csv(HEADER, [1, item.shown_title, "done", ""]))
    roadmaps.tick(item=item, wanted="in_progress", seen_version=0, by=editor)
    before = counted()
    found = services.apply(upload=upload, by=editor)
    assert (found.state, counted()) == (State.WAITING, before)
    assert found.why.startswith("Meanwhile something was changed here, so nothing was imported.")
    ((_name, old, new), *_others) = found.told[0].differences
    assert (old, new) == ("In progress", "Done")
    assert services.apply(upload=found, by=editor).state == State.APPLIED


@pytest.mark.parametrize("at", ["Change", "Tick", "Note"])
def test_a_fault_in_the_middle_leaves_nothing(roadmap: Roadmap, editor: Person, at: str) -> None:
    before = counted()
    model = getattr(many, at)
    with mock.patch.object(type(model.objects), "bulk_create", side_effect=RuntimeError("the disk is full")):
        found = imported(roadmap.team, editor, KIND, GOOD)
    assert (counted(), found.state, found.why) == (
        before,
        State.WAITING,
        "It failed, and nothing was imported. The log says why.",
    )
    assert services.apply(upload=found, by=editor).state == State.APPLIED
    assert Item.objects.filter(title__in=["One", "Two"]).count() == 2


def test_a_fault_after_the_last_row_leaves_nothing_either(roadmap: Roadmap, editor: Person) -> None:
    before = counted()
    with mock.patch("imports.work.audit.record", side_effect=RuntimeError("the log is full")):
        found = imported(roadmap.team, editor, KIND, GOOD)
    assert (counted(), found.problem) == (before, "failed")


def test_a_refusal_in_the_middle_leaves_nothing_and_is_told(roadmap: Roadmap, editor: Person) -> None:
    before = counted()
    with mock.patch.object(many, "MOST_ITEMS", 3):
        found = imported(roadmap.team, editor, KIND, GOOD)
    assert (counted(), found.why) == (before, "A roadmap has at most 3 items.")


# -- Who may ----------------------------------------------------------------------------------------------------------


def test_whoever_may_no_longer_edit_when_it_is_imported_imports_nothing(roadmap: Roadmap, editor: Person) -> None:
    upload = brought(roadmap.team, editor, KIND, GOOD)
    with mock.patch.object(ItemImporter, "at_once", 0):
        assert services.apply(upload=upload, by=editor).state == State.APPLYING
    before = counted()
    Membership.objects.filter(person=editor).delete()
    work.work_on(upload.pk)
    upload.refresh_from_db()
    assert (upload.state, counted()) == (State.WAITING, before)
    assert "may no longer edit this team" in upload.why


def test_what_a_token_asks_for_is_done_by_the_token_and_ends_with_it(roadmap: Roadmap, team_admin: Person) -> None:
    token, _secret = create_token(team=roadmap.team, name="CI", scope=TokenScope.WRITE, by=team_admin)
    team_admin.token = token
    imported(roadmap.team, team_admin, KIND, GOOD)
    assert set(Tick.objects.values_list("token", flat=True)) == {token.pk}
    upload = brought(roadmap.team, team_admin, KIND, as_csv(HEADER, [1, "Three", "", ""]))
    with mock.patch.object(ItemImporter, "at_once", 0):
        services.apply(upload=upload, by=team_admin)
    type(token).objects.filter(pk=token.pk).update(revoked_at=TODAY)
    work.work_on(upload.pk)
    assert not Item.objects.filter(title="Three").exists()


# -- By a worker ------------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(roadmap: Roadmap, editor: Person) -> Upload:
    """A long file that a worker is to import."""
    with mock.patch.object(ItemImporter, "at_once", 0), mock.patch.object(work, "call") as called:
        found = services.apply(upload=brought(roadmap.team, editor, KIND, GOOD), by=editor)
    assert not called.called  # on commit, which no test does
    return found


def test_a_worker_imports_once_however_often_it_is_called(asked: Upload) -> None:
    assert asked.state == State.APPLYING
    work.work_on(asked.pk)
    before = counted()
    work.work_on(asked.pk)
    asked.refresh_from_db()
    assert (asked.state, counted()) == (State.APPLIED, before)


@pytest.mark.parametrize("at", ["Change", "Tick", "Note"])
def test_a_worker_that_is_killed_leaves_nothing_and_another_one_does_it_all(asked: Upload, at: str) -> None:
    """A process that dies raises nothing; to the database both look alike: the transaction does not come to its end."""
    before = counted()
    model = getattr(many, at)
    with mock.patch.object(type(model.objects), "bulk_create", side_effect=SystemExit), pytest.raises(SystemExit):
        work.work_on(asked.pk)
    asked.refresh_from_db()
    assert (asked.state, counted()) == (State.APPLYING, before)
    with clock.at(TODAY + RING_AGAIN + timedelta(seconds=1)):
        assert work.ring() == 1
        work.work_on(asked.pk)
    asked.refresh_from_db()
    assert asked.state == State.APPLIED
    assert Item.objects.filter(title__in=["One", "Two"]).count() == 2


def test_a_file_that_nobody_was_heard_of_is_called_for_again_and_given_up_in_the_end(asked: Upload) -> None:
    assert work.ring() == 0
    for number in range(1, MOST_TRIES + 1):
        with clock.at(TODAY + number * (RING_AGAIN + timedelta(seconds=1))):
            assert (work.ring(), work.ring()) == (1, 0)
    with clock.at(TODAY + timedelta(hours=1)):
        assert work.ring() == 0
    asked.refresh_from_db()
    assert (asked.state, asked.problem) == (State.WAITING, "failed")


# -- What is kept -----------------------------------------------------------------------------------------------------


def test_a_file_is_thrown_away_by_hand_only_before_it_is_imported(roadmap: Roadmap, editor: Person) -> None:
    upload = brought(roadmap.team, editor, KIND, GOOD)
    services.throw_away(upload=upload)
    services.throw_away(upload=upload)
    assert not Upload.objects.exists()
    done = imported(roadmap.team, editor, KIND, GOOD)
    with pytest.raises(Refused, match="can no longer be thrown away"):
        services.throw_away(upload=done)


def test_files_that_nobody_imported_go_after_a_week_and_the_others_when_they_are_old(
    roadmap: Roadmap, editor: Person, settings: Any
) -> None:
    waiting = brought(roadmap.team, editor, KIND, GOOD)
    imported(roadmap.team, editor, KIND, GOOD)
    with clock.at(TODAY + KEPT_FOR):
        assert retention.prune()["imports"] == 0
    with clock.at(TODAY + KEPT_FOR + timedelta(seconds=1)):
        assert retention.prune()["imports"] == 1
        assert not Upload.objects.filter(pk=waiting.pk).exists()
    with clock.at(TODAY + timedelta(days=settings.KEEP_DAYS, seconds=1)):
        assert retention.prune()["imports"] == 1


def test_a_team_has_a_bounded_number_of_files_that_wait(roadmap: Roadmap, editor: Person) -> None:
    with mock.patch.object(services, "MOST_WAITING", 1):
        brought(roadmap.team, editor, KIND, GOOD)
        with pytest.raises(Refused, match="1 files wait"):
            brought(roadmap.team, editor, KIND, GOOD)


def test_files_that_cannot_be_imported_do_not_count_and_the_newest_of_them_are_kept(
    roadmap: Roadmap, item: Item, editor: Person
) -> None:
    refused, same = as_csv(HEADER, [9, "x", "", ""]), as_csv(["No.", "Item"], [item.pk, item.shown_title])
    with mock.patch.object(services, "MOST_WAITING", 2):
        first = brought(roadmap.team, editor, KIND, refused, "first")
        made = [brought(roadmap.team, editor, KIND, each, "other") for each in (same, refused)]
        # Two could be imported still, and none of what cannot is in their way.
        made += [brought(roadmap.team, editor, KIND, GOOD, "good") for _ in range(2)]
    assert set(Upload.objects.values_list("pk", flat=True)) == {each.pk for each in made}
    assert first.pk not in {each.pk for each in made}
    assert Upload.objects.to_import().count() == Upload.objects.of_no_use().count() == 2


def test_several_files_are_thrown_away_at_once_and_one_that_is_imported_stays(
    roadmap: Roadmap, editor: Person, outsider: Person
) -> None:
    done = imported(roadmap.team, editor, KIND, GOOD)
    waiting = [brought(roadmap.team, editor, KIND, as_csv(HEADER, [1, f"Other {n}", "", ""])) for n in range(3)]
    chosen = [done.pk, waiting[0].pk, waiting[1].pk, 999]
    assert services.throw_away_all(team=outsider.memberships.get().team, chosen=chosen) == 0
    assert services.throw_away_all(team=roadmap.team, chosen=chosen) == 2
    assert set(Upload.objects.values_list("pk", flat=True)) == {done.pk, waiting[2].pk}


def test_a_file_that_is_too_large_is_not_looked_at(roadmap: Roadmap, editor: Person) -> None:
    importer = Upload(kind=KIND).importer
    with pytest.raises(Refused, match="At most 5"):
        services.bring(
            team=roadmap.team, importer=importer, name="a", size=30_000_000, chunks=iter(lambda: 1 / 0, 0), by=editor
        )


# -- Languages --------------------------------------------------------------------------------------------------------


def test_each_reader_is_told_in_their_own_language(roadmap: Roadmap, item: Item, editor: Person) -> None:
    rows = [9, "x", "", ""], [1, item.shown_title, "done", ""], [1, "", "", ""], [1, "y", "", "", "", "more"]
    upload = brought(roadmap.team, editor, KIND, as_csv(HEADER, *rows))
    english = said(upload)
    assert [each.label for each in upload.told] == ["Refused", "Changed", "Refused", "Refused"]
    with translation.override("ja"):
        japanese = said(upload)
        assert [each.label for each in upload.told] == ["却下", "変更", "却下", "却下"]
        ((name, _old, new), *_others) = upload.told[1].differences
        assert (name, new) == ("状態", "完了")
    assert [each[:2] for each in japanese] == [each[:2] for each in english]
    for (*_known, one), (*_same, other) in zip(english, japanese, strict=True):
        assert one != other or not one


def test_what_was_seen_in_one_language_is_imported_by_somebody_who_reads_another(
    roadmap: Roadmap, editor: Person
) -> None:
    upload = brought(roadmap.team, editor, KIND, GOOD)
    with translation.override("ja"):
        assert services.apply(upload=upload, by=editor).state == State.APPLIED
    assert Item.objects.filter(title__in=["One", "Two"]).count() == 2


def test_a_plan_from_before_an_update_is_told_as_it_is_and_in_both_languages_when_it_is_checked_again(
    roadmap: Roadmap, editor: Person
) -> None:
    upload = brought(roadmap.team, editor, KIND, GOOD)
    upload.plan = {"en": upload.plan["en"]}
    upload.save()
    with translation.override("ja"):
        assert [each.title for each in upload.told] == ["One", "Two"]
    assert set(services.check_again(upload=upload, by=editor).plan) == {"en", "ja"}
