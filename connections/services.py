"""What people do to connections: connect a repository, enter a token, pause, disconnect, change what is read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from connections import inspections, schedule, sharing
from connections import options as read_options
from connections.models import SAMPLE, Connection, ConnectionState, Credential, Draft, Share, Source
from connections.reading import Shared, change_options, disconnect, pause, resume
from connectors.records import Address, Inspection, ReadOptions, Repository
from connectors.registry import CONNECTORS
from core import clock
from core.edits import MINE, StaleEdit, Touch, merge
from core.http import origin_of
from core.refusals import Refused
from core.tables.cells import plain
from teams import audit
from teams.models import Person, Team

__all__ = [
    "Claimed",
    "DraftGone",
    "DraftUsed",
    "NotGranted",
    "OtherRepository",
    "Shared",
    "TokenNeeded",
    "access_of",
    "change_access",
    "change_options",
    "connect",
    "connect_sample",
    "connect_told",
    "disconnect",
    "look",
    "look_again",
    "pause",
    "prepare",
    "prepare_another",
    "renew",
    "resume",
]

DRAFT_LIFE = timedelta(hours=1)


class Claimed(Exception):
    """The team reads this repository already, or at this address there is another one that is read, by `team`."""

    def __init__(self, team: Team) -> None:
        super().__init__(team.name)
        self.team = team


class NotGranted(Refused):
    """The organisation's connection does not give the team this repository, not any more."""


class DraftGone(Exception):
    """The tested address and token are not kept any more."""


class DraftUsed(Exception):
    """The draft was sent twice; `source` is what it made."""

    def __init__(self, source: Source) -> None:
        super().__init__(source.pk)
        self.source = source


class TokenNeeded(Exception):
    """The stored token belongs to another origin and is not sent to this one."""


class OtherRepository(Exception):
    """The new address has a repository of this name, but it is not the one that was read so far."""


def look(*, kind: str, address: Address, token: str) -> Inspection:
    """A first look with a token that is not stored yet. Raises core.http.OutgoingError. Not inside a transaction: it waits."""
    connector = CONNECTORS[kind]
    with connector.client(address.base_url, token) as client:
        return connector.inspect(client, address.repository)


def refuse_read(base_url: str, external_id: str, team: Team) -> None:
    """Raises Claimed where the team reads this repository already: another part of it is added on its page."""
    if Source.objects.claims(base_url, external_id).read_by(team).exists():
        raise Claimed(team)


@contextmanager
def _claiming(base_url: str, external_id: str) -> Iterator[None]:
    """Turns the constraint's refusal into Claimed."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        readers = Share.objects.live().filter(source__in=Source.objects.claims(base_url, external_id)).listed()
        if readers:
            raise Claimed(readers[0].team) from None
        raise


def prepare(*, team: Team, by: Person, kind: str, address: Address, token: str) -> Draft:
    """Look at the repository, and keep address and token for the second step. Raises OutgoingError, Claimed."""
    seen = look(kind=kind, address=address, token=token)
    refuse_read(address.base_url, seen.external_id, team)
    return _draft(seen, team=team, created_by=by, kind=kind, base_url=address.base_url, token=token)


def prepare_another(*, team: Team, by: Person, connection: Connection, repository: Repository) -> Draft:
    """The same with the token of a connection that there is, of a repository that it sees or gives the team.

    Raises OutgoingError, Claimed, OtherRepository, NotGranted, Credential.DoesNotExist, core.crypto.Undecryptable.
    """
    _refuse_not_granted(connection, team, repository.external_id)
    token = Credential.objects.get(connection=connection).token
    seen = look(kind=connection.kind, address=Address(connection.base_url, repository.full_name), token=token)
    if seen.external_id != repository.external_id:
        raise OtherRepository
    refuse_read(connection.base_url, seen.external_id, team)
    of = {"kind": connection.kind, "base_url": connection.base_url, "connection": connection}
    return _draft(seen, team=team, created_by=by, **of)


def _draft(seen: Inspection, **of: Any) -> Draft:
    kept = {"repository": seen.full_name, "seen": inspections.to_json(seen), "expires_at": clock.now() + DRAFT_LIFE}
    return Draft.objects.create(**kept, **of)


def _refuse_not_granted(connection: Connection, team: Team, external_id: str) -> None:
    mine = connection.team == team
    if not mine and not connection.grants.filter(team=team, external_id=external_id).exists():
        raise NotGranted(
            _("The organisation's connection “%(connection)s” does not give the team this repository.")
            % {"connection": connection}
        )


@transaction.atomic
def connect(*, draft_id: int, options: ReadOptions, by: Person) -> Source:
    """Let the draft's team read `options` of its repository, at once. Raises DraftGone, DraftUsed, Claimed, NotGranted.

    One that another team reads is read for both from now on, with the token that is used already. One that the team had
    disconnected gets its old row back, and so its deployments and incidents.
    """
    draft = Draft.objects.select_for_update(of=("self",)).kept().filter(pk=draft_id).first()
    if draft is None:
        raise DraftGone
    if draft.source is not None:
        raise DraftUsed(draft.source)
    seen = inspections.from_json(draft.seen)
    connection = _connection_of(draft, seen, by)
    refuse_read(connection.base_url, seen.external_id, draft.team)
    source = _read_already(connection, seen)
    if source is not None:  # nobody can pause what is not theirs alone
        options, source.paused = read_options.union([read_options.from_json(source.options), options]), False
    source = source or _read_anew(draft, connection, seen)
    source.active, source.options, source.state = True, read_options.to_json(options), {}  # read whole once more
    source.edition += 1
    _describe(source, seen)
    with _claiming(connection.base_url, seen.external_id):
        source.save()
    sharing.join(source, draft.team, connection)
    sharing.in_good_hands(source)
    draft.source, draft.token = source, ""
    draft.save(update_fields=["source", "token"])
    audit.record("connection.added", actor=by, subject=source, team=draft.team, repository=source.full_name,
                 address=connection.base_url, **read_options.to_json(options))  # fmt: skip
    if not source.connection.needs_token and not source.is_waiting(clock.now()):
        schedule.make_due(source, by=by)
    return source


def _connection_of(draft: Draft, seen: Inspection, by: Person) -> Connection:
    """The one whose token the draft was tried with, or a new one of the team's own."""
    if draft.connection_id:
        connection = Connection.objects.select_for_update(of=("self",)).get(pk=draft.connection_id)
        _refuse_not_granted(connection, draft.team, seen.external_id)
        if not Credential.objects.filter(connection=connection).exists():
            raise DraftGone  # it was disconnected meanwhile
        return connection
    made = Connection.objects.create(team=draft.team, kind=draft.kind, base_url=draft.base_url, created_by=by)
    Credential.objects.create(connection=made, token=draft.token, entered_by=draft.created_by)
    return made


