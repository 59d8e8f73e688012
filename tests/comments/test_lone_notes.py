"""Notes that belonged to no tick, as portals before this state have them, become comments when the database is migrated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from comments.models import Comment
from roadmaps.models import Item, Note
from teams.models import Person
from tests.roadmaps.factories import noon, ticked

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_unguarded")]
BEFORE, NOW = ("roadmaps", "0001_initial"), ("roadmaps", "0003_notes_stand_beside_ticks")


def migrate(to: tuple[str, str]) -> Any:
    """The models as they are there."""
    executor = MigrationExecutor(connection)
    executor.migrate([to])
    return MigrationExecutor(connection).loader.project_state([to]).apps


@pytest.fixture
def before() -> Iterator[Any]:
    yield migrate(BEFORE)
    migrate(NOW)


def test_lone_notes_become_comments_and_the_others_stay(item: Item, editor: Person, priya: Person, before: Any) -> None:
    ticked(item, editor, noon(5, 5), note="beside a tick")
    old = before.get_model("roadmaps", "Note").objects
    old.create(item_id=item.pk, text="ask @tom\nsoon", person_id=priya.pk, recorded_at=noon(5, 6), request_id="n1")
    old.create(
        item_id=item.pk, person_id=editor.pk, recorded_at=noon(5, 7), blanked_at=noon(5, 8), blanked_by_id=priya.pk
    )
    migrate(NOW)

    assert Note.objects.get().text == "beside a tick"
    said, gone = Comment.objects.select_related("words")
    assert (said.team, said.kind, said.topic) == (item.roadmap.team, "item", str(item.pk))
    assert (said.person, said.recorded_at, said.words.text) == (priya, noon(5, 6), "ask @tom\nsoon")
    assert (gone.person, gone.words.text, gone.words.blanked_at, gone.words.blanked_by) == (
        editor,
        "",
        noon(5, 8),
        priya,
    )
