"""The page that asks again who is there."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.internal import auth as webauthn
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from teams import limits, reauth, second_factors
from teams.forms_sign_in import CodeForm, PasskeyForm, PasswordAgainForm
from teams.models import Person
from teams.views.shared import me
from teams.way_back import next_of


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def reauthenticate(request: HttpRequest) -> HttpResponse:
    """Ask for a second factor, or the password of whoever has none, then go on at ?next=."""
    person = me(request)
    if request.method == "POST":
        try:
            limits.take(request, "reauthenticate", f"person-{person.pk}")
        except limits.TooMany:
            return limits.handler429(request)
    shown = _forms(person, request.POST if request.method == "POST" else None)
    sent = next((form for form in shown.values() if form.is_bound), None)
    if sent is not None and sent.is_valid():
        reauth.note_confirmed(request)
        return redirect(next_of(request))
    if "passkey" in shown:
        shown |= {"options": webauthn.begin_authentication(person)}
    status = 200 if sent is None else limits.status_of(sent)
    return render(request, "account/reauthenticate.html", shown | {"next": next_of(request)}, status=status)


def _forms(person: Person, data: Any) -> dict[str, Any]:
    """The ways that this person has; bound is the one whose field was sent."""

    def sent(field: str) -> Any:
        return data if data is not None and field in data else None

    kinds = set(second_factors.of(person).values_list("type", flat=True))
    if not kinds:
        return {"password": PasswordAgainForm(sent("password"), person=person)}
    # The password alone is less than they signed in with. With a passkey alone there are recovery codes too.
    ways: dict[str, Any] = {"code": CodeForm(sent("code"), user=person)}
    if second_factors.Type.WEBAUTHN in kinds:
        ways["passkey"] = PasskeyForm(sent("credential"), user=person)
    return ways
