"""Sign-in by a team's API token: `Authorization: Bearer …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request

from teams.models import ApiToken, Person, TokenScope
from teams.second_factors import is_owed_by
from teams.services.tokens import note_use

if TYPE_CHECKING:
    from rest_framework.views import APIView


class TokenAuthentication(BaseAuthentication):
    """The request acts as the token's maker, narrowed by the token. It ends with the maker's membership or deactivation."""

    def authenticate(self, request: Request) -> tuple[Person, ApiToken] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        secret = parts[1].decode("latin-1") if len(parts) == 2 else ""
        token = ApiToken.objects.usable().by_secret(secret).select_related("maker", "team").first()
        if token is None:
            # The same words whether it never was, was revoked, or ended with its maker.
            raise AuthenticationFailed(_("This token is not valid."))
        note_use(token)
        person = token.maker
        person.token = token
        return person, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class MayCall(IsAuthenticated):
    """Signed in, and a token stays within its scope, whatever a route forgets to ask.

    One of scope “read” only reads. One for a single key result is refused by every route that does not say
    `for_one_key_result = True`. A second factor that is required and missing closes the API to a session as it closes the
    pages; tokens have no second one.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        token = request.auth
        if isinstance(token, ApiToken):
            if token.scope == TokenScope.READ and request.method not in SAFE_METHODS:
                return False
            if token.scope == TokenScope.KEY_RESULT and not getattr(view, "for_one_key_result", False):
                return False
        person, organisation = request.user, request._request.organisation  # type: ignore[attr-defined]
        if token is None and isinstance(person, Person) and is_owed_by(person, organisation):
            raise PermissionDenied(
                _("Your organisation requires a second factor. Set one up on your account's security page.")
            )
        return super().has_permission(request, view)
