"""The ways to imports, of a team or of the organisation."""

from typing import Any

from django import template

from imports.access import permission
from imports.addresses import address
from teams.models import Team

register = template.Library()


@register.simple_tag
def import_url(name: str, team: Team | None, *args: Any) -> str:
    return address(name, team.pk if team else None, *args)


@register.filter
def may_import(user: Any, team: Team | None) -> bool:
    """Whether the person may bring files; views check again."""
    return bool(user.is_authenticated and user.has_perm(permission(team), team))
