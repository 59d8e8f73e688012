"""The roadmap's pages. Ticks answer htmx with the row and the numbers around it, everybody else with a redirect back to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock, live
from core import undo as undo_offers
from core.addresses import pk_in
from core.edits import StaleEdit
from core.refusals import show_refusal
from core.tables import writing
from roadmaps import charts, export, forms, history, services, template
from roadmaps.board import Board, Filter
from roadmaps.dates import PHASES
from roadmaps.models import Item, Note, Roadmap, State
from roadmaps.services import RoadmapError
from roadmaps.timeline import Timeline
from teams.access import require
from teams.models import Person, Team
from teams.requests import PortalRequest

PAGE = "roadmaps/roadmap.html"


@dataclass(frozen=True)
class Refusal:
    """Why a tick was not made, told at its item. `theirs`: the state that stands there now; `yours`: the one that was sent."""

    item: Item
    status: int
    message: str = ""
    theirs: str = ""
    yours: str = ""
    by: Person | None = None


# -- The roadmap --------------------------------------------------------------------------------------------------


@require_safe
@live.page("roadmaps", "comments")
def roadmap(request: PortalRequest, team_id: int) -> HttpResponse:
    team = _team(request, team_id)
    found = Roadmap.objects.filter(team=team).first()
    if found is None:
        first_of_month = clock.today(team.zone).replace(day=1)
        return _empty(request, team, forms.StartForm(initial={"start_date": first_of_month}))
    found.team = team
    return _page(request, found)


@require_POST
def start(request: PortalRequest, team_id: int) -> HttpResponse:
    team = _team(request, team_id)
    require(request.user, "team.edit", team)
    form = forms.StartForm(request.POST)
    if form.is_valid():
        try:
            services.start_roadmap(team=team, start_date=form.cleaned_data["start_date"], by=request.user)
        except services.AlreadyStarted as error:
            messages.info(request, error.message)
        except RoadmapError as error:
            show_refusal(form, error)
    if form.errors:
        return _empty(request, team, form, status=422)
    return redirect("roadmap", team_id=team.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def start_date(request: PortalRequest, team_id: int) -> HttpResponse:
    found = _roadmap(request, team_id)
    require(request.user, "team.edit", found.team)
    form = forms.StartDateForm(request.POST or None, current={"start_date": found.start_date})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.change_start_date(
                roadmap=found, start_date=form.wanted["start_date"], seen=form.seen["start_date"], by=request.user
            )
        except (RoadmapError, StaleEdit) as error:
            status = _show(form, error)
        else:
            return redirect("roadmap", team_id=team_id)
    context = {"form": form, "roadmap": found, "history": history.of_roadmap(found)}
    return _render(request, "roadmaps/start_date.html", found.team, context, status if status != 200 else _status(form))


@require_safe
def items_csv(request: PortalRequest, team_id: int) -> HttpResponseBase:
    board = Board(_roadmap(request, team_id), request.user, Filter.of(request.GET))
    return writing.answer(request, export.of_items(board))


@require_safe
def burn_up_csv(request: PortalRequest, team_id: int) -> HttpResponseBase:
    return writing.answer(request, export.of_burn_up(_roadmap(request, team_id)))


# -- Ticks --------------------------------------------------------------------------------------------------------


@require_POST
def tick(request: PortalRequest, team_id: int, item_id: int) -> HttpResponse:
    found = _item(request, team_id, item_id)
    require(request.user, "team.edit", found.roadmap.team)
    form = forms.TickForm(request.POST)
    if not form.is_valid():
        return _ticked(
            request, found, Refusal(found, 422, _("This could not be understood. Nothing was changed; click again."))
        )
    sent = form.cleaned_data
    return _tried(
        request,
        found,
        lambda: services.tick(
            item=found,
            **forms.wanted_state(sent["wanted"]),
            seen_version=sent["seen_version"],
            by=request.user,
            request_id=sent["request_id"],
        ),
    )


@require_POST
def undo(request: PortalRequest, team_id: int, item_id: int) -> HttpResponse:
    found = _item(request, team_id, item_id)
    require(request.user, "team.edit", found.roadmap.team)
    form = forms.VersionForm(request.POST)
    if not form.is_valid():
        return _ticked(
            request, found, Refusal(found, 422, _("This could not be understood. Nothing was changed; click again."))
        )
    sent = form.cleaned_data
    return _tried(
        request,
        found,
        lambda: services.undo(
            item=found, seen_version=sent["seen_version"], by=request.user, request_id=sent["request_id"]
        ),
    )


def _tried(request: PortalRequest, found: Item, act: Callable[[], object]) -> HttpResponse:
    """What one click did, or why it did nothing."""
    try:
        act()
    except StaleEdit as stale:
        newest = found.ticks.select_related("person").last()
        theirs, yours = State(stale.theirs["state"]).label, stale.yours.get("state")
        refusal = Refusal(
            found,
            409,
            theirs=str(theirs),
            yours=str(State(yours).label) if yours else _("undone"),
            by=newest.person if newest else None,
        )
        return _ticked(request, found, refusal)
    except RoadmapError as error:
        return _ticked(request, found, Refusal(found, 422, error.message))
    return _ticked(request, found)


def _ticked(request: PortalRequest, found: Item, refusal: Refusal | None = None) -> HttpResponse:
    chosen = Filter.of(request.GET)
    status = refusal.status if refusal else 200
    if not request.htmx:
        if refusal:
            return _page(request, found.roadmap, unfold=found.pk, refusal=refusal)
        joined = f"{chosen.query}&" if chosen.is_set else "?"
        return redirect(f"{reverse('roadmap', args=[found.roadmap.team_id])}{joined}at={found.pk}#item-{found.pk}")
    board = Board(found.roadmap, request.user, chosen)
    context = _board_context(request, board) | {
        "row": board.row(found),
        "section": board.section_of(found),
        "refusal": refusal,
        "oob": True,
        "refocus": "tick" if "wanted" not in request.POST else "",
    }
    return _render(request, f"{PAGE}#ticked", found.roadmap.team, context, status)


# -- One item -----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def add_item(request: PortalRequest, team_id: int, phase: int) -> HttpResponse:
    found = _roadmap(request, team_id)
    if phase not in PHASES:
        raise Http404
    require(request.user, "team.edit", found.team)
    form = forms.AddItemForm(request.POST or None, team=found.team)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.add_item(roadmap=found, phase=phase, by=request.user, **form.cleaned_data)
        except RoadmapError as error:
            show_refusal(form, error)
        else:
            return redirect(f"{reverse('roadmap', args=[team_id])}?at={made.pk}#item-{made.pk}")
    context = {"form": form, "part": found.template.phase(phase)}
    return _render(request, "roadmaps/add_item.html", found.team, context, _status(form))


@require_safe
@live.page("roadmaps", "comments")
def item(request: PortalRequest, team_id: int, item_id: int) -> HttpResponse:
    return _item_page(request, _item(request, team_id, item_id))


@require_POST
def edit_item(request: PortalRequest, team_id: int, item_id: int) -> HttpResponse:
    found = _item(request, team_id, item_id)
    require(request.user, "team.edit", found.roadmap.team)
    form = forms.EditItemForm(request.POST, item=found)
    return _acted(
        request,
        found,
        "edit_form",
        form,
        lambda: services.edit_item(item=found, by=request.user, wanted=form.wanted, seen=form.seen),
    )


@require_POST
def set_state(request: PortalRequest, team_id: int, item_id: int) -> HttpResponse:
    found = _item(request, team_id, item_id)
    require(request.user, "team.edit", found.roadmap.team)
    form = forms.StateForm(request.POST, item=found)
    return _acted(request, found, "state_form", form, lambda: services.tick(item=found, by=request.user, **form.sent))


@require_POST
def drop(request: PortalRequest, team_id: int, item_id: int) -> HttpResponse:
    found = _item(request, team_id, item_id)
    require(request.user, "team.edit", found.roadmap.team)
    form = forms.DropForm(request.POST)
    dropped: dict[str, Any] = {}

    def act() -> None:
        made = services.drop(item=found, by=request.user, **form.cleaned_data)
        dropped.update(item=made.pk, version=made.version)

    return undo_offers.after(request, _acted(request, found, "drop_form", form, act), "item.drop", dropped)


@require_POST
def blank_note(request: PortalRequest, team_id: int, note_id: int) -> HttpResponse:
    notes = Note.objects.visible_to(request.user).of_team(team_id).select_related("item__roadmap__team")
    found = get_object_or_404(notes, pk=note_id)
    # One's own words, or anybody's for whoever looks after the team.
    permission = "team.edit" if found.person_id == request.user.pk else "team.administer"
    require(request.user, permission, found.item.roadmap.team)
    services.blank_note(note=found, by=request.user)
    return redirect(found.item)


def _acted(request: PortalRequest, found: Item, name: str, form: Form, act: Callable[[], object]) -> HttpResponse:
    """Do it if the form is right; else show the item's page again with what was typed."""
    status = 422
    if form.is_valid():
        try:
            act()
        except (RoadmapError, StaleEdit) as error:
            status = _show(form, error)
        else:
            return redirect(found)
    return _item_page(request, found, status=status, **{name: form})


