"""How states and levels read, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _

from assessments import library
from assessments.states import Kind
from core.content import text


def said(criterion: library.Criterion, kind: str | None, state: float | None) -> str:
    """What an answer says: the label of its state, or what else it is."""
    if kind is None:
        return _("Not answered")
    if kind == Kind.STATE and state is not None:
        return text(criterion.states[int(state)].label)
    return str(Kind(kind).label)


def level_title(model: library.MaturityModel, level: int | None) -> str:
    return text(model.levels[level].title) if level is not None else ""
