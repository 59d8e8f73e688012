"""A team's API tokens."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from teams import shown_once
from teams.access import require
from teams.forms import TokenForm
from teams.services import tokens as services
from teams.views.shared import me, sent, visible_team


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def team_tokens(request: HttpRequest, team_id: int) -> HttpResponse:
    """The tokens; a POST makes one, whose secret is shown once on the page that follows."""
    team = visible_team(request, team_id)
    require(request.user, "team.oversee" if request.method == "GET" else "team.administer", team)
    form = TokenForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            token, secret = services.create_token(team=team, by=me(request), **form.cleaned_data)
        except services.NotAMember as error:
            form.add_error(None, error.message)
        else:
            shown_once.keep(request, "token", name=token.name, secret=secret)
            return redirect("team-tokens", team.pk)
    context = {
        "room": "teams",
        "team": team,
        "form": form,
        "tokens": team.tokens.listed(),
        "shown": shown_once.take(request, "token"),
        "may_administer": me(request).has_perm("team.administer", team),
        "belongs": team.memberships.filter(person=me(request)).exists(),
    }
    return render(request, "teams/tokens.html", context, status=422 if form.errors else 200)


@require_POST
def team_token_revoke(request: HttpRequest, team_id: int, token_id: int) -> HttpResponse:
    team = visible_team(request, team_id)
    token = get_object_or_404(team.tokens, pk=token_id)
    require(request.user, "team.oversee", team)
    services.revoke_token(token=token, by=me(request))
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": token.name})
    return redirect("team-tokens", team.pk)
