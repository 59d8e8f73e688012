"""What the log says."""

import logging


class RefusalsInOneLine(logging.Filter):
    """A 403 or 404 is an answer, not a fault: Django's warning about it comes without the traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "django.request" and record.levelno < logging.ERROR:
            record.exc_info = record.exc_text = None
        return True
