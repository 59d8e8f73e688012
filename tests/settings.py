"""The portal's settings as tests see them: DATABASE_URL and REDIS_URL as `make test` gives them, else SQLite and files."""

import os
import tempfile

os.environ.setdefault("PORTAL_ENV", "test")
os.environ.setdefault("PORTAL_VAR", os.path.join(tempfile.gettempdir(), f"portal-tests-{os.getuid()}"))

from mlops_portal.settings import *  # noqa: F403
