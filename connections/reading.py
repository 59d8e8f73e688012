"""What people do to a repository that is read: pause it, disconnect it, read something else of it."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from connections import options as read_options
from connections import schedule, sharing
from connections.models import Source
from connectors.records import ReadOptions
from core import clock
from core.refusals import Refused
from teams import audit
from teams.models import Person, Team

STREAMS = ("deployments", "incidents", "changes", "comparisons")


class Shared(Refused):
    """Other teams read the repository too, so that this is not one team's to do."""

    conflicts = True


@transaction.atomic
def pause(*, source_id: int, team: Team, by: Person) -> None:
    """Read nothing until somebody resumes. A sync that runs stops before its next page. Twice is as once. Raises Shared."""
    source = Source.objects.select_for_update().get(pk=source_id)
    if source.paused or not source.active:
        return
    if not sharing.alone(source, team):
        raise Shared(
            _(
                "Other teams read %(repository)s too, so it cannot be paused. Disconnect it, and only the team's part ends."
            )
            % {"repository": source.full_name}
        )
    source.paused = True
    source.save(update_fields=["paused"])
    audit.record("connection.paused", actor=by, subject=source, team=team, repository=source.full_name)


@transaction.atomic
def resume(*, source_id: int, team: Team, by: Person) -> None:
    source = Source.objects.select_for_update().get(pk=source_id)
    if not source.paused or not source.active:
        return
    source.paused = False
    source.save(update_fields=["paused"])
    audit.record("connection.resumed", actor=by, subject=source, team=team, repository=source.full_name)
    if not source.connection.needs_token:
        schedule.make_due(source, by=by)


@transaction.atomic
def disconnect(*, source_id: int, team: Team, by: Person) -> None:
    """The team reads it no more, and its token is forgotten. Deployments, incidents and the history of syncs stay.

    Where other teams have a part of it, it is read on for them, if need be with the token of one of them.
    """
    sharing.leave(sharing.lock(source_id), team, by)


@transaction.atomic
def change_options(
    *, source_id: int, team: Team, options: ReadOptions, by: Person, once_more: Collection[str] = ()
) -> None:
    """Read something else from now on; what the old rules passed over is read as well. A running sync starts again.

    `once_more`: streams that are read from their beginning even so, since a part of them is somebody else's now.
    """
    source = Source.objects.select_for_update().get(pk=source_id)
    before = read_options.from_json(source.options)
    if read_options.to_json(options) == source.options and not once_more:
        return
    again, old = read_options.streams_to_read_again(before, options) | set(once_more), source.options
    source.options = read_options.to_json(options)
    source.state = {stream: state for stream, state in source.state.items() if stream not in again}
    source.edition += 1
    source.save(update_fields=["options", "state", "edition"])
    if old != source.options:
        audit.record(
            "connection.rules_changed", actor=by, subject=source, team=team, repository=source.full_name,
            before=old, after=source.options,
        )  # fmt: skip
    if source.active and not source.connection.needs_token and not source.paused and not source.is_waiting(clock.now()):
        schedule.make_due(source, by=by)
