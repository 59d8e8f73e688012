"""Moving an account to another e-mail address: nothing changes until the link is opened by whom it was made for."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from core.refusals import Refused, show_refusal
from teams import limits, links, mails, shown_once
from teams.access import require
from teams.forms_sign_in import AddressForm
from teams.models import Person
from teams.reauth import ask_again
from teams.services import account as services
from teams.sign_in_links import read_move
from teams.views.shared import me, sent


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@ask_again
def account_address(request: HttpRequest) -> HttpResponse:
    """Ask for a link to the new address; without a mail server the page says whom to ask."""
    form, person = AddressForm(sent(request)), me(request)
    if settings.MAIL_WORKS and form.is_valid():
        email = form.cleaned_data["email"]
        try:
            limits.take(request, "change_email", f"person-{person.pk}")
            secret = services.ask_to_move(person=person, email=email, by=person)
        except limits.TooMany:
            return limits.handler429(request)
        except Refused as error:
            show_refusal(form, error)
        else:
            mails.offer_address(person, email, links.absolute(request, "account-move", secret))
            # The same words whether or not somebody has the address already; its owner is told by mail.
            messages.success(request, _("A link is on its way to %(email)s. Open it to move there.") % {"email": email})
            return redirect("security")
    context = {"form": form if settings.MAIL_WORKS else None}
    return render(request, "teams/account_address.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@ask_again
def account_move(request: HttpRequest, secret: str) -> HttpResponse:
    """Behind the link: a click moves the account of whoever is signed in, if the link is theirs."""
    person, wanted = me(request), read_move(secret)
    if wanted is None or not wanted.fits(person):
        return render(request, "teams/account_move.html", {"wanted": None}, status=410 if wanted else 404)
    error = None
    if request.method == "POST":
        try:
            before = services.move(person=person, secret=secret)
        except Refused as refused:
            error = refused.message
        else:
            mails.tell_old_address(before, wanted.after)
            messages.success(request, _("Your address is now %(email)s.") % {"email": wanted.after})
            return redirect("security")
    context = {"wanted": wanted, "error": error}
    return render(request, "teams/account_move.html", context, status=409 if error else 200)


@require_POST
@ask_again
def person_address(request: HttpRequest, person_id: int) -> HttpResponse:
    """Where no mail leaves: make a link to hand over, by which the person moves to the address; it is shown once."""
    require(request.user, "organisation.administer")
    if settings.MAIL_WORKS:
        raise Http404
    shown = get_object_or_404(Person.objects.visible_to(request.user), pk=person_id)
    form = AddressForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This is not an e-mail address."))
        return redirect("person", shown.pk)
    email = form.cleaned_data["email"]
    try:
        services.check_free(email)
        secret = services.ask_to_move(person=shown, email=email, by=me(request))
    except Refused as error:
        messages.error(request, error.message)
    else:
        link = links.absolute(request, "account-move", secret)
        shown_once.keep(request, f"address_{shown.pk}", link=link, email=email)
    return redirect("person", shown.pk)
