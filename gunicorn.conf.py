"""What gunicorn takes from here by itself, under `make run` as in a container: whom it believes and how much it reads."""

import os
from typing import Any

from core import logs

# core/proxies.py decides what proxies may say. Gunicorn would believe everybody on this machine.
forwarded_allow_ips = ""
# A page's address with all its filters stays far below; the largest header is the one with the cookies.
limit_request_line = 4094  # bytes
limit_request_fields = 64
limit_request_field_size = 8190  # bytes

# Its lines look like all others. There is no access log (core/logs.py turns it off): core.middleware.LogMiddleware writes a
# line for each request.
logconfig_dict = logs.configure(
    level=os.environ.get("LOG_LEVEL", "INFO").upper(), as_json=os.environ.get("PORTAL_ENV") == "production"
)


def pre_request(worker: object, request: Any) -> None:
    """Says `Connection: close` to whoever sends much: what is refused is not read to its end, and then the connection ends."""
    length = dict(request.headers).get("CONTENT-LENGTH", "0")
    if not length.isdecimal() or int(length) > 2_500_000:  # DATA_UPLOAD_MAX_MEMORY_SIZE
        request.force_close()
