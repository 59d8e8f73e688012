"""What every page's frame shows."""

from typing import Any

from django.http import HttpRequest

from teams.models import Person, Team


def portal(request: HttpRequest) -> dict[str, Any]:
    """The organisation, the person's teams for the menu, and the theme. The teams are asked for only where a page shows them."""
    user = getattr(request, "user", None)
    return {
        "organisation": getattr(request, "organisation", None),
        "theme": user.theme if isinstance(user, Person) else request.COOKIES.get("theme", "auto"),
        "my_teams": (lambda: Team.objects.active().of(user).listed()) if isinstance(user, Person) else (lambda: ()),
    }
