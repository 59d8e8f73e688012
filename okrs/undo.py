"""What can be taken back of OKRs, for core/undo.py: archiving an objective or a key result."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from core import undo
from core.undo import Data, Kind
from okrs.models import KeyResult, Objective
from okrs.services import restore
from teams.models import Person

KINDS: dict[str, type[Objective] | type[KeyResult]] = {
    "objective.archive": Objective,
    "key_result.archive": KeyResult,
}


def kind_of(row: Objective | KeyResult) -> str:
    return "key_result.archive" if isinstance(row, KeyResult) else "objective.archive"


def _kind(name: str, model: Any) -> Kind:
    def found(data: Data) -> Any:
        return model.objects.filter(pk=data["row"]).first()

    def said(data: Data) -> str:
        return _("“%(title)s” is archived. Everything that was said of it is kept.") % {"title": found(data)}

    def may(person: Person, data: Data) -> bool:
        row = found(data)
        objective = row.objective if isinstance(row, KeyResult) else row
        return row is not None and person.has_perm("okrs.edit", objective.team)

    def take_back(data: Data, by: Any) -> None:
        row = model.objects.select_for_update(of=("self",)).get(pk=data["row"])
        if row.archived_at is not None and row.archived_at != datetime.fromisoformat(data["at"]):
            raise undo.changed_meanwhile()
        restore(row=row, by=by)

    return Kind(name, said, may, take_back)


def register() -> None:
    for name, model in KINDS.items():
        undo.register(_kind(name, model))
