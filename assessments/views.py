"""The maturity pages: a team's levels, its rounds, and one criterion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import export, forms, library, pages, services
from assessments.models import Assessment, Comment, Exemption
from assessments.services import AlreadyStarted, MaturityError
from assessments.sheet import NOT_APPLICABLE, UNKNOWN, Sheet, Typed
from core import links, live
from core.content import text
from core.edits import StaleEdit
from core.tables import writing
from teams.access import require
from teams.models import Team
from teams.requests import PortalRequest

ROUND = "assessments/round.html"


# -- A team's maturity --------------------------------------------------------------------------------------------


@require_safe
@live.page("assessments", "roadmaps", "comments")
def maturity(request: PortalRequest, team_id: int) -> HttpResponseBase:
    team = _team(request, team_id)
    if writing.is_asked(request):
        of_rounds = request.GET.get("table") == "rounds"
        return writing.answer(request, export.of_rounds(team) if of_rounds else export.of_criteria(team))
    return _render(request, "assessments/maturity.html", team, pages.of_team(team))


@require_safe
def levels_csv(request: PortalRequest, team_id: int) -> HttpResponseBase:
    team = _team(request, team_id)
    shown = pages.trend_of(team)
    return writing.answer(request, writing.Table("maturity-levels", shown.columns, shown.rows, of=team))


@require_http_methods(["GET", "HEAD", "POST"])
def target(request: PortalRequest, team_id: int, area_key: str) -> HttpResponse:
    team = _team(request, team_id)
    standing = pages.area_of(team, area_key)
    if standing is None:
        raise Http404
    require(request.user, "team.edit", team)
    current = {"level": standing.target, "due": standing.target_due}
    form, status = forms.TargetForm(request.POST or None, model=library.load(), current=current), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.set_target(team=team, area=area_key, by=request.user, seen=form.seen, **form.wanted)
            except (MaturityError, StaleEdit) as error:
                status = forms.show(form, error)
            else:
                return redirect(standing.url)
    return _render(request, "assessments/target.html", team, {"form": form, "area": standing}, status)


# -- Rounds -------------------------------------------------------------------------------------------------------


@require_POST
def start(request: PortalRequest, team_id: int) -> HttpResponse:
    team = _team(request, team_id)
    require(request.user, "team.edit", team)
    try:
        made = services.start_round(team=team, by=request.user)
    except AlreadyStarted as error:
        messages.info(request, error.message)
        made = get_object_or_404(Assessment.objects.of_team(team.pk).drafts())
    return redirect(made)


@require_safe
@live.page("assessments")
def sheet(request: PortalRequest, team_id: int, round_id: int) -> HttpResponseBase:
    found = _round(request, team_id, round_id)
    if writing.is_asked(request):
        return writing.answer(request, export.of_answers(Sheet(found)))
    return _sheet(request, found)


@require_POST
def answer(request: PortalRequest, team_id: int, round_id: int, criterion_id: str) -> HttpResponse:
    found = _round(request, team_id, round_id)
    criterion = _criterion(criterion_id)
    require(request.user, "team.edit", found.team)
    form = forms.AnswerForm(request.POST, criterion=criterion)
    status = 422
    if form.takes_theirs:
        status = 200
    elif form.is_valid():
        try:
            _answer(request, found, criterion, form.cleaned_data)
        except (MaturityError, StaleEdit) as error:
            status = forms.show(form, error, criterion)
        else:
            status = 200
    return _answered(request, found, criterion, form, status)


def _answer(request: PortalRequest, found: Assessment, criterion: library.Criterion, sent: dict[str, Any]) -> None:
    """Say what the row's choice means."""
    choice = sent.pop("choice")
    told = {name: sent[name] for name in ("link", "seen", "request_id")}
    if choice == NOT_APPLICABLE:
        services.mark_not_applicable(
            team=found.team, criterion=criterion.id, by=request.user, reason=sent["comment"], **told
        )
        return
    state = None if choice == UNKNOWN else int(choice)
    services.answer(
        assessment=found,
        criterion=criterion.id,
        state=state,
        by=request.user,
        comment=sent["comment"],
        model_version=sent["model_version"],
        **told,
    )


