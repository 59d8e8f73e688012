"""What an administrator asks for: load the sample organisation, remove it. A worker does it: sample/work.py."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import clock
from core.content import text
from core.refusals import Refused
from sample import removal, schedule
from sample.models import Sample, State
from sample.story import story
from teams.models import Person, Team, TeamGroup


@transaction.atomic
def load(*, by: Person) -> Sample:
    """Ask for the sample organisation, or for the rest of it after a failure. Asking twice loads once.

    Refused while it is being removed, and where a real team or group has the name of a sample one.
    """
    row = _locked()
    if row.state == State.REMOVING:
        raise Refused(_("The sample organisation is being removed. Wait until it is gone."))
    if row.state in (State.LOADING, State.LOADED):
        return row
    if row.state == State.ABSENT:
        row.step, row.at, row.language = 0, clock.now(), (get_language() or "en")[:2]
        _check_names()
    return _ask(row, State.LOADING, by)


@transaction.atomic
def remove(*, by: Person) -> Sample:
    """Ask for its removal, whole or half loaded. Asking twice removes once.

    Refused while it is being loaded, and while something of a real team leans on it.
    """
    row = _locked()
    if row.state == State.LOADING:
        raise Refused(_("The sample organisation is being loaded. Wait until it is there."))
    if row.state in (State.ABSENT, State.REMOVING):
        return row
    removal.check(removal.found())
    return _ask(row, State.REMOVING, by)


def _locked() -> Sample:
    """The row, locked: of two clicks the second waits here and then finds what the first asked for."""
    Sample.objects.get_or_create(pk=1)
    return Sample.objects.select_for_update().get(pk=1)


def _ask(row: Sample, state: State, by: Person) -> Sample:
    row.state, row.asked_by, row.problem, row.rung_at = state, by, "", clock.now()
    row.lease_owner, row.lease_until = "", None
    row.save()
    transaction.on_commit(schedule.enqueue)
    return row


def _check_names() -> None:
    """The loading would break there anyway; here a person is told before it begins."""
    told = story()
    teams = {text(team["name"]).lower() for team in told["teams"].values()}
    groups = {text(name).lower() for name in told["groups"].values()}
    taken = [team.name for team in Team.objects.active() if team.name.lower() in teams]
    taken += [group.name for group in TeamGroup.objects.all() if group.name.lower() in groups]
    if taken:
        raise Refused(
            _("“%(name)s” is also the name of a sample team or group. Rename yours first.") % {"name": taken[0]}
        )
