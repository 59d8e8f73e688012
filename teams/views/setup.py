"""The first run, and the language switch."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from teams import limits
from teams.forms import SetupForm
from teams.models import Organisation, Person
from teams.services.account import choose_language
from teams.services.setup import AlreadySetUp, WrongCode, set_up
from teams.views.shared import SPEAK, own_page, sent, typed

BACKEND = settings.AUTHENTICATION_BACKENDS[0]


@never_cache
@sensitive_post_parameters("code", "password")
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """Make the organisation and its administrator; afterwards the page is gone."""
    if Organisation.current() is not None:
        raise Http404
    form = SetupForm(sent(request), initial=typed(request) | {"language": get_language()})
    if form.is_valid():
        try:
            taken = limits.take(request, "set_up")
            person = set_up(**form.cleaned_data)
        except limits.TooMany:
            return render(request, "teams/setup.html", {"form": None, "minutes": 10}, status=429)
        except WrongCode as error:
            form.add_error(error.field, error.message)
        except AlreadySetUp:
            messages.error(request, _("Somebody has just set up the portal. Ask them for an invitation."))
            return redirect("account_login")
        else:
            limits.give_back(taken)
            login(request, person, backend=BACKEND)
            return redirect("home")
    return render(request, "teams/setup.html", {"form": form, "typed_in": "new"}, status=422 if form.errors else 200)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Speak another language from now on: to the person, or to this browser where nobody is signed in.

    A form that is being filled in comes along; its page gets it back with 307, which repeats the request.
    """
    wanted = request.POST.get(SPEAK) or request.POST.get("language", "")
    if wanted not in dict(settings.LANGUAGES):
        raise BadRequest("no such language")
    response = HttpResponseRedirect(own_page(request, request.POST.get("next", "")))
    if SPEAK in request.POST:
        response.status_code = 307
    if isinstance(request.user, Person):
        choose_language(person=request.user, language=wanted)
    else:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            wanted,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite=settings.LANGUAGE_COOKIE_SAMESITE,
        )
    return response
