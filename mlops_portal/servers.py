"""What the portal stands on: Django's settings of a database and Celery's of a broker, by their addresses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlops_portal.knobs import Knobs, refuse


def database_at(address: str, env: Knobs) -> dict[str, Any]:
    """Django's settings of the database at an address; one sentence if it names none that the portal can use."""
    found: dict[str, Any] = {**env.db_url_config(address), "ATOMIC_REQUESTS": False}
    if found.get("ENGINE") == "django.db.backends.sqlite3":
        # Writers queue instead of failing: WAL lets readers go on, IMMEDIATE takes the write lock at BEGIN.
        found["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        }
    elif found.get("ENGINE") == "django.db.backends.postgresql":
        # A connection that the server dropped is noticed before the next request uses it, and made again.
        found.update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
        found["OPTIONS"] = {
            "connect_timeout": 5,  # seconds; a server that does not even refuse must not hold up every request
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            **found.get("OPTIONS", {}),
        }
    else:
        refuse("DATABASE_URL names no PostgreSQL or SQLite database; postgres://name:password@host:5432/name does.")
    return found


def broker_at(redis: str, var: Path) -> tuple[str, dict[str, Any]]:
    """Celery's (address, options of the transport): the Redis server, or a folder below `var` where there is none."""
    if redis:
        return redis, {
            "visibility_timeout": 600,
            # Seconds after which a broker that does not answer counts as away: a page waits for it after a write.
            "socket_connect_timeout": 3,
            "socket_timeout": 5,
            "socket_keepalive": True,
            # One more try at once, and then the message is given up; Celery's own way takes six seconds to find that out.
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0,
            "interval_max": 0.1,
        }
    folder, control = var / "broker", var / "broker" / "control"
    control.mkdir(parents=True, exist_ok=True)
    return "filesystem://", {
        "data_folder_in": str(folder),
        "data_folder_out": str(folder),
        "control_folder": str(control),
        "polling_interval": 0.2,
    }
