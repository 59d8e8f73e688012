"""API tokens: a team's, and all of them for administrators."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.refusals import Refused, show_refusal
from core.tables import writing
from teams import export, key_results, links, shown_once
from teams.access import require
from teams.forms_tokens import TokenForm
from teams.models import ApiToken, Team
from teams.reauth import ask_again
from teams.services import tokens as services
from teams.views.shared import me, page_of, sent, visible_team


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def team_tokens(request: HttpRequest, team_id: int) -> HttpResponseBase:
    """The tokens; a POST makes one, whose secret is shown once on the page that follows."""
    team = visible_team(request, team_id)
    require(request.user, "team.oversee" if request.method == "GET" else "team.administer", team)
    if writing.is_asked(request):
        return writing.answer(request, export.of_tokens(_rows(team.tokens.listed()), team))
    form = TokenForm(sent(request), team=team)
    if request.method == "POST" and form.is_valid():
        try:
            return _create(request, team, form)
        except Refused as error:
            show_refusal(form, error)
    context = {
        "room": "teams",
        "team": team,
        "form": form,
        "rows": _rows(team.tokens.listed()),
        "examples": _examples(request, team),
        "shown": shown_once.take(request, "token"),
        "may_administer": me(request).has_perm("team.administer", team),
        "belongs": team.memberships.filter(person=me(request)).exists(),
    }
    return render(request, "teams/tokens.html", context, status=422 if form.errors else 200)


@ask_again
def _create(request: HttpRequest, team: Team, form: TokenForm) -> HttpResponse:
    token, secret = services.create_token(team=team, by=me(request), **form.wanted)
    shown_once.keep(request, "token", name=token.name, secret=secret)
    return redirect("team-tokens", team.pk)


@require_POST
def team_token_revoke(request: HttpRequest, team_id: int, token_id: int) -> HttpResponse:
    team = visible_team(request, team_id)
    token = get_object_or_404(team.tokens, pk=token_id)
    require(request.user, "team.oversee", team)
    _revoke(request, token)
    return redirect("team-tokens", team.pk)


@require_safe
def organisation_tokens(request: HttpRequest) -> HttpResponseBase:
    """The tokens of all teams, those that can still be used first."""
    require(request.user, "organisation.administer")
    if writing.is_asked(request):
        return writing.answer(request, export.of_tokens(_rows(ApiToken.objects.listed())))
    page = page_of(request, ApiToken.objects.listed())
    context = {"room": "organisation", "tab": "tokens", "page": page, "rows": _rows(page)}
    return render(request, "teams/organisation_tokens.html", context)


@require_POST
def organisation_token_revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    require(request.user, "organisation.administer")
    _revoke(request, get_object_or_404(ApiToken, pk=token_id))
    return redirect("organisation-tokens")


def _revoke(request: HttpRequest, token: ApiToken) -> None:
    services.revoke_token(token=token, by=me(request))
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": token.name})


def _rows(tokens: Iterable[ApiToken]) -> list[tuple[ApiToken, Any]]:
    """Each token with the key result that it is for, if it is for one."""
    listed = list(tokens)
    known = key_results.titled(token.key_result_id for token in listed)
    return [(token, known.get(token.key_result_id or 0)) for token in listed]


def _examples(request: HttpRequest, team: Team) -> dict[str, str]:
    """The addresses that the page's examples call, of this portal."""
    first = next(iter(key_results.open_of(team)), None)
    return {
        "read": links.absolute(request, "api-maturity", team.pk),
        "write": links.absolute(request, "api-roadmap-items", team.pk),
        "check_in": links.absolute(request, "api-okr-check-ins", team.pk, first.pk) if first else "",
    }