def _read_already(connection: Connection, seen: Inspection) -> Source | None:
    found = Source.objects.select_for_update(of=("self",)).select_related("connection")
    return found.claims(connection.base_url, seen.external_id).first()


def _read_anew(draft: Draft, connection: Connection, seen: Inspection) -> Source:
    source = _former(draft, seen) or Source(base_url=connection.base_url, external_id=seen.external_id)
    source.connection, source.base_url = connection, connection.base_url
    source.paused, source.disconnected_at = False, None
    source.error_code, source.error_params, source.failures, source.waiting_until = "", {}, 0, None
    return source


@transaction.atomic
def connect_sample(*, team: Team, name: str, options: ReadOptions, by: Person) -> Source:
    """A repository that is not there, for the sample organisation: it holds made-up rows and is never read."""
    now, base_url = clock.now(), "https://git.sample.invalid"
    connection = Connection.objects.create(team=team, kind=SAMPLE, base_url=base_url, created_by=by, created_at=now)
    source = Source.objects.create(
        connection=connection,
        base_url=base_url,
        external_id=name,
        full_name=name,
        default_branch="main",
        options=read_options.to_json(options),
        created_at=now,
        succeeded_at=now,
    )
    sharing.join(source, team, connection)
    return source


@transaction.atomic
def connect_told(*, team: Team, name: str, kind: str, by: Person) -> Source:
    """What people bring (IMPORTED) or programs push (PUSHED) stands here: nothing is read.

    One of a name a team; IntegrityError for a second one.
    """
    now = clock.now()
    connection = Connection.objects.create(team=team, kind=kind, base_url="", created_by=by, created_at=now)
    external_id = hashlib.sha256(plain(name).encode()).hexdigest()
    source = Source.objects.create(
        connection=connection, base_url=f"import:{team.pk}", external_id=external_id, full_name=name, created_at=now
    )
    sharing.join(source, team, connection)
    audit.record(f"connection.{kind}", actor=by, subject=source, team=team, repository=name)
    return source


def _former(draft: Draft, seen: Inspection) -> Source | None:
    mine = Source.objects.select_for_update(of=("self",)).of(draft.team).filter(active=False)
    return mine.filter(base_url=draft.base_url, external_id=seen.external_id).order_by("pk").last()


def _describe(source: Source, seen: Inspection) -> None:
    """What people read about it; the id does not change, all this may."""
    source.full_name, source.url, source.default_branch = seen.full_name, seen.url, seen.default_branch
    source.seen = inspections.to_json(seen)


def access_of(source: Source) -> dict[str, Any]:
    """What `change_access` changes: the API's address, and of the token only which one it is, its row's pk."""
    connection = Connection.objects.get(pk=source.connection_id)
    return {"base_url": connection.base_url, "token": _credential_of(connection)}


