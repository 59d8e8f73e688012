"""Objects that are read once more by themselves: what was unfinished, and what could not be understood."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connectors.github import parse, pulls
from connectors.github.deployments import with_statuses
from connectors.github.reader import Batch, Reader
from connectors.records import DeploymentSource, Page, Record
from core.http import OutgoingError

CHUNK = 10
GONE = parse.Unreadable("gone")


def read_again(reader: Reader, keys: Iterable[str], running: Mapping[str, Any]) -> Iterator[Page]:
    """One request a key; two for a deployment that is not among `running` (its object, then its statuses), three for a change.

    Keys that the listings of this sync have just given are left out, as are those of a source no longer chosen.
    """
    wanted = [key for key in dict.fromkeys(keys) if key not in reader.fresh and _is_of_source(reader, key)]
    batch = Batch()
    for number, key in enumerate(wanted, start=1):
        try:
            _one(reader, key, running, batch)
        except OutgoingError:
            yield _page(batch, done=False)
            raise
        if number % CHUNK == 0 or number == len(wanted):
            yield _page(batch, done=number == len(wanted))
            batch = Batch()


def _page(batch: Batch, *, done: bool) -> Page:
    return Page("again", tuple(batch.records), {}, tuple(batch.set_aside), batch.read, None, done)


def _is_of_source(reader: Reader, key: str) -> bool:
    kind = key.partition(":")[0]
    source = reader.options.deployments
    if kind == "run":
        return source is DeploymentSource.RUNS
    if kind == "deployment":
        return source is DeploymentSource.DEPLOYMENTS
    if kind == "pull":
        return source is not DeploymentSource.NONE
    return True


def _one(reader: Reader, key: str, running: Mapping[str, Any], batch: Batch) -> None:
    batch.read += 1
    try:
        found = _found(reader, key, running)
        batch.records += [found] if found else []
    except parse.Unreadable as problem:
        if problem.reason == GONE.reason:
            reader.gone.add(key)
        batch.set_aside.append(parse.aside(key, problem))


def _found(reader: Reader, key: str, running: Mapping[str, Any]) -> Record | None:
    """None of a pull request that was given up: there is no change, and nothing wrong with it."""
    kind, _, number = key.partition(":")
    if not number.isascii() or not number.isdigit():
        raise GONE
    if kind == "run":
        return parse.run_record(_object(reader, f"actions/runs/{number}"))
    if kind == "issue":
        return _incident(reader, _object(reader, f"issues/{number}"))
    if kind == "pull":
        return _change(reader, _object(reader, f"pulls/{number}"))
    if kind != "deployment":
        raise GONE
    base = running.get(key) or parse.deployment_base(
        _object(reader, f"deployments/{number}"), reader.web, reader.repository
    )
    found = with_statuses(reader, key, base)
    if found is None:
        raise GONE
    return found


def _incident(reader: Reader, item: Mapping[str, Any]) -> Record:
    """What is no incident any more, its label having been taken off, is gone as one."""
    record = parse.incident_record(item)
    chosen = {label.lower() for label in reader.options.incident_labels}
    if parse.is_pull_request(item) or not chosen & {label.lower() for label in record.labels}:
        raise GONE
    return record


def _change(reader: Reader, item: Mapping[str, Any]) -> Record | None:
    if not pulls.is_merged(item):
        return None
    return pulls.change_record(item, pulls.details_of(reader, item))


def _object(reader: Reader, rest: str) -> dict[str, Any]:
    try:
        found = reader.get(rest).json()
    except OutgoingError as error:
        if error.code in ("not_found", "gone"):
            raise GONE from error
        raise
    if not isinstance(found, dict):
        raise OutgoingError("bad_answer", host=reader.client.host)
    return found
