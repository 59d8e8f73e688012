"""The removal of a person, and the file of one person's data."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from core.refusals import Refused
from teams import personal
from teams.access import require
from teams.forms_personal import RemovalForm
from teams.models import Person
from teams.reauth import ask_again
from teams.services import people as services
from teams.services import personal_data
from teams.views.shared import me, sent


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@ask_again
def person_remove(request: HttpRequest, person_id: int) -> HttpResponse:
    """What goes, what stays and what will be without an owner; a POST with the name typed removes the person."""
    require(request.user, "organisation.administer")
    shown = get_object_or_404(Person.objects.visible_to(request.user).present(), pk=person_id)
    form, refusal, status = RemovalForm(sent(request), person=shown), "", 200
    try:
        services.check_removable(person=shown, by=me(request))
        if request.method == "POST":
            status = 422
            if form.is_valid():
                name = str(shown)
                services.remove(person=shown, by=me(request))
                messages.success(request, _("%(name)s is removed.") % {"name": name})
                return redirect("people")
    except Refused as error:
        refusal, status = error.message, 422 if request.method == "POST" else 200
    context = {"room": "people", "person": shown, "form": form, "refusal": refusal, "owned": personal.owned_by(shown)}
    return render(request, "teams/person_remove.html", context, status=status)


@never_cache
@require_POST
@ask_again
def person_export(request: HttpRequest, person_id: int) -> HttpResponse:
    """The person's data as a file, for an administrator to pass on."""
    require(request.user, "organisation.administer")
    return _file(get_object_or_404(Person.objects.visible_to(request.user), pk=person_id), me(request))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account_data(request: HttpRequest) -> HttpResponse:
    """What the portal holds about oneself; a POST downloads it."""
    if request.method == "POST":
        return _file(me(request), me(request))
    return render(request, "teams/account_data.html", {"room": "account", "tab": "data"})


def _file(person: Person, by: Person) -> HttpResponse:
    made = personal_data.export(person=person, by=by)
    response = JsonResponse(made, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="person-{person.pk}.json"'
    return response
