"""The portal's settings as tests see them: DATABASE_URL and REDIS_URL as `make test` gives them, else SQLite and files."""

import os
import tempfile
from urllib.parse import urlsplit

os.environ.setdefault("PORTAL_ENV", "test")
os.environ.setdefault("PORTAL_VAR", os.path.join(tempfile.gettempdir(), f"portal-tests-{os.getuid()}"))
_worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
if _worker and os.environ.get("REDIS_URL"):
    # Each worker of pytest has a Redis database of its own, as it has one of PostgreSQL; ops.journey takes from 8 on.
    os.environ["REDIS_URL"] = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{1 + int(_worker) % 7}").geturl()

from mlops_portal.settings import *  # noqa: E402, F403