def _credential_of(connection: Connection) -> int | None:
    return Credential.objects.filter(connection=connection).values_list("pk", flat=True).first()


def change_access(*, source: Source, base_url: str, token: str, seen: Mapping[str, Any], by: Person) -> None:
    """Enter a new token, or correct the API's address. Both are tried before anything is saved; the old token is then gone.

    Without a token the stored one is used, but only for another path of its own origin. `seen`: what `access_of` said when it was
    shown. Raises StaleEdit (which never holds a token), OutgoingError, TokenNeeded, OtherRepository, Claimed,
    Credential.DoesNotExist, core.crypto.Undecryptable.
    """
    present = access_of(source)
    _check_seen(source.connection, present, seen, base_url, token)
    base_url = present["base_url"] if base_url == seen["base_url"] else base_url
    if not token and origin_of(base_url) != origin_of(source.base_url):
        raise TokenNeeded
    tried = token or Credential.objects.get(connection=source.connection_id).token
    seen_there = look(kind=source.connection.kind, address=Address(base_url, source.full_name), token=tried)
    if seen_there.external_id != source.external_id:
        raise OtherRepository
    _save_access(source, base_url, token, present, seen_there, by)


def _check_seen(
    connection: Connection, present: Mapping[str, Any], seen: Mapping[str, Any], base_url: str, token: str
) -> None:
    """StaleEdit if somebody changed meanwhile what is to be changed."""
    wanted = {"base_url": base_url, "token": MINE if token else seen["token"]}
    try:
        merge(current=present, seen=seen, wanted=wanted, changed_by=lambda name: _changed_by(connection, name))
    except StaleEdit as stale:
        theirs = {name: "" if name == "token" else value for name, value in stale.theirs.items()}
        yours = {name: "" if name == "token" else value for name, value in stale.yours.items()}
        raise StaleEdit(theirs=theirs, yours=yours, by=stale.by) from None


def _changed_by(connection: Connection, name: str) -> Touch | None:
    return audit.last_touch("connection.token_entered" if name == "token" else "connection.moved", connection)


@transaction.atomic
def _save_access(
    source: Source, base_url: str, new_token: str, present: Mapping[str, Any], seen: Inspection, by: Person
) -> None:
    connection = Connection.objects.select_for_update().get(pk=source.connection_id)
    # Address and token were tried together, outside the lock: if either was changed while the host answered, the pair is another.
    current = {"base_url": connection.base_url, "token": _credential_of(connection)}
    if current != present:
        moved = current["base_url"] != present["base_url"]
        raise StaleEdit(
            theirs={"base_url": current["base_url"]} if moved else {"token": ""},
            yours={"base_url": base_url} if moved else {"token": ""},
            by={name: _changed_by(connection, name) for name in current},
        )
    renew(connection, base_url, new_token, by, source=source, seen=seen)


def renew(
    connection: Connection,
    base_url: str,
    new_token: str,
    by: Person,
    *,
    source: Source | None = None,
    seen: Inspection | None = None,
) -> None:
    """Save what was tried, with the connection's row locked; what it reads is read at once. `seen` is of `source`."""
    moved_from = connection.base_url if connection.base_url != base_url else ""
    connection.base_url, connection.state = base_url, ConnectionState.OK
    connection.save(update_fields=["base_url", "state"])
    if new_token:
        Credential.objects.filter(connection=connection).delete()
        Credential.objects.create(connection=connection, token=new_token, entered_by=by)
    for each in Source.objects.select_for_update().filter(connection=connection, active=True).order_by("pk"):
        with _claiming(base_url, each.external_id):
            each.base_url = base_url
            if seen is not None and source is not None and each.pk == source.pk:
                _describe(each, seen)
            each.failures, each.error_code, each.error_params, each.waiting_until = 0, "", {}, None
            each.save()
        if not each.paused:
            schedule.make_due(each, by=by)
    team = connection.team  # None: the organisation's
    if new_token:
        audit.record("connection.token_entered", actor=by, subject=connection, team=team, address=base_url)
    if moved_from:
        audit.record("connection.moved", actor=by, subject=connection, team=team, before=moved_from, after=base_url)


def look_again(*, source: Source) -> Inspection:
    """Look with the stored token at what there is to read now, and keep it.

    Raises OutgoingError, OtherRepository, Credential.DoesNotExist, core.crypto.Undecryptable.
    """
    token = Credential.objects.get(connection=source.connection_id).token
    seen = look(kind=source.connection.kind, address=Address(source.base_url, source.full_name), token=token)
    if seen.external_id != source.external_id:
        raise OtherRepository
    with transaction.atomic():
        locked = Source.objects.select_for_update().get(pk=source.pk)
        _describe(locked, seen)
        locked.save(update_fields=["full_name", "url", "default_branch", "seen"])
    return seen
