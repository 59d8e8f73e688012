"""Who may do what: the table of docs/definitions.md, "Words, and who may do what", in one place.

Reading is `visible_to(user)` on every QuerySet. Each action below takes a team, or nothing for the organisation's. A request
that came by an API token may at most do what its maker may do now, in the token's team, within the token's scope.
"""

from __future__ import annotations

from typing import Any

import rules
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from teams.models import Membership, OrganisationRole, Person, Team, TeamRole, TokenScope


def _role_in(person: Person, team: Team | None) -> str | None:
    """The person's role in the team, asked once per request and team."""
    if team is None:
        return None
    known: dict[int, str | None] = person.__dict__.setdefault("_team_roles", {})
    if team.pk not in known:
        known[team.pk] = Membership.objects.filter(team=team, person=person).values_list("role", flat=True).first()
    return known[team.pk]


@rules.predicate
def within_token(person: Person, team: Team | None = None) -> bool:
    """True without a token; with one only in its own team and with the scope to write. The rest asks for the maker's rights."""
    token = person.token
    return token is None or (token.scope == TokenScope.WRITE and team is not None and team.pk == token.team_id)


@rules.predicate
def of_tokens_team(person: Person, team: Team | None = None) -> bool:
    """True without a token; with one that does more than read, in its own team. Whoever asks narrows it to the key result."""
    token = person.token
    return token is None or (token.scope != TokenScope.READ and team is not None and team.pk == token.team_id)


@rules.predicate
def without_token(person: Person) -> bool:
    """Tokens never administer: a stolen one cannot make more of its kind, nor invite anybody."""
    return person.token is None


@rules.predicate
def is_administrator(person: Person) -> bool:
    return person.organisation_role == OrganisationRole.ADMINISTRATOR


@rules.predicate
def is_manager(person: Person) -> bool:
    return person.organisation_role == OrganisationRole.MANAGER


@rules.predicate
def is_editor(person: Person, team: Team | None = None) -> bool:
    return _role_in(person, team) in (TeamRole.EDITOR, TeamRole.TEAM_ADMIN)


@rules.predicate
def is_team_admin(person: Person, team: Team | None = None) -> bool:
    return _role_in(person, team) == TeamRole.TEAM_ADMIN


@rules.predicate
def is_live(person: Person, team: Team | None = None) -> bool:
    """An archived team is read only."""
    return team is None or team.archived_at is None


# Answer, tick, comment, edit the roadmap, mark a deployment by hand.
rules.add_perm("team.edit", within_token & is_live & (is_editor | is_administrator))
# Check in on a team's key result: okrs/access.py asks, for tokens that are for one.
rules.add_perm("team.check_in", of_tokens_team & is_live & (is_editor | is_administrator))
# Review and reopen an assessment; decide on an exemption, never on one's own.
rules.add_perm("team.review", without_token & is_live & (is_manager | is_administrator))
# Members, invitations, connections, deployment rules, team tokens, team settings.
rules.add_perm("team.administer", without_token & is_live & (is_team_admin | is_administrator))
# See what only they see (settings, tokens, invitations) and revoke tokens: also while the team is archived.
rules.add_perm("team.oversee", without_token & (is_team_admin | is_administrator))
# The organisation's objectives.
rules.add_perm("organisation.objectives", without_token & (is_manager | is_administrator))
# Create, rename, group and archive teams; people, organisation settings, audit log.
rules.add_perm("organisation.administer", without_token & is_administrator)


def require(user: Person | AnonymousUser, permission: str, obj: Any = None) -> None:
    """403 unless `user` may do `permission` to `obj`. Views call it before they look at a form."""
    if not user.has_perm(permission, obj):
        raise PermissionDenied
