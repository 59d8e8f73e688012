"""The lists of this room as files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from connections import messages
from connections.health import SourceRow
from connections.models import Connection, Grant, Source
from connections.progress import Progress
from core.tables.writing import Table
from teams.models import Team


def of_sources(team: Team, rows: Sequence[SourceRow]) -> Table:
    header = [
        _("Repository"), _("Address of the API"), _("Health"), _("Why"), _("Last complete sync"), _("Next sync"),
        _("Set aside"), _("Requests left"),
    ]  # fmt: skip
    lines = [
        [
            row.source.full_name,
            row.source.connection.base_url,
            row.health.label,
            row.health.sentence,
            row.source.succeeded_at,
            row.source.next_sync_at,
            row.set_aside,
            row.source.rate_remaining,
        ]
        for row in rows
    ]
    return Table("connections", header, lines, of=team)


def of_grants(connection: Connection, grants: Iterable[Grant]) -> Table:
    """Which team may take which repository, and whether it does."""
    header = [_("Repository"), _("Team"), _("Read"), _("Given")]
    lines = [
        [grant.full_name, grant.team.name, _("yes") if grant.source_id else _("no"), grant.granted_at]  # type: ignore[attr-defined]
        for grant in grants
    ]
    return Table(f"connection-{connection.pk}", header, lines)


def of_syncs(source: Source) -> Table:
    header = [
        _("Began"), _("Ended"), _("Outcome"), _("Why"), _("Looked at"), _("New or changed"), _("Set aside"), _("Requests"),
        "304",
    ]  # fmt: skip
    lines = [
        [
            each.run.started_at,
            each.run.finished_at,
            each.run.get_outcome_display(),
            each.problem,
            each.read,
            each.stored,
            each.set_aside,
            each.run.requests,
            each.run.not_modified,
        ]
        for each in map(Progress, source.runs.newest_first())
    ]
    return Table("syncs", header, lines, of=source.full_name)


def of_set_aside(source: Source) -> Table:
    """All of them, also beyond those that the page shows."""
    header = [_("Object"), _("Why"), _("Details"), _("First seen"), _("Last seen"), _("Address")]
    lines = [
        [each.key, messages.aside(each.reason), each.detail, each.first_seen_at, each.last_seen_at, each.url]
        for each in source.set_aside.listed()
    ]
    return Table("set-aside", header, lines, of=source.full_name)
