"""The search of the top bar; its state is the address."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from insights import search
from teams.requests import PortalRequest

LONGEST = 100  # characters


@require_safe
def page(request: PortalRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:LONGEST]
    context = {"room": "search", "words": words, "kinds": search.read(request.user, words)}
    return render(request, "insights/search.html", context)
