"""The organisation's connections, which administrators make: which team may take which repository, and how they end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from connections import choosing, services, sharing
from connections.models import Connection, ConnectionState, Credential, Grant, Share, Source
from connectors.records import Address, Repository
from core.edits import MINE, StaleEdit, Touch, merge
from core.http import OutgoingError, origin_of
from core.refusals import Refused
from core.spans import list_text
from teams import audit
from teams.models import Person, Team

TRIED = 20  # repositories that a listing does not hold, and that are looked at one by one


class NameTaken(Refused):
    """Another connection of the organisation is called so."""


class NotSeen(Refused):
    """The new token does not see what is read with the present one."""


class NotGiven(Refused):
    """A repository cannot be given to a team."""


def create(*, name: str, kind: str, base_url: str, token: str, by: Person) -> Connection:
    """Try the token, and keep it for the organisation. Raises OutgoingError, NameTaken. Not inside a transaction."""
    choosing.look(kind, base_url, token)
    with _unlike_others(name), transaction.atomic():
        connection = Connection.objects.create(team=None, name=name, kind=kind, base_url=base_url, created_by=by)
        Credential.objects.create(connection=connection, token=token, entered_by=by)
        audit.record("connection.made", actor=by, subject=connection, name=name, address=base_url)
    return connection


@contextmanager
def _unlike_others(name: str) -> Iterator[None]:
    """Turns the constraint's refusal into NameTaken."""
    try:
        yield
    except IntegrityError as error:
        said = _("Another connection of the organisation is called “%(name)s”.")
        raise NameTaken(said % {"name": name}, "name") from error


def current(connection: Connection) -> dict[str, Any]:
    """What `change` changes: name, the API's address, and of the token only which one it is."""
    row = Connection.objects.get(pk=connection.pk)
    token = Credential.objects.filter(connection=row).values_list("pk", flat=True).first()
    return {"name": row.name, "base_url": row.base_url, "token": token}


def change(*, connection: Connection, wanted: Mapping[str, str], seen: Mapping[str, Any], by: Person) -> None:
    """Another name, address or token. A new token or address is tried with everything that is read, before it is saved.

    `wanted` holds "name", "base_url" and "token" ("": the present one stays); `seen` what `current` said when it was shown.
    Raises StaleEdit (which never holds a token), OutgoingError, NotSeen, NameTaken, services.TokenNeeded, services.Claimed,
    Credential.DoesNotExist, core.crypto.Undecryptable.
    """
    present = current(connection)
    changes = _changes(connection, present, seen, wanted)
    base_url = changes.get("base_url", present["base_url"])
    if {"base_url", "token"} & changes.keys():
        _try(connection, base_url, wanted["token"], moved=origin_of(base_url) != origin_of(present["base_url"]))
    with transaction.atomic():
        locked = Connection.objects.select_for_update().get(pk=connection.pk)
        if current(locked) != present:  # the pair that was tried is another one by now
            _changes(connection, current(locked), present, wanted)
        _save(locked, changes, wanted["token"], by)


def _changes(
    connection: Connection, present: Mapping[str, Any], seen: Mapping[str, Any], wanted: Mapping[str, str]
) -> dict[str, Any]:
    asked = {**wanted, "token": MINE if wanted["token"] else seen["token"]}
    try:
        return merge(current=present, seen=seen, wanted=asked, changed_by=lambda name: _touch(connection, name))
    except StaleEdit as stale:
        theirs = {name: "" if name == "token" else value for name, value in stale.theirs.items()}
        yours = {name: "" if name == "token" else value for name, value in stale.yours.items()}
        raise StaleEdit(theirs=theirs, yours=yours, by=stale.by) from None


def _touch(connection: Connection, name: str) -> Touch | None:
    actions = {"token": "connection.token_entered", "base_url": "connection.moved", "name": "connection.renamed"}
    return audit.last_touch(actions[name], connection)


def _try(connection: Connection, base_url: str, token: str, *, moved: bool) -> None:
    if moved and not token:
        raise services.TokenNeeded
    token = token or Credential.objects.get(connection=connection).token
    seen = {each.external_id for each in choosing.look(connection.kind, base_url, token).repositories}
    lost: list[str] = []
    for source in connection.sources.active().order_by("full_name", "pk"):
        if source.external_id not in seen and (
            len(lost) == TRIED or not _sees(connection.kind, base_url, token, source)
        ):
            lost.append(source.full_name)
    if lost:
        raise NotSeen(
            _("This token does not see what is read now: %(names)s. Give it access to them, or disconnect them first.")
            % {"names": list_text(lost)},
            "token",
        )


