"""Changes of the organisation's settings."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from core import edits
from teams import audit, zones
from teams.models import Organisation, Person


@transaction.atomic
def change_organisation(*, by: Person, seen: Mapping[str, Any], wanted: Mapping[str, Any]) -> Organisation:
    """Change `name`, `language`, `time_zone`, `second_factor`. StaleEdit if somebody else changed one of those meanwhile."""
    organisation = Organisation.objects.select_for_update().get()
    current = {name: getattr(organisation, name) for name in wanted}
    changes = edits.merge(
        current=current,
        seen=seen,
        wanted=wanted,
        changed_by=lambda name: audit.last_touch(f"organisation.{name}_changed", organisation),
    )
    for name, value in changes.items():
        setattr(organisation, name, value)
        audit.record(f"organisation.{name}_changed", actor=by, subject=organisation, before=current[name], after=value)
    organisation.save()
    if "time_zone" in changes:
        zones.changed()
    return organisation
