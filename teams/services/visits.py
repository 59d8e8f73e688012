"""When somebody looked last, so that a page can say what is new since then."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F

from core import clock
from teams.models import Person, Visit

# Coming back within this time is the same visit: loading the page again must not make its news old.
LASTS = timedelta(hours=4)


def looked(*, by: Person) -> datetime | None:
    """Note that `by` looks now, which writes at most once a visit. When the visit before it began; None at the first."""
    now = clock.now()
    visit, _made = Visit.objects.get_or_create(person=by, defaults={"began_at": now})
    if visit.began_at <= now - LASTS:
        # The condition again: of two windows opened at once only one begins the visit.
        Visit.objects.filter(pk=visit.pk, began_at=visit.began_at).update(before_at=F("began_at"), began_at=now)
        visit.refresh_from_db()
    return visit.before_at


def before(*, by: Person) -> datetime | None:
    """When the visit before this one began: for a page kept fresh, which may stay open for longer than a visit lasts."""
    return Visit.objects.filter(person=by).values_list("before_at", flat=True).first()