def _sees(kind: str, base_url: str, token: str, source: Source) -> bool:
    """Whether one that is not listed can be read all the same, as a public one of somebody else."""
    try:
        found = services.look(kind=kind, address=Address(base_url, source.full_name), token=token)
    except OutgoingError as error:
        if error.code in ("not_found", "forbidden", "missing_scope"):
            return False
        raise
    return found.external_id == source.external_id


def _save(connection: Connection, changes: Mapping[str, Any], token: str, by: Person) -> None:
    before = {"name": connection.name, "address": connection.base_url}
    if "name" in changes:
        connection.name = changes["name"]
        with _unlike_others(connection.name), transaction.atomic():
            connection.save(update_fields=["name"])
        audit.record("connection.renamed", actor=by, subject=connection, before=before["name"], after=connection.name)
    if {"base_url", "token"} & changes.keys():
        services.renew(connection, changes.get("base_url", connection.base_url), token, by)


@transaction.atomic
def give(*, connection: Connection, team: Team, repositories: Sequence[Repository], by: Person) -> list[Grant]:
    """Let the team take these repositories; those it may take already stay as they are. The new ones. Raises NotGiven."""
    locked = Connection.objects.select_for_update().get(pk=connection.pk)
    if locked.state == ConnectionState.ENDED:
        raise NotGiven(_("“%(name)s” was disconnected meanwhile.") % {"name": locked})
    if team.archived_at is not None:
        raise NotGiven(_("The team %(team)s is archived. Restore it first.") % {"team": team}, "team")
    if team.is_sample:
        raise NotGiven(_("The team %(team)s belongs to the sample organisation.") % {"team": team}, "team")
    had = set(locked.grants.filter(team=team).values_list("external_id", flat=True))
    new = [
        Grant(
            connection=locked,
            team=team,
            external_id=each.external_id,
            full_name=each.full_name,
            url=each.url,
            granted_by=by,
        )
        for each in repositories
        if each.external_id not in had
    ]
    Grant.objects.bulk_create(new)
    if new:
        names = [each.full_name for each in new]
        audit.record("connection.given", actor=by, subject=locked, team=team, repositories=names, name=str(locked))
    return new


@transaction.atomic
def take_back(*, grant: Grant, by: Person) -> bool:
    """The team may take it no more. Where it reads it by this connection, that ends; what was read stays. Whether it did."""
    Connection.objects.select_for_update().get(pk=grant.connection_id)
    if not Grant.objects.filter(pk=grant.pk).exists():
        return False
    share = _read_by(grant)
    ended = share is not None and sharing.leave(sharing.lock(share.source_id), grant.team, by)
    audit.record(
        "connection.taken_back", actor=by, subject=grant.connection, team=grant.team,
        repository=grant.full_name, name=str(grant.connection),
    )  # fmt: skip
    grant.delete()
    return ended


def _read_by(grant: Grant) -> Share | None:
    mine = Share.objects.live().filter(connection=grant.connection_id, team=grant.team_id)
    return mine.filter(source__external_id=grant.external_id, source__active=True).first()


@transaction.atomic
def end(*, connection: Connection, by: Person) -> None:
    """Forget the token. Whatever teams read by it ends, unless one of them has a token of its own for it. Twice is as once."""
    mine = Share.objects.live().filter(connection=connection)
    sources = sorted(set(mine.values_list("source", flat=True)))
    keys = {connection.pk, *Share.objects.live().filter(source__in=sources).values_list("connection", flat=True)}
    list(Connection.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))
    locked = Connection.objects.get(pk=connection.pk)
    if locked.state == ConnectionState.ENDED:
        return
    for source_id in sources:
        source = sharing.lock(source_id)
        for share in sharing.live(source):
            if share.connection_id == connection.pk:
                sharing.leave(source, share.team, by)
    Grant.objects.filter(connection=connection).delete()
    Credential.objects.filter(connection=connection).delete()
    locked.state = ConnectionState.ENDED
    locked.save(update_fields=["state"])
    audit.record("connection.ended", actor=by, subject=locked, name=locked.name, address=locked.base_url)
