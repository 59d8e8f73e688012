"""The lists of this room as files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from core.tables.writing import Table
from notices import overview
from notices.models import Channel
from notices.wording import Told
from teams.models import Team


def of_inbox(rows: Iterable[Told]) -> Table:
    header = [_("Notice"), _("Team"), _("Made"), _("Read")]
    lines = [[row.sentence, row.notice.team, row.notice.created_at, row.notice.read_at] for row in rows]
    return Table("inbox", header, lines)


def of_channels(team: Team, rows: Sequence[tuple[Channel, Sequence[str], str]]) -> Table:
    """What the page shows of each: never its address, which is a secret."""
    header = [_("Channel"), _("Kind"), _("Host"), _("It gets"), _("State"), _("Why"), _("Last message")]
    lines = [
        [
            channel.name,
            channel.get_kind_display(),
            channel.host,
            _(", ").join(gets),
            channel.get_state_display(),
            problem,
            channel.posted_at,
        ]
        for channel, gets, problem in rows
    ]
    return Table("channels", header, lines, of=team)


def of_unreachable() -> Table:
    header = [_("Person"), _("E-mail address"), _("Since"), _("The mail server said")]
    lines = [
        [person, person.email, preference.refused_at, preference.refused_said]
        for person, preference in overview.unreachable()
    ]
    return Table("unreachable", header, lines)


def of_standing() -> Table:
    header = [_("Channel"), _("Team"), _("Kind"), _("Host"), _("State"), _("Why")]
    lines = [
        [
            channel.name,
            channel.team,
            channel.get_kind_display(),
            channel.host,
            channel.get_state_display(),
            problem,
        ]
        for channel, problem in overview.standing_channels()
    ]
    return Table("standing-channels", header, lines)


def of_failed() -> Table:
    """All of them, also beyond those that the page shows."""
    header = [_("Receiver"), _("Team"), _("Made"), _("State"), _("Why"), _("Tries")]
    lines = [
        [
            each.row.person or each.row.channel,
            each.row.channel.team if each.row.channel else None,
            each.row.created_at,
            each.row.get_state_display(),
            each.why,
            each.row.attempts,
        ]
        for each in overview.failed()
    ]
    return Table("not-arrived", header, lines)
