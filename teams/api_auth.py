"""Sign-in by a team's API token: `Authorization: Bearer …`."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from core.crypto import digest
from teams.models import ApiToken, Membership, Person


class TokenAuthentication(BaseAuthentication):
    """The request acts as the token's maker, narrowed by the token. It ends with the maker's membership or deactivation."""

    def authenticate(self, request: Request) -> tuple[Person, ApiToken] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2:
            raise AuthenticationFailed
        token = ApiToken.objects.select_related("maker").filter(digest=digest(parts[1].decode("latin-1"))).first()
        if token is None or token.revoked_at or not token.maker.is_active or not self._belongs(token):
            raise AuthenticationFailed
        person = token.maker
        person.token = token
        return person, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

    def _belongs(self, token: ApiToken) -> bool:
        return Membership.objects.filter(team=token.team_id, person=token.maker_id).exists()
