"""What the logs say: one JSON line for each event in production, readable lines elsewhere; the same from web, worker and beat.

Every line carries the request's or the task's number if it belongs to one, and the person's id but never a name or an address.
Nothing that was sent is written: no query, no body, no header; what stands for a secret in a path is left out.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog
from structlog.types import EventDict, WrappedLogger

from core.scrub import scrub

# Keys of invitations and reset links are this long; no other part of an address is.
_SECRET_PART = re.compile(r"(?<=/)[^/\s?#]{21,}")
# Beat asks for these every few seconds: that one of them went well is no news.
_BELLS = frozenset(
    {
        "connections.ring_the_bell",
        "sample.ring",
        "backups.ring",
        "imports.ring",
        "notices.ring",
        "core.pulse",
        "core.fold_live",
    }
)


def without_secrets(path: str) -> str:
    return _SECRET_PART.sub("…", path)


def configure(*, level: str, as_json: bool) -> dict[str, Any]:
    """Set up structlog; Django's LOGGING that brings the lines of every other library into the same shape."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _leave_out_bells,
        _tell_what_is_away,
        _tell_beat_in_a_line,
        _tell_refusals_in_a_line,
        _leave_out_secrets,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # Tracebacks in plain text: the prettier ones show local variables, in which tokens and passwords stand.
    renderer: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    logging.captureWarnings(as_json)  # Python's own warnings would be lines of another shape
    formatter = {
        "()": Line,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        "foreign_pre_chain": shared,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # What core.middleware.LogMiddleware and the worker's own lines say already, in one line each.
            "django.request": {"level": "CRITICAL"},
            "celery.app.trace": {"level": "CRITICAL"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            # It writes the whole path of every request; that of a chat's address is a secret.
            "urllib3": {"level": "INFO"},
            # Gunicorn brings handlers of its own.
            "gunicorn.error": {"handlers": [], "level": level, "propagate": True},
            # It writes addresses, whole queries and headers as soon as it is given a configuration like this one.
            "gunicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
        },
    }


class Line(structlog.stdlib.ProcessorFormatter):
    """No secret is in what it writes, be it in the message, an argument or a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


def _leave_out_bells(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    if event["event"] == "task_succeeded" and event.get("task") in _BELLS:
        raise structlog.DropEvent
    return event


def _tell_what_is_away(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """A server that is away for a moment is no fault: one line that names it, without the traceback."""
    from core import away

    error = _error_of(event)
    missing = away.missing(error)
    if missing:
        event.pop("exc_info", None)
        if event["event"] == "request_failed":
            event["code"] = 503  # what core.views.failed answers; the library takes every failure for a 500
        event.update(level="warning", away=missing, error=str(error).strip().partition("\n")[0])
    return event


def _tell_beat_in_a_line(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Beat writes two stacks for each message that it could not send; a broker that is away is no fault."""
    said = event["event"]
    if event.get("logger") == "celery.beat" and isinstance(said, str):
        event["event"] = said.partition("\n")[0]
        if _is_about_the_broker(_error_of(event)):
            event.pop("exc_info", None)
            event.update(level="warning", away="broker")
    return event


def _is_about_the_broker(error: BaseException | None) -> bool:
    """Celery wraps what the broker's library raised in an error of its own."""
    from kombu.exceptions import OperationalError

    while error is not None and not isinstance(error, OperationalError | ConnectionError):
        error = error.__cause__ or error.__context__
    return error is not None


def _tell_refusals_in_a_line(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Whoever forges a host name or sends too much is told so, and shall not fill the log with tracebacks."""
    if str(event.get("logger", "")).startswith("django.security."):
        event.pop("exc_info", None)
        event["level"] = "warning"
    return event


def _error_of(event: EventDict) -> BaseException | None:
    """The exception that the line is about, however it was handed over."""
    handed = event.pop("exception", None)  # Celery's lines have it here
    if isinstance(handed, BaseException):
        event["exc_info"] = (type(handed), handed, handed.__traceback__)
        return handed
    told = event.get("exc_info")
    if isinstance(told, BaseException):
        return told
    if isinstance(told, tuple):
        return told[1]
    return sys.exception() if told else None


def _leave_out_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Also in the lines of Django's own loggers, which name whole paths."""
    if isinstance(event["event"], str) and str(event.get("logger", "")).startswith("django"):
        event["event"] = without_secrets(event["event"])
    return event
