"""Changes of teams and their groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import clock, edits
from core.refusals import Refused
from teams import audit, zones
from teams.models import Person, Team, TeamGroup, TeamRole
from teams.services.members import add_member


class NameTaken(Refused):
    """Another active team, or another group, has this name already."""


def _save(row: Team | TeamGroup) -> None:
    """Save; the constraint, not an earlier look, decides whether the name is free."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if isinstance(row, Team):
            raise NameTaken(_("There is already a team of this name."), "name") from error
        raise NameTaken(_("There is already a group of this name."), "name") from error


@transaction.atomic
def create_team(
    *, name: str, group: TeamGroup | None, time_zone: str, by: Person, join: bool, is_sample: bool = False
) -> Team:
    """Make a team; with `join`, the maker belongs to it as team admin. NameTaken."""
    team = Team(name=name, group=group, time_zone=time_zone, created_at=clock.now(), is_sample=is_sample)
    _save(team)
    audit.record("team.created", actor=by, subject=team, team=team, name=name)
    if join:
        add_member(team=team, person=by, role=TeamRole.TEAM_ADMIN, job_role="", by=by)
    return team


@transaction.atomic
def change_team(*, team: Team, by: Person, seen: Mapping[str, Any], wanted: Mapping[str, Any]) -> Team:
    """Change `name`, `group` (a TeamGroup or None), `time_zone`. StaleEdit; NameTaken."""
    locked = Team.objects.select_for_update(of=("self",)).select_related("group").get(pk=team.pk)
    current = {name: getattr(locked, name) for name in wanted}
    changes = edits.merge(
        current=current,
        seen=seen,
        wanted=wanted,
        changed_by=lambda name: audit.last_touch(f"team.{name}_changed", locked),
    )
    for name, value in changes.items():
        setattr(locked, name, value)
        before, after = (str(each) if each else "" for each in (current[name], value))
        audit.record(f"team.{name}_changed", actor=by, subject=locked, team=locked, before=before, after=after)
    if changes:
        _save(locked)
    if "time_zone" in changes:
        zones.changed()
    return locked


@transaction.atomic
def archive_team(*, team: Team, by: Person) -> dict[str, Any]:
    """Make the team read only and take it off the lists. Archiving twice does nothing. What an undo needs, {} for nothing."""
    locked = Team.objects.select_for_update().get(pk=team.pk)
    if locked.archived_at is None:
        locked.archived_at = clock.now()
        locked.save(update_fields=["archived_at"])
        audit.record("team.archived", actor=by, subject=locked, team=locked, name=locked.name)
        return {"team": locked.pk, "at": locked.archived_at.isoformat()}
    return {}


@transaction.atomic
def restore_team(*, team: Team, by: Person) -> None:
    """Bring an archived team back. NameTaken if another team has taken its name meanwhile."""
    locked = Team.objects.select_for_update().get(pk=team.pk)
    if locked.archived_at is not None:
        locked.archived_at = None
        _save(locked)
        audit.record("team.restored", actor=by, subject=locked, team=locked, name=locked.name)


@transaction.atomic
def create_group(*, name: str, by: Person, is_sample: bool = False) -> TeamGroup:
    group = TeamGroup(name=name, is_sample=is_sample)
    _save(group)
    audit.record("group.created", actor=by, subject=group, name=name)
    return group


@transaction.atomic
def rename_group(*, group: TeamGroup, by: Person, seen: str, name: str) -> TeamGroup:
    """StaleEdit if somebody else renamed it meanwhile; NameTaken."""
    locked = TeamGroup.objects.select_for_update().get(pk=group.pk)
    before = locked.name
    if edits.merge(
        current={"name": before},
        seen={"name": seen},
        wanted={"name": name},
        changed_by=lambda _name: audit.last_touch("group.renamed", locked),
    ):
        locked.name = name
        _save(locked)
        audit.record("group.renamed", actor=by, subject=locked, before=before, after=name)
    return locked


@transaction.atomic
def delete_group(*, group: TeamGroup, by: Person) -> dict[str, Any]:
    """The group's teams stay, without a group. What an undo needs, {} if somebody else was faster."""
    locked = TeamGroup.objects.select_for_update().filter(pk=group.pk).first()
    if locked is None:
        return {}
    teams = list(Team.objects.select_for_update().filter(group=locked).order_by("pk").values_list("pk", flat=True))
    was = {"group": locked.pk, "name": locked.name, "is_sample": locked.is_sample, "teams": teams}
    audit.record("group.deleted", actor=by, subject=locked, name=locked.name)
    locked.delete()
    return was


@transaction.atomic
def bring_back_group(*, group: int, name: str, is_sample: bool, teams: list[int], by: Person) -> None:
    """A deleted group as it was, with those of its teams that are in no other by now. NameTaken."""
    if TeamGroup.objects.filter(pk=group).exists():
        return
    made = TeamGroup(pk=group, name=name, is_sample=is_sample)
    _save(made)
    audit.record("group.restored", actor=by, subject=made, name=name)
    for team in Team.objects.select_for_update().filter(pk__in=teams, group=None).order_by("pk"):
        team.group = made
        team.save(update_fields=["group"])