def _item_page(request: PortalRequest, found: Item, status: int = 200, **sent: Form) -> HttpResponse:
    board = Board(found.roadmap, request.user)
    row = board.row(found)
    fresh = row.item
    context = {
        "row": row,
        "section": board.section_of(found),
        "history": history.of_item(row),
        "can_administer": request.user.has_perm("team.administer", found.roadmap.team),
        "edit_form": forms.EditItemForm(item=fresh),
        "state_form": forms.StateForm(item=fresh),
        "drop_form": forms.DropForm(initial={"seen_version": fresh.version}),
    }
    return _render(request, "roadmaps/item.html", found.roadmap.team, context | sent, status)


# -- What the pages share -----------------------------------------------------------------------------------------


def _team(request: PortalRequest, team_id: int) -> Team:
    return get_object_or_404(Team.objects.visible_to(request.user).select_related("group"), pk=team_id)


def _roadmap(request: PortalRequest, team_id: int) -> Roadmap:
    return get_object_or_404(Roadmap.objects.visible_to(request.user).select_related("team__group"), team=team_id)


def _item(request: PortalRequest, team_id: int, item_id: int) -> Item:
    items = Item.objects.visible_to(request.user).of_team(team_id).select_related("roadmap__team__group", "owner")
    return get_object_or_404(items, pk=item_id)


