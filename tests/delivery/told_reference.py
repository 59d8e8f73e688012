"""The reference's figures in the words of the API: (value, numerator, denominator) by id.

python -m tests.delivery.told_reference TEAM FIRST LAST      prints them as JSON, for journeys
"""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from teams.models import Team

Figure = tuple[float | None, int | None, int | None]


def expected(team: Team, first: date, last: date) -> dict[str, Figure]:
    """Of these days, from what hosts and people told alone."""
    from tests.delivery import reference

    facts = reference.facts_of(team)
    found = reference.figures(facts, first, last)
    days = {reference.named(row): reference.day(row.finished_at, facts.zone) for row in reference.counted(facts)}
    blamed = [key for kind, key, _cause, _by_hand in reference.failures(facts) if kind == "incident"]
    attributed = sum(first <= days[key] <= last for key in blamed)
    weeks, ended = found.days_by_week, len(found.mttr)
    return {
        "deployment_frequency": (_plain(reference.middle(weeks)), found.counted, len(weeks)),
        "lead_time": (_plain(reference.middle(found.lead_times)), len(found.lead_times), found.changes),
        "change_failure_rate": _share(found.failed, found.counted),
        "recovery": (_plain(reference.middle(found.recovery)), len(found.recovery), attributed),
        "mttr": (_plain(reference.average(found.mttr)), ended, ended + found.still_open),
        "rework_rate": _share(found.hotfixes, found.counted),
    }


def _plain(value: Any) -> float | None:
    return None if value is None else float(value)


def _share(part: int | None, whole: int) -> Figure:
    if not whole:
        return None, None, None
    return (None, None, whole) if part is None else (part / whole, part, whole)


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlops_portal.settings")
    django.setup()
    from teams.models import Team as Teams

    of = Teams.objects.get(pk=int(sys.argv[1]))
    print(json.dumps(expected(of, date.fromisoformat(sys.argv[2]), date.fromisoformat(sys.argv[3]))))
