"""Which teams read a repository, and with whose token: docs/adr/0024.

A repository is read once. Each team that has a part of it stands in a `Share`, with the connection by which it takes it; one of
these is the source's, whose token is used. When its team leaves, reading goes on with that of another one.
"""

from __future__ import annotations

from django.db import transaction

from connections import options as read_options
from connections import schedule, stores
from connections.models import Connection, Credential, Share, Source
from core import clock
from teams import audit
from teams.models import Person, Team


def lock(source_id: int) -> Source:
    """The source with its row locked, after those of all connections by which it is or was taken: always in this order."""
    mine = Connection.objects.filter(shares__source=source_id) | Connection.objects.filter(sources__pk=source_id)
    keys = sorted(set(mine.values_list("pk", flat=True)))
    list(Connection.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))
    return Source.objects.select_for_update(of=("self",)).select_related("connection").get(pk=source_id)


def live(source: Source) -> list[Share]:
    return list(source.shares.live().listed())


def show_to_others(source: Source) -> None:
    """Open pages of teams that read it with another team's token learn of a change: the row itself is counted for that team.

    The update changes nothing; the triggers of core/live.py count it for the teams of the shares.
    """
    if not source.connection.is_organisations:
        source.shares.live().exclude(team=source.connection.team).update(ended_at=None)


def alone(source: Source, team: Team) -> bool:
    """Whether nobody else reads it, so that what the team does with the whole of it hurts nobody."""
    return not source.shares.live().exclude(team=team).exists()


def join(source: Source, team: Team, connection: Connection) -> None:
    """The team reads it from now on. Inside a transaction with the source's row locked."""
    Share.objects.update_or_create(source=source, team=team, defaults={"connection": connection, "ended_at": None})


def leave(source: Source, team: Team, by: Person | None) -> bool:
    """The team reads no part of it any more; its rows stay. With `lock(source)`. Whether it did until now."""
    share = source.shares.live().filter(team=team).select_related("connection").first()
    if share is None:
        return False
    share.ended_at = clock.now()
    share.save(update_fields=["ended_at"])
    stores.ended(source, team, share.ended_at)
    audit.record("connection.removed", actor=by, subject=source, team=team, repository=source.full_name)
    rest = live(source)
    if rest:
        _go_on(source, rest)
    else:
        source.active, source.disconnected_at, source.next_sync_at = False, share.ended_at, None
        source.save(update_fields=["active", "disconnected_at", "next_sync_at"])
    forget_token(share.connection)
    return True


def forget_token(connection: Connection) -> None:
    """Of a team's own connection by which nothing is taken any more; the organisation's stays until somebody ends it."""
    if not connection.is_organisations and not connection.shares.live().exists():
        Credential.objects.filter(connection=connection).delete()


def _go_on(source: Source, rest: list[Share]) -> None:
    """Read what the rest want, with a token that is one of theirs."""
    wanted = stores.wanted(source)
    if wanted is not None:
        source.options = read_options.to_json(wanted)
    source.edition += 1  # what runs has the old options, and maybe the old token
    source.save(update_fields=["options", "edition"])
    if source.connection_id not in {share.connection_id for share in rest}:
        hand_over(source, rest[0])


def hand_over(source: Source, share: Share) -> None:
    """Read it with the token of this share from now on. With the rows locked."""
    connection = share.connection
    source.connection, source.base_url = connection, connection.base_url
    source.edition += 1
    source.error_code, source.error_params, source.failures, source.waiting_until = "", {}, 0, None
    source.save()
    audit.record(
        "connection.handed_over", actor=None, subject=source, team=share.team,
        repository=source.full_name, address=str(connection),
    )  # fmt: skip
    if not connection.needs_token:
        schedule.make_due(source)


def in_good_hands(source: Source) -> None:
    """The token of an archived team, or one that was refused, is not used where another team that reads it has one of its own."""
    present = source.connection
    if not (present.needs_token or (present.team and present.team.archived_at)):
        return
    for share in live(source):
        good = share.team.archived_at is None and not share.connection.needs_token
        if (
            good
            and share.connection_id != present.pk
            and Credential.objects.filter(connection=share.connection).exists()
        ):
            hand_over(source, share)
            return


@transaction.atomic
def before_reading(source_id: int) -> None:
    """Called when a sync is about to begin."""
    if Source.objects.filter(pk=source_id, active=True, connection__team__archived_at__isnull=False).exists():
        in_good_hands(lock(source_id))
