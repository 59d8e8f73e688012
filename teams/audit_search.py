"""Finding entries of the audit log: the filters of its page, and words in what an entry says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from core.addresses import pk_in
from core.json_text import PlainValues
from teams import audit
from teams.audit import AuditQuerySet
from teams.models import Person

FILTERS = ("q", "about", "team", "person", "subject", "from", "to")


def found(rows: AuditQuerySet, asked: Mapping[str, str]) -> AuditQuerySet:
    """Those of `rows` that FILTERS ask for, {name: text}. What cannot be understood asks for nothing."""
    if (team := pk_in(asked["team"])) is not None:
        rows = rows.in_team(team)
    if (person := pk_in(asked["person"])) is not None:
        rows = rows.concerning(person)
    if asked["about"]:
        rows = rows.about(asked["about"])
    if asked["subject"]:
        rows = rows.filter(subject=asked["subject"])
    if (first := _day(asked["from"])) is not None:
        rows = rows.filter(recorded_at__gte=_beginning(first))
    if (last := _day(asked["to"])) is not None:
        rows = rows.filter(recorded_at__lt=_beginning(last + timedelta(days=1)))
    return _saying(rows, asked["q"])


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date.min < day < date.max else None


def _beginning(day: date) -> datetime:
    """Of the day in the reader's time zone."""
    return datetime.combine(day, time.min, timezone.get_current_timezone())


def _saying(rows: AuditQuerySet, words: str) -> AuditQuerySet:
    """Those in which every word stands: in the sentence as the reader reads it, or in the name of who, of the team or token."""
    if words:
        rows = rows.alias(values_in_data=PlainValues("data"))
    for word in words.split():
        rows = rows.filter(_of_people(word) | _of_sentences(word) | Q(values_in_data__icontains=word)
                           | Q(team__name__icontains=word) | Q(token__name__icontains=word))  # fmt: skip
    return rows


def _of_people(word: str) -> Q:
    """The log holds no names: whose present name or address it is, as actor or subject."""
    people = Person.objects.present().matching(word)
    if word.casefold() in gettext("removed person").casefold():
        people = people | Person.objects.filter(removed_at__isnull=False)
    pks = list(people.values_list("pk", flat=True))
    return Q(actor__in=pks) | Q(subject__in=[f"person:{pk}" for pk in pks])


def _of_sentences(word: str) -> Q:
    """Sentences that hold the word in the reader's language, and those in which a value of `data` reads so."""
    wanted = Q(pk__in=())
    for action, (sentence, labels) in audit.sentences().items():
        if word.casefold() in re.sub(r"%\(\w+\)s", " ", str(sentence)).casefold():
            wanted |= Q(action=action)
            continue
        for value in (value for value, label in labels.items() if word.casefold() in str(label).casefold()):
            wanted |= Q(action=action, values_in_data__contains=value)
    return wanted
