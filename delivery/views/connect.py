"""Connecting a repository in two steps, and changing its rules later."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from connections import inspections
from connections import messages as sentences
from connections import services as connecting
from connections.forms import TOKEN_CODES, show_refusal
from connections.models import Credential, Draft
from connections.services import Claimed, DraftUsed, OtherRepository
from connections.views import Request, visible_team
from connectors.records import Inspection
from connectors.registry import USUAL
from core import clock
from core.crypto import Undecryptable
from core.edits import StaleEdit
from core.http import OutgoingError
from core.refusals import Refused
from delivery import claims, rules, services
from delivery.claims import Taken
from delivery.forms import RulesForm
from delivery.forms_connect import ConnectForm
from delivery.models import Service
from delivery.proposing import taken_of
from delivery.views.parts import seen_of
from teams.access import require
from teams.models import Team


@never_cache
@sensitive_post_parameters("token")
@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: Request, team_id: int) -> HttpResponse:
    """The first step: address and token, tried before anything is kept."""
    team = visible_team(request, team_id)
    require(request.user, "team.administer", team)
    form = ConnectForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        draft = _prepare(request, team, form)
        if draft is not None:
            return redirect("connect-rules", team.pk, draft.pk)
    return _first_step(request, team, form, status=422 if form.errors else 200)


def _first_step(request: Request, team: Team, form: ConnectForm, *, status: int, expired: bool = False) -> HttpResponse:
    context = {"room": "teams", "team": team, "form": form, "expired": expired}
    return render(request, "delivery/connect.html", context, status=status)


def _prepare(request: Request, team: Team, form: ConnectForm) -> Draft | None:
    address, token = form.cleaned_data["found"], form.cleaned_data["token"]
    try:
        return connecting.prepare(team=team, by=request.user, kind=USUAL, address=address, token=token)
    except OutgoingError as error:
        show_refusal(form, error, field="base_url" if form.cleaned_data["base_url"] else "address")
    except Claimed as claimed:
        form.add_error("address", _claimed(team, claimed))
    return None


def _claimed(team: Team, claimed: Claimed) -> str:
    if claimed.team == team:
        return _(
            "This team reads this repository already. On its page its rules can be changed, or another part of it be counted."
        )
    return _("The team %(team)s reads this repository already.") % {"team": claimed.team}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def connect_rules(request: Request, team_id: int, draft_id: int) -> HttpResponse:
    """The second step: what of it counts. Saving starts the first sync."""
    team = visible_team(request, team_id)
    require(request.user, "team.administer", team)
    draft = Draft.objects.kept().filter(pk=draft_id, team=team).first()
    if draft is None:
        return _first_step(request, team, ConnectForm(), status=404, expired=True)
    seen, taken = inspections.from_json(draft.seen), taken_of(draft)
    form = _rules_form(request, team, seen, None, taken)
    if request.method == "POST" and form.is_valid():
        try:
            service = services.connect(draft_id=draft.pk, rules=form.rules, by=request.user)
        except DraftUsed as used:
            return redirect("connection", team.pk, used.source.pk)
        except Claimed as claimed:
            form.add_error(None, _claimed(team, claimed))
        except Refused as refusal:  # a part that is another team's, or a repository that is given no more
            form.add_error(form.place(refusal.field) if refusal.field else None, refusal.message)
        else:
            return redirect("connection", team.pk, service.source_id)
    context = {"room": "teams", "team": team, "form": form, "seen": seen, "draft": draft, "taken": taken}
    return render(request, "delivery/connect_rules.html", context, status=422 if form.errors else 200)


def _rules_form(request: Request, team: Team, seen: Inspection, current: rules.Rules | None, taken: Taken) -> RulesForm:
    data = request.POST if request.method == "POST" else None
    return RulesForm(data, looked=seen, rules=current, today=clock.today(team.zone), taken=taken)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change_rules(request: Request, team_id: int, service_id: int) -> HttpResponse:
    """What counts, later on. `look` asks the host again for what there is to choose from."""
    team = visible_team(request, team_id)
    service = get_object_or_404(Service.objects.visible_to(request.user).listed(), pk=service_id, team=team)
    require(request.user, "team.administer", team)
    if request.method == "POST" and "look" in request.POST:
        return _look_again(request, team, service)
    seen, taken = seen_of(service.source), claims.of_source(service.source, service)
    form, status = _rules_form(request, team, seen, rules.of_service(service), taken), 200
    if request.method == "POST":
        status = _change_rules(request, service, form)
        if status == 200:
            messages.success(request, _("The rules are saved. What was read before is counted by them as well."))
            return redirect("connection", team.pk, service.source_id)
    context = {
        "room": "teams", "team": team, "form": form, "seen": seen, "service": service, "source": service.source,
        "taken": taken,
    }  # fmt: skip
    return render(request, "delivery/rules.html", context, status=status)


def _change_rules(request: Request, service: Service, form: RulesForm) -> int:
    """200 if they are changed; else the status, and in the form why not."""
    if form.is_valid():
        try:
            services.change_rules(service_id=service.pk, rules=form.rules, seen=form.seen, by=request.user)
        except StaleEdit as error:
            form.show_stale(error)
            return 409
        except Refused as error:  # nothing would count, or a part that is another service's
            form.add_error(form.place(error.field or ""), error.message)
    return 422 if form.errors else 200


def _look_again(request: Request, team: Team, service: Service) -> HttpResponse:
    try:
        connecting.look_again(source=service.source)
    except OutgoingError as error:
        sentence = sentences.refusal(error.code, error.params)
        messages.error(request, sentence)
        if error.code in TOKEN_CODES:
            return redirect("connection-access", team.pk, service.source_id)
    except (Credential.DoesNotExist, Undecryptable):
        messages.error(request, sentences.problem("no_token"))
    except OtherRepository:
        messages.error(request, _("The repository of this name is another one than was read so far."))
    else:
        messages.success(request, _("Looked at the repository again."))
    return redirect("delivery-rules", team.pk, service.pk)
