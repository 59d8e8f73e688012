"""A team's roadmap: started, ticked, taken back, dropped, added to."""

from __future__ import annotations

from core import clock
from core.content import text
from roadmaps import services
from roadmaps.models import Roadmap, State
from sample.story import Cast, Part


def write(cast: Cast, team: str) -> None:
    told = cast.told["teams"][team]["roadmap"]
    start = {"week": told["start"]}
    with cast.then(start):
        roadmap = services.start_roadmap(
            team=cast.team(team), start_date=cast.calendar.day(told["start"]), by=cast.member(team)
        )
    for event in sorted(told["events"], key=lambda each: -each["week"]):
        with cast.then(event, hour=11.0):
            _add(cast, roadmap, event) if "add" in event else _tick(cast, roadmap, event)
    with clock.at(cast.calendar.at(1)):
        for key, owner in told["owners"].items():
            item = roadmap.items.get(template_key=key)
            services.set_owner(item=item, owner=cast.person(owner), seen=None, by=cast.member(team))


def _add(cast: Cast, roadmap: Roadmap, event: Part) -> None:
    new = event["add"]
    owner = cast.person(event["owner"]) if "owner" in event else None
    services.add_item(
        roadmap=roadmap, phase=new["phase"], title=text(new["title"]), owner=owner, by=cast.person(event["by"])
    )


def _tick(cast: Cast, roadmap: Roadmap, event: Part) -> None:
    item = roadmap.items.get(template_key=event["item"])
    services.tick(
        item=item,
        wanted=event.get("do", State.DONE),
        seen_version=item.version,
        by=cast.person(event["by"]),
        note=text(event["note"]) if "note" in event else "",
        already_had=event.get("already", False),
    )