def _empty(request: PortalRequest, team: Team, form: Form, status: int = 200) -> HttpResponse:
    return _render(request, "roadmaps/empty.html", team, {"form": form, "template": template.load()}, status)


def _page(
    request: PortalRequest, found: Roadmap, *, unfold: int | None = None, refusal: Refusal | None = None
) -> HttpResponse:
    board = Board(found, request.user, Filter.of(request.GET), unfold or pk_in(request.GET.get("at", "")))
    context = _board_context(request, board) | {"refusal": refusal}
    return _render(request, PAGE, found.team, context, refusal.status if refusal else 200)


def _board_context(request: PortalRequest, board: Board) -> dict[str, Any]:
    address = reverse("roadmap-burn-up-csv", args=[board.roadmap.team_id])
    return {
        "board": board,
        "overview": board.overview,
        "timeline": Timeline(board.overview),
        "burn_up": charts.burn_up(board.overview, export_url=address, size="is-burn-l"),
    }


def _render(request: PortalRequest, name: str, team: Team, context: dict[str, Any], status: int = 200) -> HttpResponse:
    frame = {"room": "teams", "page": "roadmap", "team": team, "can_edit": request.user.has_perm("team.edit", team)}
    return render(request, name, frame | context, status=status)


def _status(form: Form) -> int:
    return 422 if form.errors else 200


def _show(form: Form, error: RoadmapError | StaleEdit) -> int:
    """Say in the form why it was refused; the answer's status."""
    if isinstance(error, RoadmapError):
        show_refusal(form, error)
        return 422
    forms.show_stale(form, error)
    return 409
