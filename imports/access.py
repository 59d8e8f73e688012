"""Who may bring files, as teams/access.py says it."""

from teams.models import Team


def permission(team: Team | None) -> str:
    """What it takes to bring a file for a team, or for the organisation: all that it imports is its OKRs."""
    return "team.edit" if team else "organisation.objectives"
