"""What other rooms show of OKRs: the team page, portfolio, home, the navigation. Each asks a constant number of queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from okrs import progress, status
from okrs.days import todays_of
from okrs.kinds import Status
from okrs.models import CheckIn, Cycle, KeyResult, Objective
from okrs.rows import KeyResultRow, ObjectiveRow, current, objective_rows, rows_of
from teams.models import Person, Team


@dataclass(frozen=True)
class OkrStanding:
    """A team's OKRs of its running cycles on a day. `status` is the worst; Status has `label`, `icon` and `css`.

    `status` and `progress` None: there are no key results. `statuses`: one for each key result, the worst first.
    """

    url: str
    cycle_title: str = ""
    cycles: Sequence[Cycle] = ()
    today: date | None = None
    objectives: Sequence[ObjectiveRow] = field(default_factory=list)

    @property
    def rows(self) -> list[KeyResultRow]:
        return [row for objective in self.objectives for row in objective.rows]

    @property
    def statuses(self) -> list[Status]:
        return sorted((row.status for row in self.rows), key=status.WORST_FIRST.index)

    @property
    def status(self) -> Status | None:
        return status.worst(self.statuses)

    @property
    def counts(self) -> dict[Status, int]:
        """How many key results have each status, the worst first; those that none has are left out."""
        return dict(Counter(self.statuses))

    @property
    def on_track(self) -> int:
        return sum(each == Status.ON_TRACK for each in self.statuses)

    @property
    def total(self) -> int:
        return len(self.rows)

    @property
    def reporting(self) -> int:
        return sum(row.standing.is_reported for row in self.rows)

    @property
    def due(self) -> int:
        """Check-ins that are asked for now."""
        return sum(row.standing.due.is_listed for row in self.rows)

    @property
    def progress(self) -> float | None:
        """The share of objective weight that is done."""
        parts = [(each.objective.weight, each.progress) for each in self.objectives if each.progress is not None]
        return progress.roll_up(parts)

    @property
    def day_of_cycle(self) -> tuple[int, int] | None:
        """(53, 91) where one cycle runs."""
        if len(self.cycles) != 1 or self.today is None:
            return None
        return self.cycles[0].day_number(self.today), self.cycles[0].days


def for_teams(teams: Sequence[Team], today: date | None = None) -> dict[int, OkrStanding]:
    """{team.pk: OkrStanding} for every team. `today` None: each team's own."""
    days = _days(teams, today)
    by_team: dict[int | None, list[Objective]] = defaultdict(list)
    for objective in Objective.objects.live().of_teams(teams).listed():
        by_team[objective.team_id].append(objective)
    shown: list[Objective] = []
    cycles: dict[int, list[Cycle]] = {}
    for team in teams:
        own = by_team[team.pk]
        cycles[team.pk] = current({objective.cycle for objective in own}, days(team.pk))
        shown += [objective for objective in own if objective.cycle in cycles[team.pk]]
    rows: dict[int | None, list[ObjectiveRow]] = defaultdict(list)
    for row in objective_rows(shown, days):
        rows[row.objective.team_id].append(row)
    return {
        team.pk: OkrStanding(
            url=reverse("okrs", args=[team.pk]),
            cycle_title=" · ".join(cycle.shown_title for cycle in cycles[team.pk]),
            cycles=cycles[team.pk],
            today=days(team.pk),
            objectives=rows[team.pk],
        )
        for team in teams
    }


def for_team(team: Team) -> OkrStanding:
    """The team's OKRs with objectives and rows, as templates/okrs/_card.html shows them."""
    return for_teams([team])[team.pk]


def _days(teams: Iterable[Team | None], today: date | None) -> Callable[[int | None], date]:
    return todays_of(teams) if today is None else lambda _team: today


# -- People -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DueCheckIn:
    """A check-in that a person owes."""

    row: KeyResultRow

    @property
    def title(self) -> str:
        return self.row.key_result.title

    @property
    def team(self) -> Team | None:
        """None: the organisation's."""
        return self.row.key_result.objective.team

    @property
    def on(self) -> date | None:
        return self.row.standing.due.on

    @property
    def days_late(self) -> int:
        return self.row.standing.due.days_late

    @property
    def url(self) -> str:
        return reverse("check-ins")


def rows_owned_by(person: Person) -> list[KeyResultRow]:
    """Every key result that the person answers for in cycles that are not closed, in the order of teams and objectives."""
    owned = KeyResult.objects.live().of_live_teams().in_open_cycles().owned_by(person)
    key_results = list(owned.listed().order_by("objective__team__name", "objective__cycle", *_ORDER))
    if not key_results:
        return []
    return rows_of(key_results, todays_of(each.objective.team for each in key_results))


_ORDER = ("objective__position", "objective", "position", "pk")


def due_of(person: Person) -> list[DueCheckIn]:
    """The check-ins that the person owes now, the latest due first; their number stands in the navigation."""
    due = [DueCheckIn(row) for row in rows_owned_by(person) if row.standing.due.is_listed]
    return sorted(due, key=lambda each: each.on or date.max)


def to_reassign(teams: Iterable[Team]) -> list[KeyResult]:
    """Key results of running cycles whose owner left, with `owner`, `objective.team`. One query."""
    found = KeyResult.objects.live().in_open_cycles().of_teams(teams)
    return list(found.without_an_owner_who_is_there().listed())


def recent_check_ins(teams: Iterable[Team], since: datetime, limit: int = 20) -> list[CheckIn]:
    """What people checked in for these teams since then, newest first, with `person`, `key_result.objective.team`. One query.

    `said_of(check_in)` says in words what each one did.
    """
    found = CheckIn.objects.of_teams(teams).by_people().recorded_since(since).last_recorded_first()
    return list(found.select_related("person", "key_result__objective__team")[:limit])


def said_of(check_in: CheckIn) -> str:
    """ "8.4 days, confidence 7"."""
    from okrs.history import value_text

    said = value_text(check_in)
    if check_in.confidence is not None:
        said = _("%(value)s, confidence %(confidence)s") % {"value": said, "confidence": check_in.confidence}
    return said
