"""A person's calendar addresses, as their page shows them."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _

from calendars.models import Address
from teams import links
from teams.models import Team
from teams.views.shared import me


@dataclass(frozen=True)
class Line:
    id: str
    title: str
    url: str

    @property
    def subscribe(self) -> str:
        """The same, as programs know it that open it by themselves."""
        return f"webcal://{self.url.partition('://')[2]}"


def addresses_of(request: HttpRequest, asked: Team | None) -> list[Line]:
    """One's own, that of `asked`, and those of one's teams by name; nothing while no address was made."""
    person = me(request)
    kept = Address.objects.filter(person=person).first()
    if kept is None:
        return []
    own = Line("mine", _("Due from me"), links.absolute(request, "calendar-feed", kept.secret))
    teams = list(Team.objects.active().of(person).listed("name"))
    shown = [asked, *(team for team in teams if team != asked)] if asked else teams
    return [
        own,
        *(
            Line(f"team-{team.pk}", team.name, links.absolute(request, "calendar-team-feed", kept.secret, team.pk))
            for team in shown
        ),
    ]


def origin_of(request: HttpRequest) -> str:
    """https://portal.example.com, without a slash at its end."""
    return links.absolute(request, "home").rstrip("/")
