"""What a team's people say about its criteria, items and key results, and whom they mention."""

from __future__ import annotations

import re

from comments import services
from core import topics
from core.content import text
from core.topics import Topic
from okrs.models import KeyResult
from roadmaps.models import Item
from sample.story import Cast, Part

MENTION = re.compile(r"@([a-z]+)\b")


def write(cast: Cast, team: str) -> None:
    told = cast.told["teams"][team]["comments"]
    for event in sorted(told, key=lambda each: (-each["week"], each.get("day", 0))):
        with cast.then(event, hour=14.0):
            said = MENTION.sub(lambda found: f"@<{cast.person(found[1]).pk}>", text(event["text"]))
            services.write(topic=_topic(cast, team, event), text=said, by=cast.person(event["by"]))


def _topic(cast: Cast, team: str, event: Part) -> Topic:
    of = cast.team(team)
    if "criterion" in event:
        kind, key = "criterion", event["criterion"]
    elif "item" in event:
        kind, key = "item", Item.objects.of_team(of.pk).get(template_key=event["item"]).pk
    else:
        newest = KeyResult.objects.of_teams([of]).order_by("-objective__cycle__first_day", "position")
        kind, key = "key_result", newest[event["key_result"]].pk
    found = topics.find(kind, of, str(key))
    if found is None:
        raise LookupError(f"nothing to comment on: {event}")
    return found
