"""What every page's frame shows."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest

from teams.models import Person, Team


def portal(request: HttpRequest) -> dict[str, Any]:
    """The organisation, the person's teams for the menu, and the theme. The teams are asked for only where a page shows them."""
    user = getattr(request, "user", None)
    return {
        "here": _here(request),
        "organisation": getattr(request, "organisation", None),
        "theme": user.theme if isinstance(user, Person) else request.COOKIES.get("theme", "auto"),
        "my_teams": (lambda: Team.objects.active().of(user).listed()) if isinstance(user, Person) else (lambda: ()),
    }


def _here(request: HttpRequest) -> str:
    """Where the language switch leads back to. A page that answers a POST may not be there for a GET: then the page before it."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    before = urlsplit(request.headers.get("Referer", ""))
    return f"{before.path}?{before.query}" if before.query else before.path
