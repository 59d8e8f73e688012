"""Everyone, and what an administrator changes about a person."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.edits import StaleEdit
from core.refusals import Refused
from core.tables import writing
from teams import export, links, second_factors, shown_once
from teams.access import require
from teams.forms import RoleForm
from teams.forms_sign_in import AddressForm
from teams.models import OrganisationRole, Person
from teams.reauth import ask_again
from teams.services import people as services
from teams.views.shared import me, page_of, sent


@require_safe
def people(request: HttpRequest) -> HttpResponseBase:
    """Everyone, with roles and teams; search, role, state and sort by URL."""
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "role", "sort", "state")}
    everyone = Person.objects.visible_to(request.user)
    rows = everyone.deactivated() if asked["state"] == "deactivated" else everyone.active()
    if asked["role"] in OrganisationRole.values:
        rows = rows.with_role(asked["role"])
    found = rows.matching(asked["q"]).with_teams().listed(asked["sort"])
    if writing.is_asked(request):
        return writing.answer(request, export.of_people(found))
    context = {
        "room": "people",
        "page": page_of(request, found),
        "asked": asked,
        "roles": OrganisationRole.choices,
    }
    return render(request, "teams/people.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """A person's teams; a POST by an administrator changes the role in the organisation."""
    shown = get_object_or_404(Person.objects.visible_to(request.user), pk=person_id)
    may_administer = me(request).has_perm("organisation.administer")
    form, status = RoleForm(sent(request), current={"organisation_role": shown.organisation_role}), 200
    if request.method == "POST":
        require(request.user, "organisation.administer")
        status = 422
        if form.is_valid():
            try:
                return _change_role(request, shown, form)
            except StaleEdit as error:
                form.show_stale(error)
                status = 409
            except Refused as error:
                form.add_error(error.field, error.message)
    context = {
        "room": "people",
        "person": shown,
        "memberships": shown.memberships.by_team(),
        "form": form if may_administer and not shown.is_sample and not shown.removed_at else None,
        "shown": shown_once.take(request, f"reset_{shown.pk}") if may_administer else None,
        "moving": shown_once.take(request, f"address_{shown.pk}") if may_administer else None,
        "address_form": AddressForm() if may_administer and not settings.MAIL_WORKS else None,
        "factors": second_factors.of(shown).count() if may_administer else 0,
    }
    return render(request, "teams/person.html", context, status=status)


@ask_again
def _change_role(request: HttpRequest, shown: Person, form: RoleForm) -> HttpResponse:
    seen, wanted = form.seen["organisation_role"], form.wanted["organisation_role"]
    services.change_role(person=shown, by=me(request), seen=seen, role=wanted)
    messages.success(request, _("Saved."))
    return redirect("person", shown.pk)


@require_POST
@ask_again
def person_deactivate(request: HttpRequest, person_id: int) -> HttpResponse:
    require(request.user, "organisation.administer")
    shown = get_object_or_404(Person.objects.visible_to(request.user), pk=person_id)
    try:
        services.deactivate(person=shown, by=me(request))
    except Refused as error:
        messages.error(request, error.message)
    return redirect("person", shown.pk)


@require_POST
def person_reactivate(request: HttpRequest, person_id: int) -> HttpResponse:
    require(request.user, "organisation.administer")
    shown = get_object_or_404(Person.objects.visible_to(request.user), pk=person_id)
    try:
        services.reactivate(person=shown, by=me(request))
    except Refused as error:
        messages.error(request, error.message)
    return redirect("person", shown.pk)


@require_POST
@ask_again
def person_reset(request: HttpRequest, person_id: int) -> HttpResponse:
    """End every way in, and make a link by which the person sets a new password; it is shown once on their page."""
    require(request.user, "organisation.administer")
    shown = get_object_or_404(Person.objects.visible_to(request.user), pk=person_id)
    try:
        uidb36, key = services.reset_sign_in(person=shown, by=me(request))
    except Refused as error:
        messages.error(request, error.message)
        return redirect("person", shown.pk)
    link = links.absolute(request, "account_reset_password_from_key", uidb36, key)
    shown_once.keep(request, f"reset_{shown.pk}", link=link)
    return redirect("person", shown.pk)
