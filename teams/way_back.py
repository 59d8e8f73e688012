"""Where a detour (sign-in, a password asked again) leads back to."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def led_to(request: HttpRequest, address: str) -> HttpResponse:
    """A redirect, of the whole page also where only a fragment was asked for."""
    if "HX-Request" not in request.headers:
        return redirect(address)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = address
    return response


def page_to_go_on_at(request: HttpRequest) -> str:
    """Where sign-in, or a password asked again, leads back to: the page, or the one that a form or a fragment was asked for from.

    An address that only takes POST cannot be opened, and one of a fragment shows no page.
    """
    is_fragment = "HX-Request" in request.headers
    if request.method in ("GET", "HEAD") and not is_fragment:
        return request.get_full_path()
    came_from = request.headers.get("HX-Current-URL" if is_fragment else "Referer", "")
    return _own_page(request, came_from) or reverse("home")


def _own_page(request: HttpRequest, address: str) -> str:
    """The page of this portal that the address names, without the host; "" if it names another's."""
    if not url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}):
        return ""
    parts = urlsplit(address)
    page = parts.path + (f"?{parts.query}" if parts.query else "")
    # What is left must not lead elsewhere either: the path of "https://portal.example//evil.example" would.
    return page if page.startswith("/") and url_has_allowed_host_and_scheme(page, allowed_hosts=None) else ""


def next_of(request: HttpRequest) -> str:
    """The page of this portal that ?next= names, or the same field of a form; home where it names none."""
    return _own_page(request, request.POST.get("next") or request.GET.get("next", "")) or reverse("home")
