"""What each person wants, and where; read for many people at once."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings

from core.crypto import digest
from notices.kinds import Kind
from notices.models import Choice, Preference
from teams.models import Person


class Wishes:
    """What these people chose, in two queries whatever their number."""

    def __init__(self, people: Iterable[Person]) -> None:
        known = list(people)
        self._preferences = {each.person_id: each for each in Preference.objects.filter(person__in=known)}
        self._choices = {(each.person_id, each.kind): each for each in Choice.objects.filter(person__in=known)}

    def preference(self, person: Person) -> Preference:
        """As it is stored, or the defaults."""
        return self._preferences.get(person.pk) or Preference(person=person)

    def inbox(self, person: Person, kind: Kind) -> bool:
        chosen = self._choices.get((person.pk, kind.id))
        return chosen.inbox if chosen else True

    def chose_mail(self, person: Person, kind: Kind) -> bool:
        chosen = self._choices.get((person.pk, kind.id))
        return chosen.mail if chosen else kind.mail

    def mail(self, person: Person, kind: Kind) -> bool:
        """Whether a mail of this kind should go: one leaves the portal at all, it is wanted, and the address was not refused."""
        preference = self.preference(person)
        stopped = not settings.MAIL_WORKS or preference.no_mail or is_refused(person, preference)
        return not stopped and self.chose_mail(person, kind)


def is_refused(person: Person, preference: Preference) -> bool:
    """Whether the mail server refused the address that the person has now."""
    return bool(preference.refused_digest) and preference.refused_digest == address_digest(person)


def address_digest(person: Person) -> str:
    return digest(person.email.lower())
