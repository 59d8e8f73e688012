"""A connection's webhook: the page that makes its secret, and the address that a host posts to."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from connections import webhooks
from connections.models import Connection, Webhook
from connections.views import Request, with_own_token
from core.sizes import MB
from teams import limits, links, shown_once
from teams.access import require
from teams.reauth import ask_again

LARGEST = MB  # of a delivery; what is larger is refused, and read by the next sync all the same


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: Request, team_id: int, source_id: int) -> HttpResponse:
    """What to enter at the host of a team's connection."""
    team, source = with_own_token(request, team_id, source_id)
    if not source.active:
        raise Http404("nobody posts to this connection")
    context = {"room": "teams", "team": team, "back_name": source.full_name}
    return _page(request, source.connection, reverse("connection", args=[team.pk, source.pk]), context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def organisation_webhook(request: Request, connection_id: int) -> HttpResponse:
    """The same of the organisation's connection: one webhook for all that is read by it."""
    require(request.user, "organisation.administer")
    found = get_object_or_404(Connection.objects.of_organisation(), pk=connection_id)
    context = {"room": "organisation", "tab": "connections", "back_name": found.name}
    return _page(request, found, reverse("organisation-connection", args=[found.pk]), context)


def _page(request: Request, connection: Connection, back: str, context: dict[str, Any]) -> HttpResponse:
    """A POST makes another secret, shown once on the page that follows, or ends the webhook."""
    if not webhooks.takes_webhooks(connection):
        raise Http404("nobody posts to this connection")
    if request.method == "POST":
        return _end(request, connection, back) if "end" in request.POST else _make(request, connection)
    more = {
        "back": back,
        "webhook": Webhook.objects.filter(connection=connection).defer("secret").first(),
        "address": links.absolute(request, "hook", connection.pk),
        "shown": shown_once.take(request, f"hook_{connection.pk}"),
    }
    return render(request, "connections/webhook.html", context | more)


@ask_again
def _make(request: HttpRequest, connection: Connection) -> HttpResponse:
    secret = webhooks.make(connection=connection, by=request.user)  # type: ignore[arg-type]
    shown_once.keep(request, f"hook_{connection.pk}", secret=secret)
    return redirect(request.path)


def _end(request: Request, connection: Connection, back: str) -> HttpResponse:
    webhooks.end(connection=connection, by=request.user)
    messages.success(request, _("The webhook has ended. Reading goes on every 15 minutes."))
    return redirect(back)


@csrf_exempt  # a host posts it by itself; the signature is the proof, and it can do nothing but hasten a sync
@require_POST
def heard(request: HttpRequest, connection_id: int) -> JsonResponse:
    """A delivery. 403 alike for a wrong signature, none, and a webhook that there is not."""
    try:
        limits.take(request, "hook")
        done = webhooks.hear(connection_id=connection_id, headers=request.headers, body=request.body)
    except limits.TooMany as error:
        return JsonResponse({"detail": error.message}, status=429, headers={"Retry-After": "60"})
    except webhooks.NotSigned:
        return JsonResponse({"detail": _("The signature is not right. Nothing was read.")}, status=403)
    except ValueError:
        sentence = _("The body is not JSON. Choose the content type application/json at the webhook.")
        return JsonResponse({"detail": sentence}, status=400)
    return JsonResponse({"event": done.event, "hastened": done.hastened}, status=202)


heard.largest_body = LARGEST  # type: ignore[attr-defined]
