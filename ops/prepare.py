"""What a start needs of Django, in one process: the servers answer, the tables and the static files are as this code wants them.

    python -m ops.prepare [static]

Prints `set-up code: …` if the portal has no administrator yet. With `static` it only collects the static files, for a
container's image.
"""

import hashlib
import io
import os
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from ops.bootstrap import ROOT
from ops.say import refuse

KEPT_COPIES = 5
WARNING = "Warning: "


def set_up_django() -> None:
    import django
    from django.core.exceptions import ImproperlyConfigured

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlops_portal.settings")
    os.environ.setdefault("PGCONNECT_TIMEOUT", "5")
    try:
        django.setup()
    except ImproperlyConfigured as error:
        refuse(f"The settings are not right: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).rstrip(".") + "."


def warn_of_settings() -> None:
    """One line for each thing that a production portal should not be without; `manage.py check --deploy` tells more."""
    from django.conf import settings
    from django.core import checks

    if settings.PRODUCTION:
        for found in checks.run_checks(tags=[checks.Tags.security], include_deployment_checks=True):
            if not found.is_silenced():
                print(f"{WARNING}{' '.join(str(found.msg).split())}", file=sys.stderr)


def check_database() -> None:
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError, connection

    settings = connection.settings_dict
    try:
        connection.ensure_connection()
        connection.introspection.table_names()
    except ImproperlyConfigured as error:
        refuse(f"DATABASE_URL names no database that the portal can use: {_first_line(error)}")
    except DatabaseError as error:
        if connection.vendor == "sqlite":
            refuse(f"The database file {settings['NAME']} cannot be used: {_first_line(error)}")
        refuse(
            f"The database {settings['NAME']} at {settings['HOST'] or 'this machine'}:{settings['PORT'] or 5432} is away: "
            f"{_first_line(error)} Start it, or correct DATABASE_URL."
        )


def check_redis() -> None:
    import redis
    from django.conf import settings

    if not settings.REDIS_URL:
        return
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=5, socket_timeout=5).ping()
    except (redis.RedisError, ValueError) as error:
        # Never the whole address: it may hold a password.
        at = urlsplit(settings.REDIS_URL).netloc.rpartition("@")[2]
        refuse(f"Redis at {at or 'the given address'} is away: {_first_line(error)} Start it, or correct REDIS_URL.")


def copy_sqlite(database: Path, copies: Path) -> Path:
    """Copy the SQLite file into `copies`, whole also while its write-ahead log holds the newest rows."""
    copies.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = copies / f"{database.stem}-{datetime.now(UTC):%Y%m%dT%H%M%S}.sqlite3"
    target.touch(mode=0o600)
    source, copy = sqlite3.connect(database), sqlite3.connect(target)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()
    for old in sorted(copies.glob(f"{database.stem}-*.sqlite3"))[:-KEPT_COPIES]:
        old.unlink()
    return target


def migrate() -> None:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    copy = None
    if connection.vendor == "sqlite" and executor.loader.applied_migrations:
        copy = copy_sqlite(Path(connection.settings_dict["NAME"]), settings.VAR / "backups")
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        kept = f" The database as it was before is in {copy}." if copy else ""
        refuse(f"The database could not be brought up to date: {_first_line(error)}{kept}")


def check_keys() -> None:
    """Whether what is stored encrypted can be read. A new key is never made in the place of one that is missing."""
    from django.conf import settings

    from core import rotation
    from mlops_portal.secrets import withdraw_made_key

    if not rotation.unreadable():
        return
    if withdraw_made_key(settings.VAR):
        refuse(
            "The database holds secrets, and the key that they were encrypted with is missing: put it into "
            f"{settings.VAR / 'encryption_key'} or ENCRYPTION_KEYS, and start again."
        )
    print(
        f"{WARNING}Stored secrets fit no key of ENCRYPTION_KEYS: second factors and connections do not work until the key "
        "that they were encrypted with is put back.",
        file=sys.stderr,
    )


def collect_static() -> None:
    """Collect and compress the static files, if there are others than last time."""
    from django.conf import settings
    from django.core.management import call_command

    collected = hashlib.sha256((ROOT / "requirements.txt").read_bytes())  # some come with the libraries
    for file in sorted((ROOT / "static").rglob("*")):
        facts = file.stat()
        collected.update(f"{file}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    if not stamp.is_file() or stamp.read_text() != collected.hexdigest():
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(collected.hexdigest())


def main() -> None:
    set_up_django()
    if sys.argv[1:] == ["static"]:
        return collect_static()
    from django.core.management import call_command

    call_command(
        "check", stdout=io.StringIO()
    )  # also imports every page, so that what is broken is told here and not by a log
    warn_of_settings()
    check_database()
    check_redis()
    migrate()
    check_keys()
    call_command("createcachetable", verbosity=0)
    collect_static()
    code = io.StringIO()
    call_command("setup_code", stdout=code)
    if code.getvalue().strip():
        print(f"set-up code: {code.getvalue().strip()}")
    return None


if __name__ == "__main__":
    main()
