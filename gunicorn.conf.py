"""What gunicorn takes from here by itself, under `make run` as in a container: whom it believes and how much it reads."""

import os

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
