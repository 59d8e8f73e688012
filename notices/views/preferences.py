"""What one chooses to be told, where and when; the test message; and the link that ends mails with one click."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from core.edits import StaleEdit
from core.refusals import Refused, show_refusal
from notices import choosing, kinds, mails, unsubscribing
from notices.forms import PreferencesForm
from notices.services import choosing as services
from teams import limits
from teams.models import Person
from teams.requests import PortalRequest
from teams.views.shared import sent


@require_http_methods(["GET", "HEAD", "POST"])
def account_notices(request: PortalRequest) -> HttpResponse:
    person = request.user
    form, status = PreferencesForm(sent(request), current=services.chosen(person)), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.choose(person=person, wanted=form.wanted, seen=form.seen)
            except StaleEdit as error:
                form.show_stale(error)
                status = 409
            except Refused as error:
                show_refusal(form, error)
            else:
                messages.success(request, _("Saved."))
                return redirect("account-notices")
    return render(request, "notices/preferences.html", _context(person, form), status=status)


def _context(person: Person, form: PreferencesForm) -> dict[str, object]:
    preference = choosing.Wishes([person]).preference(person)
    return {
        "room": "account",
        "tab": "notices",
        "form": form,
        "mail_works": settings.MAIL_WORKS,
        "preference": preference,
        "is_refused": choosing.is_refused(person, preference),
    }


@require_POST
def test_mail(request: PortalRequest) -> HttpResponse:
    """Tells what the mail server said."""
    try:
        limits.take(request, "test_message", f"person-{request.user.pk}")
        services.send_test_mail(person=request.user)
    except Refused as error:
        messages.error(request, error.message)
    else:
        messages.success(
            request, _("The mail server took a test message to %(email)s.") % {"email": request.user.email}
        )
    return redirect("account-notices")


@never_cache
@csrf_exempt  # a mail program posts it by itself (RFC 8058); the link is the proof, and it can do nothing else
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A look at it changes nothing: programs look at every link of a mail. It signs nobody in."""
    wanted = unsubscribing.read(token)
    kind = kinds.get(wanted.kind) if wanted else None
    if wanted is None or (wanted.kind != unsubscribing.EVERYTHING and kind is None):
        return render(request, "notices/unsubscribe.html", {"wrong": True}, status=404)
    done, was_off = request.method == "POST", services.is_off(wanted)
    if done:
        services.unsubscribe(wanted)
    with _as_read_by(request, wanted.person_id):
        return render(request, "notices/unsubscribe.html", {"kind": kind, "done": done, "was_off": was_off})


def _as_read_by(request: HttpRequest, person_id: int) -> AbstractContextManager[None]:
    """In the language of the mail's reader, unless somebody is signed in or has chosen another one in this browser."""
    person = Person.objects.filter(pk=person_id).first()
    if person is None or request.user.is_authenticated or settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
        return nullcontext()
    return mails.as_read_by(person)
