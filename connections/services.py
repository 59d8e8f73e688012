"""What people do to connections: connect a repository, enter a token, pause, disconnect, change what is read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from connections import inspections, schedule
from connections import options as read_options
from connections.models import SAMPLE, Connection, ConnectionState, Credential, Draft, Source
from connectors.records import Address, Inspection, ReadOptions
from connectors.registry import CONNECTORS
from core import clock
from core.edits import MINE, StaleEdit, Touch, merge
from core.http import origin_of
from core.tables.cells import plain
from teams import audit
from teams.models import Person, Team

DRAFT_LIFE = timedelta(hours=1)


class Claimed(Exception):
    """Another connection reads this repository already; `team` is whose."""

    def __init__(self, team: Team) -> None:
        super().__init__(team.name)
        self.team = team


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


def refuse_claimed(base_url: str, external_id: str) -> None:
    """Raises Claimed where some team reads this repository. The constraint says it once more when the row is written."""
    claim = Source.objects.claims(base_url, external_id).select_related("connection__team").first()
    if claim is not None:
        raise Claimed(claim.connection.team)


@contextmanager
def _claiming(base_url: str, external_id: str) -> Iterator[None]:
    """Turns the constraint's refusal into Claimed."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        refuse_claimed(base_url, external_id)
        raise


def prepare(*, team: Team, by: Person, kind: str, address: Address, token: str) -> Draft:
    """Look at the repository, and keep address and token for the second step. Raises OutgoingError, Claimed."""
    seen = look(kind=kind, address=address, token=token)
    refuse_claimed(address.base_url, seen.external_id)
    now = clock.now()
    return Draft.objects.create(
        team=team,
        created_by=by,
        kind=kind,
        base_url=address.base_url,
        repository=seen.full_name,
        token=token,
        seen=inspections.to_json(seen),
        expires_at=now + DRAFT_LIFE,
    )


@transaction.atomic
def connect(*, draft_id: int, options: ReadOptions, by: Person) -> Source:
    """Turn a draft into a connection that is read at once. Raises DraftGone, DraftUsed, Claimed.

    A repository that the team had disconnected gets its old row back, and so its deployments and incidents.
    """
    draft = Draft.objects.select_for_update().kept().filter(pk=draft_id).first()
    if draft is None:
        raise DraftGone
    if draft.source is not None:
        raise DraftUsed(draft.source)
    seen = inspections.from_json(draft.seen)
    connection = Connection.objects.create(team=draft.team, kind=draft.kind, base_url=draft.base_url, created_by=by)
    Credential.objects.create(connection=connection, token=draft.token, entered_by=draft.created_by)
    source = _former(draft, seen) or Source(base_url=draft.base_url, external_id=seen.external_id)
    source.connection, source.active, source.paused, source.disconnected_at = connection, True, False, None
    source.error_code, source.error_params, source.failures, source.waiting_until = "", {}, 0, None
    source.options, source.state, source.edition = read_options.to_json(options), {}, source.edition + 1
    _describe(source, seen)
    with _claiming(draft.base_url, seen.external_id):
        source.save()
    draft.source, draft.token = source, ""
    draft.save(update_fields=["source", "token"])
    audit.record("connection.added", actor=by, subject=source, team=connection.team, repository=source.full_name,
                 address=connection.base_url, **source.options)  # fmt: skip
    schedule.make_due(source, by=by)
    return source


@transaction.atomic
def connect_sample(*, team: Team, name: str, options: ReadOptions, by: Person) -> Source:
    """A repository that is not there, for the sample organisation: it holds made-up rows and is never read."""
    now, base_url = clock.now(), "https://git.sample.invalid"
    connection = Connection.objects.create(team=team, kind=SAMPLE, base_url=base_url, created_by=by, created_at=now)
    return Source.objects.create(
        connection=connection,
        base_url=base_url,
        external_id=name,
        full_name=name,
        default_branch="main",
        options=read_options.to_json(options),
        created_at=now,
        succeeded_at=now,
    )


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
    moved_from = connection.base_url if connection.base_url != base_url else ""
    connection.base_url, connection.state = base_url, ConnectionState.OK
    connection.save(update_fields=["base_url", "state"])
    if new_token:
        Credential.objects.filter(connection=connection).delete()
        Credential.objects.create(connection=connection, token=new_token, entered_by=by)
    for each in Source.objects.select_for_update().filter(connection=connection, active=True).order_by("pk"):
        with _claiming(base_url, each.external_id):
            each.base_url = base_url
            if each.pk == source.pk:
                _describe(each, seen)
            each.failures, each.error_code, each.error_params, each.waiting_until = 0, "", {}, None
            each.save()
        if not each.paused:
            schedule.make_due(each, by=by)
    team = connection.team
    if new_token:
        audit.record("connection.token_entered", actor=by, subject=connection, team=team, address=base_url)
    if moved_from:
        audit.record("connection.moved", actor=by, subject=connection, team=team, before=moved_from, after=base_url)


@transaction.atomic
def pause(*, source_id: int, by: Person) -> None:
    """Read nothing until somebody resumes. A sync that runs stops before its next page. Twice is as once."""
    source = Source.objects.select_for_update().get(pk=source_id)
    if source.paused or not source.active:
        return
    source.paused = True
    source.save(update_fields=["paused"])
    team = source.connection.team
    audit.record("connection.paused", actor=by, subject=source, team=team, repository=source.full_name)


@transaction.atomic
def resume(*, source_id: int, by: Person) -> None:
    source = Source.objects.select_for_update().get(pk=source_id)
    if not source.paused or not source.active:
        return
    source.paused = False
    source.save(update_fields=["paused"])
    team = source.connection.team
    audit.record("connection.resumed", actor=by, subject=source, team=team, repository=source.full_name)
    if not source.connection.needs_token:
        schedule.make_due(source, by=by)


@transaction.atomic
def disconnect(*, source_id: int, by: Person) -> None:
    """Stop reading for good and forget the token. Deployments, incidents and the history of syncs stay."""
    connection = Connection.objects.select_for_update(of=("self",)).get(sources__pk=source_id)
    source = Source.objects.select_for_update().get(pk=source_id)
    if not source.active:
        return
    source.active, source.disconnected_at, source.next_sync_at = False, clock.now(), None
    source.save(update_fields=["active", "disconnected_at", "next_sync_at"])
    if not connection.sources.active().exists():
        Credential.objects.filter(connection=connection).delete()
    audit.record("connection.removed", actor=by, subject=source, team=connection.team, repository=source.full_name)


@transaction.atomic
def change_options(*, source_id: int, options: ReadOptions, by: Person) -> None:
    """Read something else from now on; what the old rules passed over is read as well. A running sync starts again."""
    source = Source.objects.select_for_update().get(pk=source_id)
    before = read_options.from_json(source.options)
    if read_options.to_json(options) == source.options:
        return
    again, old = read_options.streams_to_read_again(before, options), source.options
    source.options = read_options.to_json(options)
    source.state = {stream: state for stream, state in source.state.items() if stream not in again}
    source.edition += 1
    source.save(update_fields=["options", "state", "edition"])
    team = source.connection.team
    audit.record(
        "connection.rules_changed", actor=by, subject=source, team=team, repository=source.full_name,
        before=old, after=source.options,
    )  # fmt: skip
    if source.active and not source.connection.needs_token and not source.paused and not source.is_waiting(clock.now()):
        schedule.make_due(source, by=by)


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
