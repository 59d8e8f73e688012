"""What the portal stands on, and what of it is missing: for `/readyz`, and for administrators on their home page.

A room registers a check of its own from its AppConfig.ready. A check answers "" or one sentence; it costs a query at most,
whatever is stored, and names no secret.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event, Thread

from celery import current_app
from django.conf import settings
from django.db import Error, connection
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from core import clock, databases, gate, pulse, rotation

STILL = timedelta(seconds=60)  # without a sign for so long, a process is taken for stopped; it leaves one every 15 s
QUEUED = timedelta(minutes=5)  # messages that wait longer than this wait for too few workers
BROKER_ANSWERS_WITHIN = 2.0  # seconds
DATABASE_ANSWERS_WITHIN = 3.0

Check = Callable[[], str]
_checks: dict[str, Check] = {}


def register(name: str, check: Check) -> None:
    _checks[name] = check


def missing() -> dict[str, str]:
    """What is missing, by name, with a sentence; empty when all is well.

    Without the database nobody can say what else is: the checks that ask it are left out then.
    """
    found: dict[str, str] = {}
    if not _answers_in_time():
        found["database"] = _("The database cannot be reached.")
    elif gate.is_closed():  # whoever asked for a table would wait until the restore is over
        return {"database": _("It is being restored from an archive.")}
    for name, check in _checks.items():
        if "database" in found and name != "broker":
            continue
        try:
            sentence = check()
        except Error:
            sentence = _("It could not be asked.")
        if sentence:
            found[name] = sentence
    return found


def standing_still() -> list[str]:
    """What keeps background work from being done, as sentences: from the signs of life alone, one query."""
    signs = pulse.signs()
    return [sentence for sentence in (_beat(signs), _worker(signs), _queue(signs)) if sentence]


# -- The house's own checks -----------------------------------------------------------------------------------------

Signs = dict[str, datetime | None]


def _database() -> str:
    try:
        connection.ensure_connection()
        if not connection.is_usable():
            connection.close()
            connection.ensure_connection()
    except Error:
        return _("The database cannot be reached.")
    return ""


def _answers_in_time() -> bool:
    """Asked over a connection of its own, in a thread that is not waited for: a server that hangs never says that it is away."""
    answered = Event()
    Thread(target=_ask_the_database, args=(answered,), daemon=True, name="readiness").start()
    return answered.wait(DATABASE_ANSWERS_WITHIN)


def _ask_the_database(answered: Event) -> None:
    try:
        with databases.another() as own, own.cursor() as cursor:
            cursor.execute("SELECT 1")
            answered.set()
    except Exception:  # whatever the driver makes of a server that is gone; that nothing was answered says it all
        return


def _secrets() -> str:
    return _("Stored secrets fit no key of ENCRYPTION_KEYS.") if rotation.unreadable() else ""


def _broker() -> str:
    said = _("The broker cannot be reached, so nothing can be asked of the worker.")
    if settings.CELERY_BROKER_URL.startswith("filesystem:"):
        folder = str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"])
        return "" if os.access(folder, os.W_OK) else said
    try:
        with current_app.connection_for_write(connect_timeout=BROKER_ANSWERS_WITHIN) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_ANSWERS_WITHIN)
    except Exception:  # whatever the broker's library makes of a server that is gone
        return said
    return ""


def _beat(signs: Signs) -> str:
    return _silent(signs[pulse.BEAT], _("Beat, which says when something is due, has not been seen yet."),
                   _("Beat, which says when something is due, was last seen on %(time)s."))  # fmt: skip


def _worker(signs: Signs) -> str:
    return _silent(signs[pulse.WORKER], _("No worker has been seen yet."), _("A worker was last seen on %(time)s."))


def _silent(seen: datetime | None, never: str, last: str) -> str:
    if seen is None:
        return never
    return last % {"time": _time(seen)} if clock.now() - seen > STILL else ""


def _queue(signs: Signs) -> str:
    """Measured up to beat's last sign: where beat stands still nothing is sent that could wait."""
    sent, taken = signs[pulse.BEAT], signs[pulse.QUEUE]
    if sent is None or taken is None or sent - taken <= QUEUED:
        return ""
    return _("What was asked of the worker on %(time)s still waits.") % {"time": _time(taken)}


def _time(instant: datetime) -> str:
    """With its offset: whoever reads `/readyz` need not know in which zone the server is."""
    return localtime(instant).isoformat(sep=" ", timespec="seconds")


register("database", _database)
register("secrets", _secrets)
register("broker", _broker)
register("beat", lambda: _beat(pulse.signs()))
register("worker", lambda: _worker(pulse.signs()))
register("queue", lambda: _queue(pulse.signs()))
