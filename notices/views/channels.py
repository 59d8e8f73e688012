"""The channels of a team: everybody sees where its notices go, team admins change it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import live, undo
from core.edits import StaleEdit
from core.refusals import Refused, show_refusal
from core.tables import writing
from notices import export, faults, wording
from notices.forms import ChannelForm, NewAddressForm, NewChannelForm
from notices.models import Channel
from notices.services import channels as services
from teams import limits, shown_once
from teams.access import require
from teams.requests import PortalRequest
from teams.views.shared import visible_team


@never_cache
@require_safe
@live.page("notices")
def channels(request: PortalRequest, team_id: int) -> HttpResponseBase:
    team = visible_team(request, team_id)
    rows = [(each, wording.kind_titles(each.kinds), _problem(each)) for each in team.channels.listed()]
    if writing.is_asked(request):
        return writing.answer(request, export.of_channels(team, rows))
    context = {
        "room": "teams",
        "team": team,
        "rows": rows,
        "may_administer": request.user.has_perm("team.administer", team),
    }
    return render(request, "notices/channels.html", context)


def _problem(channel: Channel) -> str:
    return faults.sentence(channel.error_code, channel.error_params)


@never_cache
@sensitive_post_parameters("address")
@require_http_methods(["GET", "HEAD", "POST"])
def channel_new(request: PortalRequest, team_id: int) -> HttpResponse:
    team = visible_team(request, team_id)
    require(request.user, "team.administer", team)
    form = NewChannelForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            made = services.add(team=team, by=request.user, **form.cleaned_data)
        except Refused as error:
            show_refusal(form, error)
        else:
            if made.secret:
                shown_once.keep(request, f"channel_{made.pk}", secret=made.secret)
            messages.success(request, _("The channel is added. Send a test message to see that it arrives."))
            return redirect("channel", team.pk, made.pk)
    context = {"room": "teams", "team": team, "form": form, "portal_url": settings.PORTAL_URL}
    return render(request, "notices/channel_new.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def channel(request: PortalRequest, team_id: int, channel_id: int) -> HttpResponse:
    found = _administered(request, team_id, channel_id)
    form, status = ChannelForm(request.POST if request.method == "POST" else None, current=services.chosen(found)), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.change(channel=found, wanted=form.wanted, seen=form.seen, by=request.user)
            except StaleEdit as error:
                form.show_stale(error)
                status = 409
            else:
                messages.success(request, _("Saved."))
                return redirect("channel", team_id, channel_id)
    return _page(request, found, form, NewAddressForm(), status)


def _page(
    request: PortalRequest, found: Channel, form: ChannelForm, address: NewAddressForm, status: int
) -> HttpResponse:
    context = {
        "room": "teams",
        "team": found.team,
        "channel": found,
        "problem": _problem(found),
        "waiting": found.outgoing.waiting().count(),
        "form": form,
        "address": address,
        "shown": shown_once.take(request, f"channel_{found.pk}"),
    }
    return render(request, "notices/channel.html", context, status=status)


@sensitive_post_parameters("address")
@require_POST
def channel_address(request: PortalRequest, team_id: int, channel_id: int) -> HttpResponse:
    found = _administered(request, team_id, channel_id)
    form = NewAddressForm(request.POST)
    if form.is_valid():
        try:
            services.enter_address(channel=found, address=form.cleaned_data["address"], by=request.user)
        except Refused as error:
            show_refusal(form, error)
        else:
            messages.success(request, _("The new address is saved."))
            return redirect("channel", team_id, channel_id)
    return _page(request, found, ChannelForm(current=services.chosen(found)), form, 422)


@require_POST
def channel_secret(request: PortalRequest, team_id: int, channel_id: int) -> HttpResponse:
    found = _administered(request, team_id, channel_id)

    def renew() -> None:
        shown_once.keep(request, f"channel_{found.pk}", secret=services.renew_secret(channel=found, by=request.user))

    return _done(request, found, renew, "")


@require_POST
def channel_resume(request: PortalRequest, team_id: int, channel_id: int) -> HttpResponse:
    found = _administered(request, team_id, channel_id)
    return _done(request, found, lambda: services.resume(channel=found, by=request.user), _("Messages go on."))


@require_POST
def channel_test(request: PortalRequest, team_id: int, channel_id: int) -> HttpResponse:
    """Tells what the host said."""
    found = _administered(request, team_id, channel_id)

    def try_it() -> None:
        limits.take(request, "test_message", f"channel-{found.pk}")
        services.send_test(channel=found)

    return _done(request, found, try_it, _("%(host)s took a test message.") % {"host": found.host})


@require_POST
def channel_remove(request: PortalRequest, team_id: int, channel_id: int) -> HttpResponse:
    found = _administered(request, team_id, channel_id)
    removed = services.remove(channel=found, by=request.user)
    return undo.after(request, redirect("channels", team_id), "channel.remove", removed)


def _administered(request: PortalRequest, team_id: int, channel_id: int) -> Channel:
    found = get_object_or_404(
        Channel.objects.visible_to(request.user).select_related("team__group"), pk=channel_id, team=team_id
    )
    require(request.user, "team.administer", found.team)
    return found


def _done(request: PortalRequest, found: Channel, act: Callable[[], object], said: str) -> HttpResponse:
    """One click on the channel's page, and what came of it."""
    try:
        act()
    except Refused as error:
        messages.error(request, error.message)
    else:
        if said:
            messages.success(request, said)
    return redirect("channel", found.team_id, found.pk)
