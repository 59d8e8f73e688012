"""What OKRs hold about a person, for removal and export (teams/personal.py)."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import ngettext

from okrs.models import KeyResult, Objective
from teams.models import Person
from teams.personal import Owned, register_owned, register_written


def register() -> None:
    register_owned(_objectives)
    register_owned(_key_results)
    register_written("okrs.Remark", lambda person: Q(check_in__person=person))


def _objectives(person: Person) -> Owned:
    rows = list(Objective.objects.live().in_open_cycles().filter(owner=person).listed())
    return _owned(ngettext("%(n)s objective", "%(n)s objectives", len(rows)), rows)


def _key_results(person: Person) -> Owned:
    rows = list(KeyResult.objects.live().in_open_cycles().filter(owner=person).listed())
    return _owned(ngettext("%(n)s key result", "%(n)s key results", len(rows)), rows)


def _owned(what: str, rows: list[Objective] | list[KeyResult]) -> Owned:
    return Owned(what % {"n": len(rows)}, [(row.title, row.get_absolute_url()) for row in rows])
