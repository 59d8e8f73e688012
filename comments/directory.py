"""Who can be mentioned, and how they are called: by name, by address, by what stands before the address's @."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property

from core.topics import Topic
from teams.models import Person

OFFERED = 8  # people at once


def key(words: str) -> str:
    """What two ways of writing a name have in common: letters' width and size, and spaces, are left out of account."""
    return "".join(unicodedata.normalize("NFKC", words).casefold().split())


class Directory:
    """Everybody whom `by` sees. One query, made when somebody is looked up."""

    def __init__(self, by: Person, *, is_sample: bool) -> None:
        self.by = by
        self.is_sample = is_sample  # among the sample's own things, its people can be mentioned

    @cached_property
    def people(self) -> dict[int, Person]:
        """By name."""
        seen = Person.objects.visible_to(self.by).listed()
        return {
            person.pk: person
            for person in seen.only("pk", "name", "email", "is_active", "is_sample", "removed_at", "shares_name")
        }

    @cached_property
    def _called(self) -> dict[str, list[Person]]:
        found = defaultdict(list)
        for person in self.people.values():
            for name in _names(person):
                found[name].append(person)
        return found

    @cached_property
    def longest(self) -> int:
        """Characters of the longest name or address."""
        return max(map(len, self._called), default=0)

    def reaches(self, person: Person) -> bool:
        return person.is_active and (self.is_sample or not person.is_sample)

    def called(self, words: str) -> Sequence[Person]:
        """Those whom `words` can mean: if some of them can be reached, these; else the others."""
        found = self._called.get(key(words), [])
        return [person for person in found if self.reaches(person)] or found

    def handle(self, person: Person) -> str:
        """The shortest that means this person and nobody else, with its @."""
        for name in (person.name, person.email.partition("@")[0]):
            if self.called(name) == [person]:
                return f"@{name}"
        return f"@{person.email}"

    def offer(self, words: str, first: Iterable[int] = ()) -> list[Person]:
        """Whom somebody may mean who has typed so much; those in `first` before the others."""
        typed, nearer = key(words), set(first)
        found = [
            person
            for person in self.people.values()
            if self.reaches(person) and (typed in key(person.name) or key(person.email).startswith(typed))
        ]
        return sorted(found, key=lambda person: person.pk not in nearer)[:OFFERED]


def _names(person: Person) -> set[str]:
    if person.removed_at:
        return set()
    return {key(name) for name in (person.name, person.email, person.email.partition("@")[0])} - {""}


def near(topic: Topic) -> set[int]:
    """The ids of those who have to do with the topic: its owners and its team's members."""
    members = topic.team.memberships.values_list("person", flat=True) if topic.team else ()
    return {*members, *(owner.pk for owner in topic.owners)}
