"""What the log says."""

import logging

from core.scrub import scrub


class RefusalsInOneLine(logging.Filter):
    """A 403 or 404 is an answer, not a fault: Django's warning about it comes without the traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "django.request" and record.levelno < logging.ERROR:
            record.exc_info = record.exc_text = None
        return True


class Scrubbed:
    """Put before a formatter: no secret is in what it writes, be it in the message, an argument or a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))  # type: ignore[misc]


class Line(Scrubbed, logging.Formatter):
    """One line for each record, and the traceback of a fault."""
