"""500 edits by 25 people at once, of a few fields that all of them edit; what was acknowledged is counted row by row."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, models

from core import clock
from core.edits import StaleEdit
from okrs import services as okrs
from roadmaps import services as roadmaps
from roadmaps.models import Item
from teams.models import AuditEvent, Organisation, Person, Team, TeamRole
from teams.services import teams
from tests.factories import MembershipFactory, TeamFactory
from tests.long.conftest import Tell
from tests.long.figures import Edits, Report
from tests.okrs.factories import TODAY, key_result_of, objective_in, quarter
from tests.roadmaps.factories import started

pytestmark = [
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_unguarded"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]
PEOPLE, ROUNDS = 25, 20
START = date(2026, 4, 1)
Chain = list[tuple[str, str]]


@dataclass(frozen=True)
class Place:
    """A field of a row: how it is edited, and the chain of its events, (old, new), the oldest first. Values are texts."""

    row: models.Model
    name: str
    edit: Callable[[Person, str, str], object]  # by, seen, wanted
    chain: Callable[[], Chain]

    def read(self) -> str:
        return str(type(self.row)._base_manager.values_list(self.name, flat=True).get(pk=self.row.pk))

    def value(self, number: int) -> str:
        """What nobody else ever wants here."""
        return str(START + timedelta(days=number)) if self.name == "due_date" else f"Edit {number}"


@dataclass
class Try:
    place: Place
    seen: str
    wanted: str
    theirs: str | None = None  # what a 409 told
    broken: str = ""  # any other end

    @property
    def acknowledged(self) -> bool:
        return self.theirs is None and not self.broken


def _events(changes: Any) -> Callable[[], Chain]:
    return lambda: list(changes.order_by("pk").values_list("old", "new"))


def _of_item(item: Item, name: str) -> Place:
    def edit(by: Person, seen: str, wanted: str) -> object:
        values = [date.fromisoformat(each) if name == "due_date" else each for each in (seen, wanted)]
        return roadmaps.edit_item(item=item, by=by, seen={name: values[0]}, wanted={name: values[1]})

    return Place(item, name, edit, _events(item.roadmap.changes.filter(item=item, field=name)))


def _of_okr(row: Any, name: str, service: Callable[..., object], **which: Any) -> Place:
    def edit(by: Person, seen: str, wanted: str) -> object:
        return service(**which, by=by, seen={name: seen}, wanted={name: wanted})

    # An objective's key results write below it too.
    mine = row.changes.filter(field=name) if "key_result" in which else row.changes.filter(field=name, key_result=None)
    return Place(row, name, edit, _events(mine))


def _of_team(team: Team) -> Place:
    def edit(by: Person, seen: str, wanted: str) -> object:
        return teams.change_team(team=team, by=by, seen={"name": seen}, wanted={"name": wanted})

    events = AuditEvent.objects.filter(action="team.name_changed", team=team).order_by("pk")
    return Place(team, "name", edit, lambda: [(each.data["before"], each.data["after"]) for each in events.all()])


@pytest.fixture
def people(organisation: Organisation) -> list[Person]:
    team = TeamFactory(name="Forecasting")
    return [MembershipFactory(team=team, role=TeamRole.TEAM_ADMIN).person for _each in range(PEOPLE)]


@pytest.fixture
def places(people: list[Person]) -> list[Place]:
    team, by = Team.objects.get(name="Forecasting"), people[0]
    items = list(started(team, by, START).items.filter(phase=1).order_by("pk")[:2])
    objective = objective_in(quarter(by, team), by, team)
    key_result = key_result_of(objective, by)
    return [
        *(_of_item(item, name) for item in items for name in ("title", "due_date")),
        *(_of_okr(objective, name, okrs.edit_objective, objective=objective) for name in ("title", "why")),
        *(_of_okr(key_result, name, okrs.edit_key_result, key_result=key_result) for name in ("title", "done_when")),
        _of_team(team),
    ]


def tried(by: Person, attempt: Try, gate: threading.Barrier) -> Try:
    """One edit, begun by all at once."""
    try:
        gate.wait(60)
        with clock.at(TODAY):
            attempt.place.edit(by, attempt.seen, attempt.wanted)
    except StaleEdit as stale:
        attempt.theirs = str(stale.theirs[attempt.place.name])
        if str(stale.yours[attempt.place.name]) != attempt.wanted:
            attempt.broken = f"it told {stale.yours} as mine"
    except Exception as error:
        attempt.broken = repr(error)
    finally:
        connection.close()
    return attempt


def worked(people: list[Person], places: list[Place], dice: random.Random) -> list[Try]:
    """Round by round: everybody looks, then everybody saves; one in four saves what they saw a round before."""
    tries: list[Try] = []
    before = {place: place.read() for place in places}
    with ThreadPoolExecutor(PEOPLE) as pool:
        for _round in range(ROUNDS):
            now = {place: place.read() for place in places}
            gate = threading.Barrier(PEOPLE)
            begun = []
            for person in people:
                place = dice.choice(places)
                seen = before[place] if dice.random() < 0.25 else now[place]
                attempt = Try(place, seen, place.value(len(tries) + len(begun) + 1))
                begun.append(pool.submit(tried, person, attempt, gate))
            tries += [each.result() for each in begun]
            before = now
    return tries


def wrongs(place: Place, first: str, tries: list[Try]) -> list[str]:
    """What does not add up in one field: every event against what those who edited it were answered."""
    chain, found = place.chain(), []
    values = [first, *(new for _old, new in chain)]
    if [*(old for old, _new in chain), place.read()] != values:
        found.append(f"the chain is broken: {chain}")
    made = Counter(chain)
    for each in tries:
        if each.broken:
            found.append(f"{each.wanted}: {each.broken}")
        elif each.acknowledged and made[each.seen, each.wanted] != 1:
            found.append(
                f"{each.wanted} was acknowledged, and follows {made[each.seen, each.wanted]} times on {each.seen}"
            )
        elif not each.acknowledged and any(new == each.wanted for _old, new in chain):
            found.append(f"{each.wanted} was refused, and is there")
        elif not each.acknowledged and (each.theirs == each.seen or each.theirs not in {new for _old, new in chain}):
            found.append(f"{each.wanted} was told that {each.theirs} stands there, having seen {each.seen}")
    if len(chain) != sum(each.acknowledged for each in tries):
        found.append(f"{len(chain)} events for {sum(each.acknowledged for each in tries)} acknowledged edits")
    return [f"{place.row._meta.model_name}.{place.name}: {each}" for each in found]


def test_each_acknowledged_edit_is_there_and_each_other_one_was_told_of(
    people: list[Person], places: list[Place], dice: random.Random, tell: Tell, report: Report
) -> None:
    first = {place: place.read() for place in places}
    tries = worked(people, places, dice)
    wrong = []
    for place in places:
        wrong += wrongs(place, first[place], [each for each in tries if each.place == place])
    report.edits = Edits(
        people=PEOPLE,
        fields=len(places),
        edits=len(tries),
        acknowledged=sum(each.acknowledged for each in tries),
        stale=sum(each.theirs is not None for each in tries),
        wrong=len(wrong),
    )
    tell(report.edits.sums())
    assert wrong == []
    assert (report.edits.edits, report.edits.acknowledged + report.edits.stale) == (PEOPLE * ROUNDS, PEOPLE * ROUNDS)
    assert report.edits.stale > 100, "they did not get into each other's way"
    assert report.edits.acknowledged > 100
