"""The organisation's connections, for administrators: their tokens and health, and which team may take which repository."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connections import choosing, export, health, organisation, services, webhooks
from connections import messages as sentences
from connections.choosing import Listing, Look
from connections.forms import show_refusal
from connections.forms_organisation import ConnectionForm, GiveForm, NewConnectionForm
from connections.models import Connection, Credential, Grant, Source
from connections.views import Request
from connectors.registry import USUAL
from core import clock, live
from core.crypto import Undecryptable
from core.edits import StaleEdit
from core.http import OutgoingError
from core.refusals import Refused
from core.refusals import show_refusal as show_rule
from core.tables import writing
from teams.access import require

MOST = 200  # repositories given at once


def _connection(request: Request, connection_id: int) -> Connection:
    require(request.user, "organisation.administer")
    return get_object_or_404(Connection.objects.of_organisation(), pk=connection_id)


def _context(**more: Any) -> dict[str, Any]:
    return {"room": "organisation", "tab": "connections", **more}


@require_safe
@live.page("connections")
def connections(request: Request) -> HttpResponse:
    require(request.user, "organisation.administer")
    rows = Connection.objects.of_organisation().annotate(
        given=Count("grants", distinct=True), read=Count("sources", filter=Q(sources__active=True), distinct=True)
    )
    return render(request, "connections/organisation.html", _context(rows=rows))


@never_cache
@sensitive_post_parameters("token")
@require_http_methods(["GET", "HEAD", "POST"])
def connection_new(request: Request) -> HttpResponse:
    require(request.user, "organisation.administer")
    form = NewConnectionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = organisation.create(kind=USUAL, by=request.user, **form.cleaned_data)
        except OutgoingError as error:
            show_refusal(form, error, field="base_url")
        except Refused as refusal:
            show_rule(form, refusal)
        else:
            messages.success(request, _("The token works. Now give teams the repositories that they may take."))
            return redirect("organisation-connection", made.pk)
    return render(request, "connections/organisation_new.html", _context(form=form), status=422 if form.errors else 200)


@require_safe
@live.page("connections")
def connection(request: Request, connection_id: int) -> HttpResponseBase:
    """What is read by it and how that goes, and which team may take what."""
    shown = _connection(request, connection_id)
    sources = Source.objects.filter(connection=shown).active().listed().with_set_aside_count()
    rows = health.rows(sources.prefetch_related("shares__team"), clock.now())
    grants = shown.grants.listed().with_reading()
    if writing.is_asked(request):
        return writing.answer(request, export.of_grants(shown, grants))
    by_team: dict[Any, list[Grant]] = defaultdict(list)
    for grant in grants:
        by_team[grant.team].append(grant)
    teams = sorted(by_team.items(), key=lambda each: each[0].name.casefold())
    context = _context(shown=shown, rows=rows, teams=teams, takes_webhooks=webhooks.takes_webhooks(shown))
    return render(request, "connections/organisation_connection.html", context)


@never_cache
@sensitive_post_parameters("token")
@require_http_methods(["GET", "HEAD", "POST"])
def access(request: Request, connection_id: int) -> HttpResponse:
    """Another name, token or address; a token is tried with everything that is read before it is saved."""
    shown = _connection(request, connection_id)
    form = ConnectionForm(
        request.POST if request.method == "POST" else None,
        kind=shown.kind,
        current=organisation.current(shown),
        needs_token=shown.needs_token,
    )
    status = 200
    if request.method == "POST":
        status = _change(request, shown, form) if form.is_valid() else 422
        if status == 200:
            messages.success(request, _("Saved."))
            return redirect("organisation-connection", shown.pk)
    return render(request, "connections/organisation_access.html", _context(shown=shown, form=form), status=status)


def _change(request: Request, shown: Connection, form: ConnectionForm) -> int:
    """200 if it was changed; else the status, and in the form why not."""
    try:
        organisation.change(connection=shown, wanted=form.wanted_access, seen=form.seen_access, by=request.user)
    except StaleEdit as stale:
        form.show_stale_access(stale, organisation.current(shown))
        return 409
    except OutgoingError as error:
        show_refusal(form, error, field="base_url")
    except services.TokenNeeded:
        form.add_error("token", _("This is another host. The stored token is not sent there: enter one for it."))
    except services.Claimed as claimed:
        form.add_error("base_url", _("The team %(team)s reads this repository already.") % {"team": claimed.team})
    except Refused as refusal:
        show_rule(form, refusal)
    except Credential.DoesNotExist:
        form.add_error("token", sentences.problem("no_token"))
    except Undecryptable:
        form.add_error("token", sentences.problem("undecryptable"))
    return 422 if form.errors else 200


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def give(request: Request, connection_id: int) -> HttpResponse:
    """Name the repositories that a team may take."""
    shown = _connection(request, connection_id)
    listing, problem = choosing.offered_or_why(shown, anew="anew" in request.GET)
    gives = request.method == "POST" and "look" not in request.POST
    sent = request.POST if request.method == "POST" else request.GET
    form = GiveForm(request.POST if gives else None, initial={"team": sent.get("team")})
    refused = ""
    if gives and form.is_valid():
        chosen = listing.chosen(request.POST.getlist("repository"))
        if 1 <= len(chosen) <= MOST:
            done = _give(request, shown, form, chosen)
            if done is not None:
                return done
        else:
            refused = _("Choose one repository or more, %(most)s at most.") % {"most": MOST}
    context = _context(shown=shown, form=form, problem=problem, refused=refused, **_choice(sent, shown, listing))
    return render(request, "connections/organisation_give.html", context, status=422 if form.errors or refused else 200)


def _give(request: Request, shown: Connection, form: GiveForm, chosen: list[Any]) -> HttpResponse | None:
    team = form.cleaned_data["team"]
    try:
        new = organisation.give(connection=shown, team=team, repositories=chosen, by=request.user)
    except Refused as refusal:
        show_rule(form, refusal)
        return None
    said = ngettext(
        "%(team)s may take %(number)s more repository.", "%(team)s may take %(number)s more repositories.", len(new)
    )
    messages.success(request, said % {"team": team, "number": len(new)})
    return redirect("organisation-connection", shown.pk)


def _choice(sent: QueryDict, shown: Connection, listing: Listing) -> dict[str, Any]:
    """A page of the list, with whom each repository is given to."""
    look = Look.of(listing, sent)
    rows = look.rows
    given: dict[str, list[str]] = defaultdict(list)
    for grant in shown.grants.listed().filter(external_id__in=[each.external_id for each in rows]):
        given[grant.external_id].append(str(grant.team))
    items = [
        {"repository": each, "chosen": each.external_id in look.ids, "note": ", ".join(given[each.external_id])}
        for each in rows
    ]
    return {"listing": listing, "items": items, "connection": shown, **vars(look)}


@require_POST
def grant_end(request: Request, connection_id: int, grant_id: int) -> HttpResponse:
    shown = _connection(request, connection_id)
    grant = get_object_or_404(shown.grants.listed(), pk=grant_id)
    ended = organisation.take_back(grant=grant, by=request.user)
    said = (
        _("%(team)s may take %(repository)s no more, and it is not read for the team any more.")
        if ended
        else _("%(team)s may take %(repository)s no more.")
    )
    messages.success(request, said % {"team": grant.team, "repository": grant.full_name})
    return redirect("organisation-connection", shown.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def end(request: Request, connection_id: int) -> HttpResponse:
    """Asks once, and says for whom reading ends."""
    shown = _connection(request, connection_id)
    if request.method == "POST":
        organisation.end(connection=shown, by=request.user)
        messages.success(request, _("“%(name)s” is disconnected.") % {"name": shown})
        return redirect("organisation-connections")
    shares = shown.shares.live().select_related("team", "source").order_by("team__name", "source__full_name")
    return render(request, "connections/organisation_end.html", _context(shown=shown, shares=shares))