def _answered(
    request: PortalRequest, found: Assessment, criterion: library.Criterion, form: forms.AnswerForm, status: int
) -> HttpResponse:
    typed = {} if status == 200 else {criterion.id: Typed(*(str(form.data.get(name, "")) for name in Typed.sent()))}
    if not request.htmx:
        if status != 200:
            return _sheet(request, found, typed=typed, refused=form, refused_id=criterion.id, status=status)
        row = Sheet(found).row(criterion.id)
        return redirect(f"{found.get_absolute_url()}#{row.key}")
    shown = Sheet(found, typed)
    context = {
        "sheet": shown,
        "row": shown.row(criterion.id),
        "section": shown.section_of(criterion),
        "refused": form if status != 200 else None,
        "refused_id": criterion.id,
        "just_saved": status == 200 and not form.takes_theirs,
        "takes_theirs": form.takes_theirs,
        "oob": True,
    }
    return _render(request, f"{ROUND}#answered", found.team, context, status)


@require_POST
def submit(request: PortalRequest, team_id: int, round_id: int) -> HttpResponse:
    return _moved(request, _round(request, team_id, round_id), "team.edit", services.submit)


@require_POST
def review(request: PortalRequest, team_id: int, round_id: int) -> HttpResponse:
    return _moved(request, _round(request, team_id, round_id), "team.review", services.review)


@require_POST
def reopen(request: PortalRequest, team_id: int, round_id: int) -> HttpResponse:
    return _moved(request, _round(request, team_id, round_id), "team.review", services.reopen)


def _moved(request: PortalRequest, found: Assessment, permission: str, act: Callable[..., object]) -> HttpResponse:
    require(request.user, permission, found.team)
    try:
        act(assessment=found, by=request.user)
    except MaturityError as error:
        return _sheet(request, found, refusal=error, status=422)
    return redirect(found)


# -- One criterion ------------------------------------------------------------------------------------------------


@require_safe
@live.page("assessments", "roadmaps", "comments")
def criterion(request: PortalRequest, team_id: int, criterion_id: str) -> HttpResponse:
    return _criterion_page(request, _team(request, team_id), _criterion(criterion_id))


@require_POST
def not_applicable(request: PortalRequest, team_id: int, criterion_id: str) -> HttpResponse:
    return _said(request, team_id, criterion_id, "na_form", forms.NotApplicableForm, services.mark_not_applicable)


@require_POST
def inherit(request: PortalRequest, team_id: int, criterion_id: str) -> HttpResponse:
    return _said(request, team_id, criterion_id, "inherit_form", forms.InheritForm, services.inherit)


@require_POST
def ask_exemption(request: PortalRequest, team_id: int, criterion_id: str) -> HttpResponse:
    return _said(request, team_id, criterion_id, "exemption_form", forms.ExemptionForm, services.ask_exemption)


def _said(
    request: PortalRequest,
    team_id: int,
    criterion_id: str,
    name: str,
    kind: Callable[..., forms.SeenAnswer | forms.ExemptionForm],
    act: Callable[..., object],
) -> HttpResponse:
    """Do what one of the criterion's forms asks for; else show the page again with what was typed."""
    team, found = _team(request, team_id), _criterion(criterion_id)
    require(request.user, "team.edit", team)
    extra = {"teams": pages.providers_for(team, request.user)} if kind is forms.InheritForm else {}
    form, status = kind(request.POST, **extra), 422
    if isinstance(form, forms.SeenAnswer) and form.takes_theirs:
        return redirect("assessment-criterion", team_id=team.pk, criterion_id=found.id)
    if form.is_valid():
        try:
            act(team=team, criterion=found.id, by=request.user, **form.cleaned_data)
        except (MaturityError, StaleEdit) as error:
            status = forms.show(form, error, found)
        else:
            return redirect("assessment-criterion", team_id=team.pk, criterion_id=found.id)
    return _criterion_page(request, team, found, status=status, **{name: form})


