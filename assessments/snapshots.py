"""The levels of each day, written down: docs/definitions.md, Maturity, Snapshot.

Rows are a pure function of events. They are written when something changes and once a night; deleted and built again
they are equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max

from assessments import histories, library
from assessments.models import Snapshot, Target
from assessments.querysets import SnapshotQuerySet
from assessments.scoring import History, score
from core import clock
from teams.models import Team
from teams.zones import zones_of

FIGURES = ["level", "met", "applicable", "known", "target"]
Targets = dict[str, list[tuple[date, int, int | None]]]  # by area: (day, version, level)


def refresh(team: Team, since: date, model_id: str = library.DEFAULT) -> None:
    """Write the team's rows from `since` on, and those of everybody who inherits from it. Call it with the team locked."""
    known = histories.links(model_id)
    dependants = histories.dependants_of(team.pk, known)
    # Who inherits holds a lock of its own while it writes, and reads what its providers had committed by then. Waiting for it
    # here puts these rows after its own. Providers wait for dependants and never the other way, so nobody waits in a circle.
    waited = Team.objects.select_for_update(no_key=True).filter(pk__in=dependants).order_by("pk")
    _write([team, *waited], since, model_id, known)


def write_nightly(model_id: str = library.DEFAULT) -> int:
    """Bring every team's rows up to its present day, an archived one's to its last; the number of teams that lacked some.

    Safe to run again.
    """
    late = _late_teams(model_id)
    for team, last in late:
        with transaction.atomic():
            locked = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
            _write([locked], last + timedelta(days=1), model_id, histories.links(model_id))
    return len(late)


def rebuild(model_id: str = library.DEFAULT) -> int:
    """Delete all rows and write them again; their number."""
    with transaction.atomic():
        teams = list(Team.objects.select_for_update(no_key=True).order_by("pk"))
        Snapshot.objects.filter(model_id=model_id).delete()
        _write(teams, date.min, model_id, histories.links(model_id))
        return Snapshot.objects.filter(model_id=model_id).count()


def _late_teams(model_id: str) -> list[tuple[Team, date]]:
    """The teams whose last row is of a day before the one they have come to, with the row's day."""
    written = _last_days(Snapshot.objects.filter(model_id=model_id))
    teams = list(Team.objects.filter(pk__in=written).order_by("pk"))
    zones = zones_of(teams)
    return [(team, written[team.pk]) for team in teams if written[team.pk] < _end(team, zones[team.pk])]


def _write(teams: Sequence[Team], since: date, model_id: str, known: histories.Links) -> None:
    pks = [team.pk for team in teams]
    history = histories.whole(pks, model_id, known)
    targets = _targets(pks, model_id)
    ends = _ends(teams, model_id)
    made: list[Snapshot] = []
    for team in teams:
        first = min(
            (event.day for (pk, _), events in history.items() if pk == team.pk for event in events), default=None
        )
        if first is not None:
            start, last = max(first, min(since, ends[team.pk][0])), ends[team.pk][1]
            made.extend(rows(team, history, targets[team.pk], _days(start, last), model_id))
    made.sort(key=lambda row: (row.team_id, row.day, row.area))  # writers who meet lock the rows in one order
    Snapshot.objects.bulk_create(
        made,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["team", "model_id", "area", "day"],
        update_fields=FIGURES,
    )


def rows(
    team: Team, history: History, targets: Targets, days: Iterable[date], model_id: str = library.DEFAULT
) -> list[Snapshot]:
    """The rows of these days: a pure function of events."""
    model = library.load(model_id)
    made = []
    for day in days:
        standings = histories.standings(team, history, day, model)
        for area in model.areas:
            found = score([standings[criterion.id] for criterion in area.criteria], model.top)
            made.append(
                Snapshot(
                    team=team,
                    model_id=model_id,
                    area=area.key,
                    day=day,
                    level=None if found.level is None else int(found.level),
                    met=found.met,
                    applicable=found.applicable,
                    known=found.known,
                    target=_target_on(targets.get(area.key, []), day),
                )
            )
    return made


def _target_on(targets: Sequence[tuple[date, int, int | None]], day: date) -> int | None:
    """The newest target by its day, of the same day the one recorded last."""
    return max((each for each in targets if each[0] <= day), key=lambda each: each[:2], default=(day, 0, None))[2]


def _targets(teams: Iterable[int], model_id: str) -> dict[int, Targets]:
    found: dict[int, Targets] = defaultdict(lambda: defaultdict(list))
    values = Target.objects.of(teams, model_id).values_list("team", "area", "effective_on", "version", "level")
    for team, area, *facts in values.order_by():
        found[team][area].append(tuple(facts))
    return found


def _ends(teams: Sequence[Team], model_id: str) -> dict[int, tuple[date, date]]:
    """By team: the first day without a row, and the last day to write.

    The last is the day the team has come to or, where the clock stands in the past of what is written already, the last row's.
    """
    written = _last_days(Snapshot.objects.of([team.pk for team in teams], model_id))
    zones = zones_of(teams)
    found = {}
    for team in teams:
        last, end = written.get(team.pk), _end(team, zones[team.pk])
        found[team.pk] = (last + timedelta(days=1), max(end, last)) if last else (date.min, end)
    return found


def _last_days(snapshots: SnapshotQuerySet) -> dict[int, date]:
    return dict(snapshots.order_by().values_list("team").annotate(last=Max("day")).values_list("team", "last"))


def _end(team: Team, zone: ZoneInfo) -> date:
    """Today, or the day on which the team was archived."""
    return clock.day_of(team.archived_at, zone) if team.archived_at else clock.today(zone)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
