"""The people of a team as a table names them: by their name, or by their address where two have one name."""

from __future__ import annotations

from collections import defaultdict

from django.utils.translation import gettext as _

from core.refusals import Refused
from core.tables.cells import plain, short
from teams.models import Person, Team


class Named:
    """Who belongs to the team, or without one to the organisation, and can sign in. One query, when it is made."""

    def __init__(self, team: Team | None) -> None:
        self._by_reading: dict[str, list[Person]] = defaultdict(list)
        people = Person.objects.active()
        for person in (people.filter(memberships__team=team) if team else people).listed():
            for reading in {plain(person.name), plain(person.email)} - {""}:
                self._by_reading[reading].append(person)

    def written(self, person: Person | None) -> str:
        """What a cell says of somebody, also of one who left. Nothing of whoever was removed."""
        if person is None or person.removed_at:
            return ""
        return person.name if person.name and len(self._by_reading[plain(person.name)]) <= 1 else person.email

    def of(self, text: str) -> Person:
        """Whom a cell means. Refused for nobody of the team, and for a name of several."""
        found = self._by_reading.get(plain(text), [])
        if len(found) == 1:
            return found[0]
        if found:
            message = _("Several people of the team are called “%(name)s”. Write the e-mail address.")
        else:
            message = _("“%(name)s” is nobody of the team. Write a name or an e-mail address.")
        raise Refused(message % {"name": short(text)})
