"""What falls due on roadmaps, for core/due.py: open items, and the guide's training. One query each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from django.urls import reverse

from core import due
from core.due import Due
from roadmaps.dates import month_number
from roadmaps.models import Item, Roadmap

WEDNESDAY = 2


def register_all() -> None:
    due.register("item", items)
    due.register("training", training)


def items(teams: Sequence[Any], first: date, last: date) -> Iterator[Due]:
    """Of the owner; of the whole team where nobody, or nobody who is there, owns it."""
    found: Iterable[Any] = Item.objects.due_between(teams, first, last)  # Any: with what the query adds
    for item in found:
        owned = item.owner is not None and item.owner.is_active
        yield Due(
            kind="item",
            key=f"item:{item.pk}",
            team=item.roadmap.team,
            people=(item.owner_id,) if owned else (),
            day=item.due_date,
            title=item.title or (item.entry.title if item.entry else item.template_key),
            url=item.get_absolute_url(),
            changed_at=item.changed_at or item.roadmap.created_at,
            edition=item.day_edits,
            about=item.entry.done_when if item.entry else "",
        )


def training(teams: Sequence[Any], first: date, last: date) -> Iterator[Due]:
    """The guide's sessions in the twelve months of a roadmap, for the whole team."""
    for roadmap in Roadmap.objects.of_teams(teams):
        for month in _months(max(first, roadmap.span.first), min(last, roadmap.span.last)):
            for session in roadmap.template.training:
                day = session_day(month, session.week_of_month)
                within = max(first, roadmap.span.first) <= day <= min(last, roadmap.span.last)
                if within and (month_number(roadmap.start_date, day) - 1) % session.every_months == 0:
                    yield Due(
                        kind="training",
                        key=f"training:{roadmap.team_id}:{session.id}:{month:%Y-%m}",
                        team=roadmap.team,
                        people=(),
                        day=day,
                        title=session.title,
                        url=reverse("roadmap", args=[roadmap.team_id]),
                        changed_at=roadmap.created_at,
                        about=session.about,
                    )


def session_day(month: date, week: int) -> date:
    """The Wednesday of the `week`-th seven days of a month: the 1st to the 7th, the 8th to the 14th, …"""
    start = month.replace(day=1) + timedelta(days=7 * (week - 1))
    return start + timedelta(days=(WEDNESDAY - start.weekday()) % 7)


def _months(first: date, last: date) -> Iterator[date]:
    """The first day of each month that these days touch."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = (month + timedelta(days=31)).replace(day=1)
