"""Starting a roadmap and moving its start."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.edits import merge
from roadmaps import template
from roadmaps.dates import months_after, span_of_phase
from roadmaps.models import Field, Item, Roadmap
from roadmaps.services.common import AlreadyStarted, RoadmapError, changed_by, note_change
from teams.models import Person, Team


@transaction.atomic
def start_roadmap(*, team: Team, start_date: date, by: Person, template_id: str = template.DEFAULT) -> Roadmap:
    """Give the team its roadmap from the template. AlreadyStarted if it has one; RoadmapError for a date that cannot be meant."""
    # Locked so that two people who start at once do not both find no roadmap; one roadmap a team is also a constraint.
    Team.objects.select_for_update().get(pk=team.pk)
    if Roadmap.objects.filter(team=team).exists():
        raise AlreadyStarted(_("The team has started its roadmap already."))
    _check_start(start_date, team)
    made_from = template.load(template_id)
    roadmap = Roadmap.objects.create(
        team=team,
        start_date=start_date,
        template_id=made_from.id,
        template_version=made_from.version,
        created_by=by,
        created_at=clock.now(),
    )
    Item.objects.bulk_create(_template_items(roadmap, made_from))
    note_change(roadmap, None, Field.STARTED, "", start_date, by)
    return roadmap


def _template_items(roadmap: Roadmap, made_from: template.Template) -> list[Item]:
    return [
        Item(
            roadmap=roadmap,
            phase=part.n,
            checklist="" if part.n else part.id,
            template_key=entry.key,
            mandatory=entry.mandatory,
            due_date=span_of_phase(roadmap.start_date, part.n).last if part.n else None,
            position=position,
        )
        for part in made_from.parts
        for position, entry in enumerate(part.entries, start=1)
    ]


@transaction.atomic
def change_start_date(*, roadmap: Roadmap, start_date: date, seen: date, by: Person) -> Roadmap:
    """Move the start. Due dates that nobody edited move with it. StaleEdit if somebody moved it elsewhere meanwhile."""
    locked = Roadmap.objects.select_for_update().select_related("team").get(pk=roadmap.pk)
    if not merge(
        current={"start_date": locked.start_date},
        seen={"start_date": seen},
        wanted={"start_date": start_date},
        changed_by=lambda name: changed_by(locked, None, name),
    ):
        return locked
    _check_start(start_date, locked.team)
    note_change(locked, None, Field.START_DATE, locked.start_date, start_date, by)
    locked.start_date = start_date
    locked.save(update_fields=["start_date"])
    # Locked so that a due date which is being edited at this moment is either seen as edited here or finds the new start.
    moving = list(Item.objects.select_for_update().filter(roadmap=locked, phase__isnull=False, due_edited=False))
    for item in moving:
        item.roadmap = locked
        item.due_date = item.default_due_date
    Item.objects.bulk_update(moving, ["due_date"])
    return locked


def _check_start(start_date: date, team: Team) -> None:
    today = clock.today(team.zone)
    if not months_after(today, -60) <= start_date <= months_after(today, 12):
        raise RoadmapError(_("Choose a start within the last five years or the next twelve months."), "start_date")
