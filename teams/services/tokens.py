"""A team's API tokens: made once, shown once, revoked."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core import clock
from core.crypto import digest, new_token
from core.refusals import Refused
from teams import audit
from teams.models import ApiToken, Membership, Person, Team

PREFIX = "mlops_"  # so that people and secret scanners know what they found
USE_IS_NOTED_EVERY = timedelta(minutes=1)


class NotAMember(Refused):
    """A token ends with its maker's membership, so its maker needs one."""


@transaction.atomic
def create_token(*, team: Team, name: str, scope: str, by: Person) -> tuple[ApiToken, str]:
    """The token and its secret, which is kept nowhere. NotAMember for an administrator who does not belong to the team."""
    # The membership is locked: it must not end between this look and the insert.
    if not Membership.objects.select_for_update().filter(team=team, person=by).exists():
        raise NotAMember(_("A token acts for its maker and ends with their membership. Join the team first."))
    secret = PREFIX + new_token()
    token = ApiToken.objects.create(
        team=team,
        maker=by,
        name=name,
        scope=scope,
        digest=digest(secret),
        hint=secret[len(PREFIX) :][:4],
        created_at=clock.now(),
    )
    audit.record("token.created", actor=by, subject=token, team=team, name=name, scope=scope)
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, by: Person) -> None:
    """End the token at once. Revoking twice does nothing."""
    locked = ApiToken.objects.select_for_update(of=("self",)).select_related("team").get(pk=token.pk)
    if locked.revoked_at is None:
        locked.revoked_at = clock.now()
        locked.save(update_fields=["revoked_at"])
        audit.record("token.revoked", actor=by, subject=locked, team=locked.team, name=locked.name)


def note_use(token: ApiToken) -> None:
    """Note that the token was used, at most once a minute: a busy token must not write a row with each request."""
    now = clock.now()
    due = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_IS_NOTED_EVERY)
    if token.last_used_at is None or token.last_used_at < now - USE_IS_NOTED_EVERY:
        ApiToken.objects.filter(due, pk=token.pk).update(last_used_at=now)