@require_POST
def to_roadmap(request: PortalRequest, team_id: int, criterion_id: str) -> HttpResponse:
    """Put the item that brings the criterion one state further on the roadmap, and go there."""
    team, found = _team(request, team_id), _criterion(criterion_id)
    require(request.user, "team.edit", team)
    reaches = pages.next_state(team, found)
    url = links.add("criterion", team=team, target=found.id, reaches=reaches, by=request.user)
    if not links.items_for("criterion", [team]):
        words = {"criterion": text(found.title)}
        messages.info(
            request, _("The roadmap is to be started first. It brings the item for “%(criterion)s” with it.") % words
        )
    return redirect(url)


@require_POST
def approve(request: PortalRequest, team_id: int, exemption_id: int) -> HttpResponse:
    return _decided(request, team_id, exemption_id, services.approve_exemption)


@require_POST
def refuse(request: PortalRequest, team_id: int, exemption_id: int) -> HttpResponse:
    return _decided(request, team_id, exemption_id, services.refuse_exemption)


def _decided(request: PortalRequest, team_id: int, exemption_id: int, act: Callable[..., object]) -> HttpResponse:
    exemptions = Exemption.objects.visible_to(request.user).of_team(team_id).select_related("team")
    found = get_object_or_404(exemptions, pk=exemption_id)
    require(request.user, "team.review", found.team)
    try:
        act(exemption=found, by=request.user)
    except MaturityError as error:
        return _criterion_page(request, found.team, _criterion(found.criterion), status=422, refusal=error)
    return redirect("assessment-criterion", team_id=team_id, criterion_id=found.criterion)


@require_POST
def blank_comment(request: PortalRequest, team_id: int, comment_id: int) -> HttpResponse:
    comments = Comment.objects.visible_to(request.user).of_team(team_id).select_related("team")
    found = get_object_or_404(comments, pk=comment_id)
    # One's own words, or anybody's for whoever looks after the team.
    permission = "team.edit" if found.person_id == request.user.pk else "team.administer"
    require(request.user, permission, found.team)
    services.blank_comment(comment=found, by=request.user)
    return redirect("assessment-criterion", team_id=team_id, criterion_id=found.answers.all()[0].criterion)


# -- What the pages share -----------------------------------------------------------------------------------------


def _team(request: PortalRequest, team_id: int) -> Team:
    return get_object_or_404(Team.objects.visible_to(request.user).select_related("group"), pk=team_id)


def _round(request: PortalRequest, team_id: int, round_id: int) -> Assessment:
    rounds = Assessment.objects.visible_to(request.user).of_team(team_id).select_related("team__group", "started_by")
    return get_object_or_404(rounds, pk=round_id)


def _criterion(criterion_id: str) -> library.Criterion:
    found = library.load().criterion(criterion_id)
    if found is None:
        raise Http404
    return found


def _sheet(
    request: PortalRequest, found: Assessment, *, typed: dict[str, Typed] | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"sheet": Sheet(found, typed), "steps": pages.steps_of(found), **more}
    return _render(request, ROUND, found.team, context, status)


def _criterion_page(
    request: PortalRequest, team: Team, found: library.Criterion, status: int = 200, **sent: Any
) -> HttpResponse:
    context = pages.of_criterion(team, found, request.user) | sent
    return _render(request, "assessments/criterion.html", team, context, status)


def _render(request: PortalRequest, name: str, team: Team, context: dict[str, Any], status: int = 200) -> HttpResponse:
    frame = {
        "room": "teams",
        "page": "maturity",
        "team": team,
        "can_edit": request.user.has_perm("team.edit", team),
        "can_review": request.user.has_perm("team.review", team),
    }
    return render(request, name, frame | context, status=status)
