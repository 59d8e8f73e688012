"""A team's API tokens: made once, shown once; they expire, and can be revoked before."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core import clock
from core.crypto import digest, new_token
from core.refusals import Refused
from teams import audit, key_results
from teams.models import ApiToken, Membership, Person, Team, TokenScope, ninety_days_from_now

PREFIX = "mlops_"  # so that people and secret scanners know what they found
USE_IS_NOTED_EVERY = timedelta(minutes=1)
LONGEST = timedelta(days=365)


class NotAMember(Refused):
    """A token ends with its maker's membership, so its maker needs one."""


class NoKeyResult(Refused):
    """A token for one key result is for an open one of its team."""


class NotThen(Refused):
    """A token expires in the future, and within a year."""


@transaction.atomic
def create_token(
    *,
    team: Team,
    name: str,
    scope: str,
    by: Person,
    key_result_id: int | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """The token and its secret, which is kept nowhere. It expires in 90 days if nobody says when.

    NotAMember for an administrator who does not belong to the team; NoKeyResult; NotThen.
    """
    expires_at = expires_at or ninety_days_from_now()
    _check_expiry(team, expires_at)
    only = {"key_result": _key_result_of(team, key_result_id)} if scope == TokenScope.KEY_RESULT else {}
    # Membership and person are locked: neither may end between this look and the insert.
    if not Membership.objects.select_for_update().filter(team=team, person=by, person__is_active=True).exists():
        raise NotAMember(_("A token acts for its maker and ends with their membership. Join the team first."))
    secret = PREFIX + new_token()
    token = ApiToken.objects.create(
        team=team,
        maker=by,
        name=name,
        scope=scope,
        key_result_id=key_result_id if only else None,
        digest=digest(secret),
        hint=secret[len(PREFIX) :][:4],
        created_at=clock.now(),
        expires_at=expires_at,
    )
    day = str(expires_at.astimezone(team.zone).date())
    audit.record("token.created", actor=by, subject=token, team=team, name=name, scope=scope, expires=day, **only)
    return token, secret


def _check_expiry(team: Team, expires_at: datetime) -> None:
    if expires_at <= clock.now():
        raise NotThen(_("This day has passed. Choose today or a later day."), "expires_on")
    if expires_at.astimezone(team.zone).date() > clock.today(team.zone) + LONGEST:
        raise NotThen(_("A token lasts a year at most."), "expires_on")


def _key_result_of(team: Team, key_result_id: int | None) -> str:
    """The title of the team's open key result."""
    for each in key_results.open_of(team):
        if each.pk == key_result_id:
            return each.title
    raise NoKeyResult(_("Choose one of the team's open key results."), "key_result")


@transaction.atomic
def revoke_token(*, token: ApiToken, by: Person | None) -> None:
    """End the token at once. Revoking twice does nothing."""
    locked = ApiToken.objects.select_for_update(of=("self",)).select_related("team").get(pk=token.pk)
    if locked.revoked_at is None:
        locked.revoked_at = clock.now()
        locked.save(update_fields=["revoked_at"])
        audit.record("token.revoked", actor=by, subject=locked, team=locked.team, name=locked.name)


@transaction.atomic
def end_tokens_of(maker: Person, *, by: Person | None, team: Team | None = None) -> list[int]:
    """For good, those of one team or all: they do not come back when the maker does. Which ended."""
    unended = ApiToken.objects.filter(maker=maker, revoked_at=None)
    ending = list((unended.filter(team=team) if team else unended).order_by("pk"))
    for token in ending:
        revoke_token(token=token, by=by)
    return [token.pk for token in ending]


@transaction.atomic
def bring_back_tokens(pks: Sequence[int], *, by: Person) -> None:
    """Only where the removal that ended them is undone within minutes."""
    for token in ApiToken.objects.select_for_update(of=("self",)).filter(pk__in=pks).select_related("team"):
        token.revoked_at = None
        token.save(update_fields=["revoked_at"])
        audit.record("token.restored", actor=by, subject=token, team=token.team, name=token.name)


def note_use(token: ApiToken) -> None:
    """Note that the token was used, at most once a minute: a busy token must not write a row with each request."""
    now = clock.now()
    due = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_IS_NOTED_EVERY)
    if token.last_used_at is None or token.last_used_at < now - USE_IS_NOTED_EVERY:
        ApiToken.objects.filter(due, pk=token.pk).update(last_used_at=now)
