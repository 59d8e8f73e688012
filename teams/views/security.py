"""The account's security page: password, second factors, recovery codes, sessions."""

from __future__ import annotations

import base64
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import crypto
from core.edits import StaleEdit
from core.refusals import Refused
from teams import devices, limits, second_factors, shown_once
from teams.forms_sign_in import NewCodeForm, NewPasskeyForm, PasskeyNameForm
from teams.models import Person
from teams.reauth import ask_again
from teams.services import second_factors as services
from teams.services import sessions
from teams.views.shared import me, organisation_of, sent

_SECRET = "new_app_secret"  # noqa: S105  the key in the session, where the secret stands encrypted until a code proves it


@never_cache
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """By what one signs in, and where one is signed in."""
    return _page(request)


def _page(
    request: HttpRequest, *, status: int = 200, renaming: dict[int, PasskeyNameForm] | None = None
) -> HttpResponse:
    person, organisation = me(request), organisation_of(request)
    factors = list(second_factors.of(person))
    here = request.session.session_key
    context = {
        "room": "account",
        "tab": "security",
        "app": next((each for each in factors if each.type == second_factors.Type.TOTP), None),
        "passkeys": [
            (each, (renaming or {}).get(each.pk) or _name_form(None, each))
            for each in factors
            if each.type == second_factors.Type.WEBAUTHN
        ],
        "codes": second_factors.recovery_codes_left(person),
        "must": second_factors.must_have_one(person, organisation),
        "owed": not factors and second_factors.must_have_one(person, organisation),
        "passkeys_work": second_factors.passkeys_work(request),
        "sessions": [(row, devices.in_words(row.user_agent), row.session_key == here) for row in sessions.of(person)],
    }
    return render(request, "teams/security.html", context, status=status)


def _name_form(data: Any, passkey: Authenticator) -> PasskeyNameForm:
    return PasskeyNameForm(data, current={"name": passkey.data["name"]}, auto_id=f"passkey-{passkey.pk}-%s")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@ask_again
def app(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app: a QR code, the secret to type, and a code that proves both."""
    form = NewCodeForm(sent(request))
    secret = _secret_being_set_up(request, new=not form.is_bound)
    if form.is_valid():
        try:
            taken = limits.take(request, "second_factor", f"person-{me(request).pk}")
            codes = services.add_app(
                person=me(request), secret=secret, code=form.cleaned_data["code"], session=request.session.session_key
            )
        except limits.TooMany:
            return limits.handler429(request)
        except Refused as error:
            form.add_error(error.field, error.message)
        else:
            limits.give_back(taken)
            del request.session[_SECRET]
            messages.success(request, _("The authenticator app is set up."))
            return _to_codes(request, codes)
    adapter = get_adapter()
    svg = adapter.build_totp_svg(adapter.build_totp_url(me(request), secret))
    image = "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
    context = {"form": form, "image": image, "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))}
    return render(request, "teams/security_app.html", context, status=422 if form.errors else 200)


def _secret_being_set_up(request: HttpRequest, *, new: bool) -> str:
    """The secret of the app that is being set up; a fresh one for each look at the page."""
    kept = request.session.get(_SECRET)
    if kept and not new:
        return crypto.decrypt(kept)
    secret = str(generate_totp_secret())
    request.session[_SECRET] = crypto.encrypt(secret)
    return secret


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@ask_again
def passkey(request: HttpRequest) -> HttpResponse:
    """Add a passkey; static/passkeys.js lets the browser make it."""
    form = NewPasskeyForm(sent(request))
    if form.is_valid():
        codes = services.add_passkey(person=me(request), session=request.session.session_key, **form.cleaned_data)
        messages.success(request, _("The passkey is added."))
        return _to_codes(request, codes)
    context = {"form": form, "possible": second_factors.passkeys_work(request), "options": _creation(me(request))}
    return render(request, "teams/security_passkey.html", context, status=422 if form.errors else 200)


def _creation(person: Person) -> dict[str, object]:
    """What the browser needs to make a passkey: one that signs in without a password too, where the device can."""
    options = webauthn.begin_registration(person, False)
    options["publicKey"]["authenticatorSelection"] |= {"residentKey": "preferred", "requireResidentKey": False}
    return options


@require_POST
def rename(request: HttpRequest, factor_id: int) -> HttpResponse:
    """Call a passkey otherwise; it opens nothing that it did not open before, so nobody is asked again who they are."""
    found = get_object_or_404(second_factors.of(me(request)), pk=factor_id, type=second_factors.Type.WEBAUTHN)
    form, status = _name_form(request.POST, found), 422
    if form.is_valid():
        try:
            services.rename_passkey(person=me(request), passkey=found, seen=form.seen["name"], name=form.wanted["name"])
            return redirect("security")
        except StaleEdit as error:
            form.show_stale(error)
            status = 409
    return _page(request, status=status, renaming={found.pk: form})


@require_POST
@ask_again
def remove(request: HttpRequest, factor_id: int) -> HttpResponse:
    found = get_object_or_404(second_factors.of(me(request)), pk=factor_id)
    try:
        services.remove(person=me(request), authenticator=found, organisation=organisation_of(request))
        messages.success(request, _("Removed."))
    except Refused as error:
        messages.error(request, error.message)
    return redirect("security")


def _to_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    if not codes:
        return redirect("security")
    shown_once.keep(request, "recovery_codes", codes=" ".join(codes))
    return redirect("security-codes")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@ask_again
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """The recovery codes, shown once after they were made; a POST makes new ones."""
    if request.method == "POST":
        try:
            return _to_codes(request, services.new_recovery_codes(person=me(request)))
        except Refused as error:
            messages.error(request, error.message)
            return redirect("security")
    shown = shown_once.take(request, "recovery_codes")
    if shown is None:
        return redirect("security")
    codes = [f"{code[:4]} {code[4:]}" for code in shown["codes"].split()]
    return render(request, "teams/security_codes.html", {"codes": codes, "text": "\n".join(codes)})


@require_POST
def session_end(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one of the other sessions; this one ends by signing out."""
    others = [row for row in sessions.of(me(request)) if row.session_key != request.session.session_key]
    found = [row for row in others if row.pk == session_id]
    if not found:
        raise Http404
    sessions.end(found)
    messages.success(request, _("That session is ended."))
    return redirect("security")


@require_POST
def sessions_end_others(request: HttpRequest) -> HttpResponse:
    sessions.end_all(person=me(request), but=request.session.session_key)
    messages.success(request, _("All other sessions are ended."))
    return redirect("security")
