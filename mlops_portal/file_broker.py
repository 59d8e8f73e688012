"""Celery's broker of a portal without Redis: kombu's transport over files, of which nobody ever reads half a one.

Kombu writes a file where others already read it, and what it cannot read ends the worker. Here whatever is written is written
beside and renamed; what is broken all the same (a full disk, a power cut) is put aside with a line in the log. The message is
lost with it, which costs nothing but time: what is due stands in the database (docs/adr/0001), and beat rings again.
"""

from __future__ import annotations

import fcntl
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty
from typing import Any

import structlog
from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.transport.filesystem import exchange_queue_t
from kombu.utils.json import dumps, loads

log = structlog.get_logger(__name__)

PART, TAKEN, BROKEN = ".part", ".taken", ".broken"  # ends of names that are no message's


class Channel(filesystem.Channel):  # type: ignore[misc]  # kombu has no types
    # -- Messages

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]  # two of kombu's own differ
        folder = Path(self.data_folder_out)
        _write(folder / f"{time.monotonic_ns():020}_{uuid.uuid4()}.{queue}.msg", payload)

    def _get(self, queue: str, timeout: Any = None) -> Any:
        folder = Path(self.data_folder_in)
        for name in sorted(os.listdir(folder)):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = folder / f"{name}{TAKEN}"
            try:
                (folder / name).rename(taken)
            except FileNotFoundError:  # another worker was first
                continue
            payload = _read(taken)
            if _is_message(payload):
                taken.unlink(missing_ok=True)
                return payload
            _put_aside(taken, folder / name)
        raise Empty

    # -- Which queues an exchange serves

    def get_table(self, exchange: str) -> list[exchange_queue_t]:
        file: Path = self._exchange_file(exchange)
        table = _read(file)
        try:
            return [exchange_queue_t(*each) for each in table or ()]
        except TypeError:
            return []

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        bound = exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._changing(exchange) as table:
            if bound not in table:
                table.insert(0, bound)

    def _delete(self, queue: str, exchange: str, routing_key: str, pattern: str, *args: Any, **kwargs: Any) -> None:
        self._purge(queue)  # what the plain channel does, which kombu's own _delete of files calls too
        with self._changing(exchange) as table, suppress(ValueError):
            table.remove(exchange_queue_t(routing_key or "", pattern or "", queue or ""))

    @contextmanager
    def _changing(self, exchange: str) -> Iterator[list[exchange_queue_t]]:
        """The table of an exchange, written again if it was changed. One process at a time; a broken one is begun anew."""
        file: Path = self._exchange_file(exchange)
        file.parent.mkdir(exist_ok=True)
        with open(f"{file}.lock", "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            table = self.get_table(exchange)
            before = list(table)
            yield table
            if table != before:
                _write(file, table)


class Transport(filesystem.Transport):  # type: ignore[misc]
    Channel = Channel


def install() -> None:
    """Stand for kombu's own at addresses that begin with filesystem:// (an address cannot name a module)."""
    TRANSPORT_ALIASES["filesystem"] = "mlops_portal.file_broker:Transport"


def _write(file: Path, content: Any) -> None:
    beside = file.with_name(f".{file.name}.{uuid.uuid4()}{PART}")
    try:
        beside.write_text(dumps(content))
        beside.replace(file)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise ChannelError(f"Cannot write {file.name} ({type(error).__name__})") from error


def _read(file: Path) -> Any:
    """None where there is nothing that can be read."""
    try:
        return loads(file.read_bytes())
    except (OSError, ValueError):
        return None


def _is_message(payload: Any) -> bool:
    try:
        return bool(payload["properties"]["delivery_tag"])
    except (LookupError, TypeError):
        return False


def _put_aside(taken: Path, name: Path) -> None:
    """Out of the way of every worker, and there for whoever wants to know why."""
    aside = name.with_name(f"{name.name}{BROKEN}")
    with suppress(OSError):
        taken.rename(aside)
    log.warning("broken_message_put_aside", file=str(aside))
