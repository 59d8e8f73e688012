"""What can be imported: each room says which columns its table has, what a row would do, and does it.

An importer is registered in the room's `AppConfig.ready`; the room imports/ brings the file, the dry run and the transaction.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.refusals import Refused
from core.tables.reading import Column, Row


class RowState(models.TextChoices):
    """What a row of a file would do."""

    NEW = "new", gettext_lazy("New")
    CHANGED = "changed", gettext_lazy("Changed")
    SAME = "same", gettext_lazy("Same")
    REFUSED = "refused", gettext_lazy("Refused")


@dataclass(frozen=True)
class Difference:
    """What a row changes: the heading, what stands there now, what will; as people read it, "" for nothing."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Planned:
    """What a row of a file would do. `title` says what it is about, `reason` why it is refused.

    `todo` is the importer's own: what `apply` needs. It is never kept, `apply` gets a plan that was made a moment before.
    """

    number: int
    state: RowState
    title: str = ""
    reason: str = ""
    differences: Sequence[Difference] = ()
    todo: Any = None


class Importer(ABC):
    """One table that the people of a team, or of the organisation, can bring and take away again."""

    kind: ClassVar[str]  # as in addresses: "roadmap-items"
    title: ClassVar[str | Promise]
    about: ClassVar[str | Promise]  # one or two sentences for whoever brings a file
    tab: ClassVar[str]  # of the team's pages, as templates/_team_head.html calls it: "roadmap"
    columns: ClassVar[Sequence[Column]]
    of_organisation: ClassVar[bool] = False  # whether the organisation has such a table too: `team` is None then
    at_once: ClassVar[int] = (
        1000  # rows that are imported while the person waits, in a second or two; a worker does more
    )
    then: ClassVar[Sequence[str]] = ()  # kinds that people bring after this one

    @abstractmethod
    def plan(self, rows: Sequence[Row], team: Any, by: Any) -> list[Planned]:
        """What each row would do, in a bounded number of queries; nothing is written. A row is compared with what is stored:
        one that would change nothing is `same`. An empty cell leaves what is there. Refused if nothing at all can be brought.

        The rows have no `problem` and something in every required column. `planned_each` takes care of refusals.
        """

    @abstractmethod
    def apply(self, planned: Sequence[Planned], team: Any, by: Any) -> None:
        """Do what the new and changed rows of a plan say, in the caller's transaction, by a service of the room that takes many
        rows. Refused undoes everything."""

    @abstractmethod
    def lock(self, team: Any) -> None:
        """Lock what `plan` reads and `apply` writes, so that nothing changes between the two."""

    @abstractmethod
    def rows(self, team: Any) -> Iterable[Sequence[Any]]:
        """What is stored, in the order of `columns`: imported again it is all `same`."""

    @abstractmethod
    def address(self, team: Any) -> str:
        """The page where people find what was imported."""

    def notes(self) -> Sequence[str | Promise]:
        """What else whoever fills in a template should know."""
        return ()


def planned_each(rows: Iterable[Row], plan: Callable[[Row], Planned]) -> list[Planned]:
    """A plan of each row by itself; one for which `plan` raises Refused is refused with its sentence."""
    found = []
    for row in rows:
        try:
            found.append(plan(row))
        except Refused as error:
            found.append(Planned(row.number, RowState.REFUSED, row.title, error.message))
    return found


class Once:
    """Refuses a second row of a file about the same thing."""

    def __init__(self) -> None:
        self._first: dict[Any, int] = {}

    def check(self, key: Any, number: int) -> None:
        first = self._first.setdefault(key, number)
        if first != number:
            raise Refused(_("Row %(row)s is about the same already.") % {"row": first})


_importers: dict[str, Importer] = {}


def register(importer: Importer) -> None:
    """Add an importer. ValueError if another one has its kind."""
    if type(_importers.get(importer.kind, importer)) is not type(importer):
        raise ValueError(f"two importers are called {importer.kind}")
    _importers[importer.kind] = importer


def get(kind: str) -> Importer | None:
    return _importers.get(kind)


def all_importers() -> list[Importer]:
    """Every importer, in the order of registration."""
    return list(_importers.values())


def importers_of(team: Any) -> list[Importer]:
    """Those of a team's tables, or with None of the organisation's."""
    return [each for each in all_importers() if team is not None or each.of_organisation]
