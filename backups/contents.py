"""What an archive holds: every table of the portal but those below.

Models are asked as the database's own migrations describe them, not as this code does: an archive of an older state is read, and
a database that was not migrated yet is written, with the tables and columns that it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps.registry import Apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from core.refusals import Refused

Migration = tuple[str, str]  # app, name

# Whole tables that are left out, and why.
LEFT_OUT = {
    "sessions.session": "everyone signs in again after a restore",
    "usersessions.usersession": "belongs to sessions",
    "core.livestamp": "counts what changed while pages are open; triggers count anew",
    "core.undooffer": "holds for ten minutes",
    "teams.setupcode": "of use only until there is an organisation",
    "account.emailconfirmation": "links under way, sent again when asked for",
    "backups.work": "the task that makes the archive, or restores it",
    "delivery.preparedquarter": "figures made beforehand, and again within a minute",
    "imports.upload": "files that nobody imported yet: they are brought again, and go after a week anyway",
    "contenttypes.contenttype": "Django makes it from the code",
    "auth.permission": "Django makes it from the code",
    "auth.group": "Django's own roles, which the portal does not use",
    "auth.group_permissions": "Django's own roles, which the portal does not use",
}
# Columns that say which worker has a task at the moment: nobody has it after a restore.
CLEARED: dict[str, dict[str, Any]] = {
    "connections.source": {"lease_owner": "", "lease_until": None, "rung_at": None},
    "notices.outgoing": {"lease_owner": "", "lease_until": None, "rung_at": None},
    "sample.sample": {"lease_owner": "", "lease_until": None, "rung_at": None},
}


def known(migrations: Sequence[Migration]) -> bool:
    """Whether this code has all of these migrations."""
    there = MigrationLoader(None).disk_migrations
    return all(each in there for each in migrations)


def applied(database: BaseDatabaseWrapper) -> list[Migration]:
    """The migrations that the database has. Refused where this code does not know one of them."""
    found = sorted(MigrationLoader(database).applied_migrations)
    if not known(found):
        raise Refused(_("The database was made by a newer version of the portal: update the portal first."))
    return found


def models_at(database: BaseDatabaseWrapper) -> Apps:
    """The models as the migrations describe them that the database has."""
    loader = MigrationLoader(database)
    return loader.project_state([each for each in loader.applied_migrations if each in loader.graph.nodes]).apps


def kept(apps: Apps) -> Iterator[type[models.Model]]:
    """The models whose rows are kept, in the order of their names."""
    for model in sorted(apps.get_models(include_auto_created=True), key=lambda each: each._meta.label_lower):
        if model._meta.managed and not model._meta.proxy and model._meta.label_lower not in LEFT_OUT:
            yield model
