"""The way out: every row of the sample's teams, groups and people goes, and nothing else.

What belongs to them is found by the foreign keys of all rooms, so that a new room needs no line here. The rows are deleted in one
transaction; at its end the database itself refuses if anything that stays still pointed to one of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models import CASCADE, PROTECT, RESTRICT, SET_NULL
from django.utils.translation import gettext as _

from comments.models import Comment
from core import append_only, topics
from core.refusals import Refused
from teams.models import Person, Team, TeamGroup

Rows = dict[type[models.Model], set[int]]  # primary keys by model
Key = Any  # a models.ForeignKey, whose type would name both of its models
OWNING = (CASCADE, PROTECT, RESTRICT)  # a row with such a key does not stand without the other one
CHUNK = 500  # keys in one query


class InUse(Refused):
    """Something of a real team leans on the sample."""


@dataclass(frozen=True)
class Found:
    """What goes: `of_teams` hangs on a sample team; `others` are the sample's groups and people, and what hangs on those only."""

    of_teams: Rows
    others: Rows

    def holds(self, model: type[models.Model], key: int) -> bool:
        return key in self.of_teams.get(model, ()) or key in self.others.get(model, ())

    def __iter__(self) -> Iterator[tuple[type[models.Model], set[int]]]:
        yield from self.of_teams.items()
        yield from self.others.items()


def found() -> Found:
    """The sample's teams, groups and people, and every row that does not stand without one of them."""
    of_teams = _hanging_on({Team: _marked(Team)}, except_for={})
    others = _hanging_on({model: _marked(model) for model in (TeamGroup, Person)}, except_for=of_teams)
    return Found(of_teams, others)


def _marked(model: type[models.Model]) -> set[int]:
    return set(model._default_manager.filter(is_sample=True).values_list("pk", flat=True))


def _hanging_on(start: Rows, *, except_for: Rows) -> Rows:
    rows: Rows = defaultdict(set)
    todo = list(start.items())
    while todo:
        model, keys = todo.pop()
        new = keys - rows[model] - except_for.get(model, set())
        rows[model] |= new
        if new:
            todo += [(other.model, _pointing(other, new)) for other in _keys_to(model) if _owns(other)]
            todo += [(Comment, said) for said in _said_about(model, new)]
    return rows


def _said_about(model: type[models.Model], keys: set[int]) -> Iterator[set[int]]:
    """The comments on these rows, which no foreign key holds (core/topics.py)."""
    for kind in topics.kinds():
        if kind.model is model:
            for chunk in _chunks(keys):
                yield set(Comment.objects.about_rows(kind.id, chunk).values_list("pk", flat=True))


def check(going: Found) -> None:
    """InUse if one of the rows also belongs to something that stays, as a real team's goal in a sample cycle.

    What hangs on a sample team may stand among real things, as its goal in a real cycle; it may not be another team's too.
    """
    for model, keys in going.of_teams.items():
        _check(going, model, keys, [key for key in _keys_of(model) if key.related_model is Team])
    for model, keys in going.others.items():
        _check(going, model, keys, [key for key in _keys_of(model) if key.related_model is not Person])


def _check(going: Found, model: type[models.Model], keys: set[int], fields: list[Key]) -> None:
    for field in fields:
        for chunk in _chunks(keys):
            for target in model._base_manager.filter(pk__in=chunk).values_list(field.name, flat=True):
                if target is not None and not going.holds(field.related_model, target):
                    staying = field.related_model._base_manager.get(pk=target)
                    raise InUse(
                        _("“%(what)s” uses something of the sample organisation. Change that first.")
                        % {"what": staying}
                    )


def remove() -> None:
    """Delete them all. InUse."""
    going = found()
    check(going)
    with transaction.atomic(), append_only.lifted("the sample organisation is removed"):
        for model, keys in going:
            for key in _keys_to(model):
                if key.remote_field.on_delete is SET_NULL:
                    for chunk in _chunks(keys):
                        key.model._base_manager.filter(**{f"{key.name}__in": chunk}).update(**{key.name: None})
        for model, keys in going:
            for chunk in _chunks(keys):
                model._base_manager.filter(pk__in=chunk)._raw_delete(DEFAULT_DB_ALIAS)


def _owns(key: Key) -> bool:
    return key.remote_field.on_delete in OWNING


def _keys_of(model: type[models.Model]) -> list[Key]:
    """The model's own foreign keys to what it does not stand without."""
    return [key for key in model._meta.get_fields() if isinstance(key, models.ForeignKey) and _owns(key)]


def _keys_to(model: type[models.Model]) -> Iterator[Key]:
    """The foreign keys of all rooms that point to the model."""
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel):
            yield relation.field


def _pointing(key: Key, keys: set[int]) -> set[int]:
    rows = key.model._base_manager
    return {
        pk for chunk in _chunks(keys) for pk in rows.filter(**{f"{key.name}__in": chunk}).values_list("pk", flat=True)
    }


def _chunks(keys: set[int]) -> Iterator[list[int]]:
    ordered = sorted(keys)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
