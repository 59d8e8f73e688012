"""Several services of one repository: counting another part of it, and ending one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from connections import inspections
from connections.models import Source
from connections.views import Request, visible_team
from connectors.records import Inspection
from core import clock
from core.refusals import Refused
from delivery import claims, services
from delivery.forms import PartForm
from delivery.models import Service
from teams.access import require


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: Request, team_id: int, source_id: int) -> HttpResponse:
    """Another service of a repository that the team reads: a name, and which part of it counts."""
    team = visible_team(request, team_id)
    sources = Source.objects.read_by(team).exclude(connection__kind__in=("sample", "imported"))
    source = get_object_or_404(sources.select_related("connection"), pk=source_id)
    require(request.user, "team.administer", team)
    taken, seen = claims.of_source(source), seen_of(source)
    form = PartForm(request.POST or None, looked=seen, rules=None, today=clock.today(team.zone), taken=taken)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_part(
                team=team, source_id=source.pk, name=form.cleaned_data["name"], rules=form.rules, by=request.user
            )
        except Refused as refusal:
            form.add_error(form.place(refusal.field) if refusal.field else None, refusal.message)
        else:
            messages.success(request, _("It counts. The repository is read once more for it."))
            return redirect("connection", team.pk, source.pk)
    context = {"room": "teams", "team": team, "source": source, "form": form, "seen": seen, "taken": taken}
    return render(request, "delivery/part.html", context, status=422 if form.errors else 200)


def seen_of(source: Source) -> Inspection:
    """What the last look found, or where there was none what stands in the row."""
    if source.seen:
        return inspections.from_json(source.seen)
    return Inspection(source.external_id, source.full_name, source.url, source.default_branch)


@require_http_methods(["GET", "HEAD", "POST"])
def end(request: Request, team_id: int, service_id: int) -> HttpResponse:
    """Asks once and says what stays."""
    team = visible_team(request, team_id)
    service = get_object_or_404(Service.objects.of(team).listed(), pk=service_id)
    require(request.user, "team.administer", team)
    if request.method == "POST":
        services.end_part(service_id=service.pk, by=request.user)
        messages.success(request, _("“%(service)s” has ended.") % {"service": service})
        return redirect("connection", team.pk, service.source_id)
    context = {"room": "teams", "team": team, "service": service, "source": service.source}
    return render(request, "delivery/part_end.html", context)
