"""A started roadmap and its ticks, as the tests of this room need them."""

from datetime import UTC, date, datetime

from core import clock
from roadmaps import services
from roadmaps.models import Item, Roadmap, State
from teams.models import Person, Team

START = date(2026, 4, 1)
TODAY = datetime(2026, 5, 20, 9, tzinfo=UTC)


def started(team: Team, by: Person, start: date = START) -> Roadmap:
    """The team's roadmap, started on the day it begins."""
    with clock.at(datetime(start.year, start.month, start.day, 8, tzinfo=UTC)):
        return services.start_roadmap(team=team, start_date=start, by=by)


def item_of(roadmap: Roadmap, key: str) -> Item:
    return roadmap.items.get(template_key=key)


def ticked(item: Item, by: Person, at: datetime, wanted: str = State.DONE, **more: object) -> Item:
    """The item brought into `wanted` at that instant, whatever it was."""
    fresh = Item.objects.get(pk=item.pk)
    with clock.at(at):
        return services.tick(item=fresh, wanted=wanted, seen_version=fresh.version, by=by, **more)


def noon(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)
