"""Tags and filters of this room's templates."""

from __future__ import annotations

from typing import Any

from django import template

from assessments.summary import AreaStanding
from core import charts
from insights import areas

register = template.Library()


@register.filter
def short_area(area: AreaStanding) -> str:
    """An area's name for the head of a narrow column."""
    return areas.short(area.key, area.title)


@register.inclusion_tag("insights/_panel.html")
def panel(made: charts.Chart) -> dict[str, Any]:
    """A chart without caption and table: several panels share theirs."""
    return {"chart": made, "json": charts.to_json(made), "json_id": f"chart-{made.id}"}
