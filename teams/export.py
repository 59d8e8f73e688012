"""The lists of this room as files. The audit log's is in audit_details.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from core.tables.writing import Table
from teams.models import ApiToken, Invitation, Membership, Person, Team, TeamGroup


def of_teams(rows: Iterable[Team], mine: Mapping[int, Membership]) -> Table:
    header = [_("Team"), _("Group"), _("People"), _("Your role"), _("Since"), _("Archived")]
    lines = [
        [
            team.name,
            team.group,
            team.people_count,  # type: ignore[attr-defined]
            mine[team.pk].get_role_display() if team.pk in mine else None,
            team.created_at,
            team.archived_at,
        ]
        for team in rows
    ]
    return Table("teams", header, lines)


def of_groups(rows: Iterable[TeamGroup]) -> Table:
    lines = [[group.name, group.team_count] for group in rows]  # type: ignore[attr-defined]
    return Table("groups", [_("Name"), _("Teams")], lines)


def of_people(rows: Iterable[Person]) -> Table:
    """A row a person; their teams stand in one cell."""
    header = [_("Name"), _("E-mail address"), _("Role in the organisation"), _("Teams"), _("Since"), _("Deactivated")]
    lines = [
        [
            person.name,
            person.email,
            person.get_organisation_role_display(),
            "; ".join(f"{each.team} ({each.get_role_display()})" for each in person.shown_memberships),  # type: ignore[attr-defined]
            person.date_joined,
            _("yes") if not person.is_active else _("no"),
        ]
        for person in rows
    ]
    return Table("people", header, lines)


def of_members(team: Team, rows: Iterable[Membership]) -> Table:
    header = [_("Name"), _("Role"), _("Job"), _("Since"), _("Deactivated")]
    lines = [
        [
            str(each.person),
            each.get_role_display(),
            each.get_job_role_display(),
            each.joined_at,
            _("yes") if not each.person.is_active else _("no"),
        ]
        for each in rows
    ]
    return Table("members", header, lines, of=team)


def of_invitations(team: Team, rows: Iterable[Invitation]) -> Table:
    header = [
        _("For"), _("Role"), _("Job"), _("Made by"), _("Made"), _("State"), _("Expires"), _("Used by"), _("Used"),
    ]  # fmt: skip
    lines = [
        [
            each.email,
            each.get_role_display(),
            each.get_job_role_display(),
            each.created_by,
            each.created_at,
            each.state.label,
            each.expires_at,
            each.accepted_by,
            each.accepted_at,
        ]
        for each in rows
    ]
    return Table("invitations", header, lines, of=team)


def of_tokens(rows: Sequence[tuple[ApiToken, Any]], team: Team | None = None) -> Table:
    """Of (token, the key result that it is for): what the page shows, so never a secret."""
    header = [
        _("Name"), _("Begins with"), _("Team"), _("Scope"), _("Key result"), _("Made by"), _("Made"), _("Last used"),
        _("Expires"), _("Revoked"), _("State"),
    ]  # fmt: skip
    lines = [
        [
            token.name,
            f"mlops_{token.hint}",
            token.team,
            token.get_scope_display(),
            key_result.title if key_result else None,
            token.maker,
            token.created_at,
            token.last_used_at,
            token.expires_at,
            token.revoked_at,
            token.state.label,
        ]
        for token, key_result in rows
    ]
    return Table("tokens", header, lines, of=team)
