"""Mentions in a comment. People type @ and a name; what is kept is @<id>, so that the present name is always shown.

A mention begins with @ where no address can be going on: after anything but a latin letter, a digit or one of . _ % + -. It
reaches as far as somebody is called so; names may hold spaces, and what follows a Japanese name needs none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from comments.directory import Directory, key
from core.refusals import Refused
from core.spans import list_text
from teams.models import Person

KEPT = re.compile(r"@<([0-9]{1,18})>")
_BEGINS = re.compile(r"(?<![A-Za-z0-9._%+-])[@＠](?=[^\s@＠])")
_TYPED = re.compile(r"[\w.+-]{1,40}")
_WRITTEN_TOGETHER = 0x2E80  # from here on stand the scripts that put no spaces between words


class CommentError(Refused):
    """A comment that cannot be written. Nothing of it was kept."""


class _NotMeant(CommentError):
    """Somebody is mentioned who cannot be."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "text")


@dataclass(frozen=True)
class Kept:
    """A text as it is kept, and who is mentioned in it."""

    text: str
    people: list[Person]


def keep(text: str, directory: Directory) -> Kept:
    """Put ids in the place of names. CommentError for the first mention of nobody, of several, or of somebody out of reach."""
    parts, people, at = [], {}, 0
    for begin in _BEGINS.finditer(text):
        if begin.start() < at:
            continue  # inside the address that was taken for a mention just now
        met = _mention(text, begin.end(), directory)
        if met:
            person, end = met
            parts += [text[at : begin.start()], f"@<{person.pk}>"]
            people[person.pk], at = person, end
    return Kept("".join([*parts, text[at:]]), list(people.values()))


def _mention(text: str, start: int, directory: Directory) -> tuple[Person, int] | None:
    """Who is mentioned after the @ before `start`, and where the mention ends. None for a mere sign, as in "@)"."""
    if by_id := KEPT.match(text, start - 1):
        person = directory.people.get(int(by_id[1]))
        if person is None:
            raise _NotMeant(_("There is nobody with the number %(number)s.") % {"number": by_id[1]})
        return _reached(person, directory), by_id.end()
    for end in reversed(list(_ends(text, start, directory.longest))):
        found = directory.called(text[start:end])
        if len(found) == 1:
            return _reached(found[0], directory), end
        if found:
            words = {"name": text[start:end], "people": list_text(directory.handle(each) for each in found)}
            raise _NotMeant(_("“@%(name)s” can mean several people. Write one of these: %(people)s.") % words)
    if not text[start].isalnum():
        return None
    raise _NotMeant(_nobody(_typed(text, start), directory))


def _ends(text: str, start: int, longest: int) -> Iterator[int]:
    """Where a name may end: on the same line, and not within a word or an address that goes on."""
    for end in range(start + 1, len(text) + 1):
        if text[end - 1] in "\r\n" or len(key(text[start:end])) > longest:
            return
        if not text[end - 1].isspace() and not _goes_on(text, end):
            yield end


def _goes_on(text: str, end: int) -> bool:
    rest = text[end : end + 2]
    if rest and rest[0] in "._+-@" and rest[1:].isalnum():
        return ord(rest[1]) < _WRITTEN_TOGETHER  # anna-lena, tom@example.com; a sentence ends with a mere full stop
    both = text[end - 1] + rest[:1]
    return len(both) > 1 and both.isalnum() and max(map(ord, both)) < _WRITTEN_TOGETHER


def _typed(text: str, start: int) -> str:
    found = _TYPED.match(text, start)
    return found[0].rstrip(".+-") if found else text[start]


def _nobody(typed: str, directory: Directory) -> str:
    near = [directory.handle(each) for each in directory.offer(typed)][:3]
    words = {"name": typed, "people": list_text(near)}
    if near:
        return _("Nobody is called “@%(name)s”. Do you mean %(people)s?") % words
    return _("Nobody is called “@%(name)s”. Put a space after the @ if you mean no person.") % words


def _reached(person: Person, directory: Directory) -> Person:
    if directory.reaches(person):
        return person
    words = {"name": str(person)}
    if not person.is_active:
        raise _NotMeant(_("%(name)s has no access any more and would never see it. Take the mention out.") % words)
    raise _NotMeant(_("%(name)s belongs to the sample organisation and can be mentioned only there.") % words)


def mentioned(texts: Iterable[str]) -> set[int]:
    """The ids of the people who are mentioned."""
    return {int(pk) for text in texts for pk in KEPT.findall(text)}


def names_in(texts: Iterable[str]) -> dict[int, str]:
    """The present names of those who are mentioned, by id; no query without any."""
    pks = mentioned(texts)
    return {person.pk: str(person) for person in Person.objects.filter(pk__in=pks)} if pks else {}


def readable(text: str, names: Mapping[int, str]) -> str:
    """The text as people read it."""
    return KEPT.sub(lambda found: f"@{name_of(int(found[1]), names)}", text)


def name_of(pk: int, names: Mapping[int, str]) -> str:
    return names.get(pk) or _("removed person")
