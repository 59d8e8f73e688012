"""Two people who import the same file at the same time, with real connections."""

from __future__ import annotations

import pytest

from core import clock
from imports import services
from imports.models import State, Upload
from roadmaps.models import Item, Roadmap
from teams.models import AuditEvent, Person
from tests.imports.files import as_csv, brought
from tests.roadmaps.factories import TODAY
from tests.teams.at_once import both, on_postgresql


@on_postgresql
@pytest.mark.usefixtures("_unguarded")
@pytest.mark.django_db(transaction=True)
def test_two_clicks_import_once(roadmap: Roadmap, editor: Person) -> None:
    with clock.at(TODAY):
        upload = brought(roadmap.team, editor, "roadmap-items", as_csv(["Section", "Item"], [1, "One"]))

    def click() -> None:
        with clock.at(TODAY):
            services.apply(upload=Upload.objects.get(pk=upload.pk), by=Person.objects.get(pk=editor.pk))

    both(click, click)
    assert Upload.objects.get(pk=upload.pk).state == State.APPLIED
    assert Item.objects.filter(title="One").count() == 1
    assert AuditEvent.objects.filter(action="import.applied").count() == 1
