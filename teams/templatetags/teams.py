"""What menus ask about a team; views check again."""

from typing import Any

from django import template

from teams.models import Team

register = template.Library()


@register.filter
def may_edit(user: Any, team: Team) -> bool:
    """Whether the person edits what the team has; views check again."""
    return bool(user.is_authenticated and user.has_perm("team.edit", team))


@register.filter
def may_oversee(user: Any, team: Team) -> bool:
    """Whether the person sees the team's settings and tokens."""
    return bool(user.is_authenticated and user.has_perm("team.oversee", team))
