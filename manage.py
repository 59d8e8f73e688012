#!/usr/bin/env python
"""Django's command line."""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line


def refuse_to_back_up_nothing() -> None:
    """Before the settings make a folder and keys where there is no portal: cron knows no variables but what it is told."""
    if any(os.environ.get(name) for name in ("DATABASE_URL", "DATABASE_URL_FILE")):
        return
    database = Path(os.environ.get("PORTAL_VAR") or Path(__file__).parent / "var").resolve() / "portal.sqlite3"
    if not database.exists():
        sys.exit(f"There is no {database}: name the portal's database with DATABASE_URL. Nothing was written.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["backup"]:
        refuse_to_back_up_nothing()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlops_portal.settings")
    execute_from_command_line(sys.argv)
