"""Where teams stand today: the numbers that every page and the API show alike, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments import histories, library, scoring
from assessments.models import Assessment, Target
from assessments.scoring import AreaFacts, History, Score, Standing
from assessments.wording import level_title, said
from core import clock, links
from core.content import text
from core.links import Items, LinkedItem
from teams.models import Team
from teams.zones import zones_of

COMPARED = timedelta(weeks=13)  # change is shown against that day, everywhere


@dataclass(frozen=True)
class CriterionRow:
    """A criterion of a team: `is_met` at the area's next level (at the top: at this one)."""

    criterion: library.Criterion
    now: Standing
    before: Standing  # 13 weeks ago
    is_met: bool
    provider: Team | None
    url: str

    @property
    def id(self) -> str:
        return self.criterion.id

    @property
    def title(self) -> str:
        return text(self.criterion.title)

    @property
    def said(self) -> str:
        return said(self.criterion, self.now.kind, self.now.state)


@dataclass(frozen=True)
class AreaStanding:
    """`met` of `applicable` criteria are at the next level. `level` None: no criterion applies, or never assessed."""

    key: str
    title: str
    level: int | None
    met: int
    applicable: int
    known: int
    change: int | None  # against 13 weeks ago; None where one of the two days has no level
    target: int | None
    target_due: date | None
    target_version: int
    top: int
    url: str
    criteria: Sequence[CriterionRow]
    level_title: str

    @property
    def is_top(self) -> bool:
        return self.level == self.top

    @property
    def next_level(self) -> int | None:
        return None if self.level is None or self.is_top else self.level + 1

    @property
    def misses_target(self) -> bool:
        return self.target is not None and self.level is not None and self.level < self.target

    @property
    def segments(self) -> list[str]:
        """The meter: one word for each level above 0: "on", "next" (split into `pips`) or ""."""
        level = self.level or 0
        return [
            "on" if n <= level else "next" if n == level + 1 and self.level is not None else ""
            for n in range(1, self.top + 1)
        ]

    @property
    def pips(self) -> list[bool]:
        """One for each criterion that applies: met at the next level or not."""
        return [number < self.met for number in range(self.applicable)]


@dataclass(frozen=True)
class NextStep:
    """The criterion that lifts an area's level soonest, and the roadmap's item that does it, if there is one."""

    title: str
    why: str
    url: str  # the criterion
    item_url: str | None  # the item, where it is open
    area: str
    area_title: str
    criterion: str
    level: int  # the level that it leads to
    met: int
    applicable: int
    item: LinkedItem | None

    @property
    def is_ticked(self) -> bool:
        """The roadmap's item is done, and yet the criterion is missing: one of the two is to be looked at again."""
        return self.item is not None and self.item.is_done

    @property
    def pips(self) -> list[str]:
        return ["on" if number < self.met else "now" if number == self.met else "" for number in range(self.applicable)]


@dataclass(frozen=True)
class Maturity:
    """A team on one of its days. Nothing has a level before the first answer."""

    team: Team
    today: date
    areas: list[AreaStanding]
    is_assessed: bool
    known: int
    applicable: int
    stale: int
    next_step: NextStep | None
    round: Assessment | None
    url: str

    @property
    def has_round(self) -> bool:
        return self.round is not None

    @property
    def model(self) -> library.MaturityModel:
        return library.load()

    @property
    def compared(self) -> date:
        return self.today - COMPARED

    @cached_property
    def overall(self) -> int | None:
        """The lowest area level. Never a mean."""
        found = scoring.overall(area.level for area in self.areas)
        return None if found is None else int(found)

    @property
    def overall_title(self) -> str:
        return level_title(self.model, self.overall)

    @property
    def lowest(self) -> list[AreaStanding]:
        return [area for area in self.areas if area.level is not None and area.level == self.overall]

    @property
    def criteria(self) -> list[CriterionRow]:
        return [row for area in self.areas for row in area.criteria]


@dataclass(frozen=True)
class _Facts:
    """What was loaded for all teams together."""

    history: History
    targets: Mapping[tuple[int, str], Target]
    items: Items
    rounds: Mapping[int, Assessment]
    providers: Mapping[int, Team]
    model: library.MaturityModel


def overviews(teams: Sequence[Team], today: date | None = None) -> dict[int, Maturity]:
    """By team, in a constant number of queries. `today`: else each team's own present day."""
    teams = list(teams)
    days = {pk: today or clock.today(zone) for pk, zone in zones_of(teams).items()}
    facts = _load(teams, days)
    return {team.pk: _overview(team, days[team.pk], facts) for team in teams}


def _load(teams: Sequence[Team], days: Mapping[int, date]) -> _Facts:
    model = library.load()
    pks = list(days)
    last = max(days.values(), default=date.min)
    wanted = sorted({day for today in days.values() for day in (today, today - COMPARED)})
    history = histories.on_days(pks, wanted, model.id)
    providers = {event.provider for events in history.values() for event in events if event.provider is not None}
    targets = Target.objects.of(pks, model.id).standing_on(last)
    return _Facts(
        history=history,
        targets={(target.team_id, target.area): target for target in targets},
        items=links.items_for("criterion", teams),
        rounds={found.team_id: found for found in Assessment.objects.newest_of(teams, model.id)},
        providers=Team.objects.in_bulk(providers),
        model=model,
    )


def _overview(team: Team, today: date, facts: _Facts) -> Maturity:
    now = histories.standings(team, facts.history, today, facts.model)
    before = histories.standings(team, facts.history, today - COMPARED, facts.model)
    url = reverse("assessment", args=[team.pk])
    areas = [_area(team, area, now, before, facts, url) for area in facts.model.areas]
    assessed = _is_assessed(now)
    applicable = [each for each in now.values() if each.applies]
    return Maturity(
        team=team,
        today=today,
        areas=areas,
        is_assessed=assessed,
        known=sum(each.is_known for each in applicable),
        applicable=len(applicable),
        stale=sum(each.is_stale for each in applicable),
        next_step=_next_step(team, areas, facts) if assessed else None,
        round=facts.rounds.get(team.pk),
        url=url,
    )


def _is_assessed(standings: Mapping[str, Standing]) -> bool:
    return any(each.kind is not None or each.provider is not None for each in standings.values())


def _area(
    team: Team,
    area: library.Area,
    now: Mapping[str, Standing],
    before: Mapping[str, Standing],
    facts: _Facts,
    url: str,
) -> AreaStanding:
    found = _score(area, now, facts.model)
    level, then = _level(found), _level(_score(area, before, facts.model))
    target = facts.targets.get((team.pk, area.key))
    aimed = int(found.level or 0) + (found.to_next is not None)
    return AreaStanding(
        key=area.key,
        title=text(area.title),
        level=level,
        met=found.met,
        applicable=found.applicable,
        known=found.known,
        change=None if level is None or then is None else level - then,
        target=target.level if target else None,
        target_due=target.due if target else None,
        target_version=target.version if target else 0,
        top=facts.model.top,
        # Before the first round the page has no areas to point at.
        url=f"{url}#area-{area.key}" if _is_assessed(now) or team.pk in facts.rounds else url,
        criteria=[
            _criterion(team, criterion, now[criterion.id], before[criterion.id], aimed, facts)
            for criterion in area.criteria
        ],
        level_title=level_title(facts.model, level),
    )


def _criterion(
    team: Team, criterion: library.Criterion, now: Standing, before: Standing, aimed: int, facts: _Facts
) -> CriterionRow:
    return CriterionRow(
        criterion=criterion,
        now=now,
        before=before,
        is_met=now.applies and now.worth(facts.model.top) >= aimed,
        provider=facts.providers.get(now.provider) if now.provider is not None else None,
        url=reverse("assessment-criterion", args=[team.pk, criterion.id]),
    )


def _score(area: library.Area, standings: Mapping[str, Standing], model: library.MaturityModel) -> Score:
    """None for a level while the team has never said anything: unknown is 0 only for those who began."""
    found = scoring.score([standings[criterion.id] for criterion in area.criteria], model.top)
    return found if _is_assessed(standings) else Score(None, 0, found.applicable, 0, model.top)


def _level(found: Score) -> int | None:
    return None if found.level is None else int(found.level)


def _next_step(team: Team, areas: Sequence[AreaStanding], facts: _Facts) -> NextStep | None:
    """docs/definitions.md, Maturity, Next best step."""
    open_items = {
        row.id: item
        for area in areas
        if area.next_level is not None
        for row in area.criteria
        if (item := links.item_for(facts.items, team.pk, row.id, area.next_level)) and item.is_open
    }
    found = scoring.next_step(
        [AreaFacts(area.key, [(row.id, row.now) for row in area.criteria]) for area in areas],
        {criterion: item.due for criterion, item in open_items.items()},
        facts.model.top,
    )
    if found is None:
        return None
    area = next(each for each in areas if each.key == found[0])
    row = next(each for each in area.criteria if each.id == found[1])
    level = (area.level or 0) + 1
    item = open_items.get(row.id) or links.item_for(facts.items, team.pk, row.id, level)
    return NextStep(
        title=_title(row, level),
        why=_why(area, row, level),
        url=row.url,
        item_url=item.url if item and item.is_open else None,
        area=area.key,
        area_title=area.title,
        criterion=row.id,
        level=level,
        met=area.met,
        applicable=area.applicable,
        item=item,
    )


def _title(row: CriterionRow, level: int) -> str:
    if not row.now.is_known:
        return _("Answer “%(criterion)s”") % {"criterion": row.title}
    return text(row.criterion.next_step[level])


def _why(area: AreaStanding, row: CriterionRow, level: int) -> str:
    names = {"criterion": row.title, "area": area.title, "level": level, "met": area.met, "all": area.applicable}
    missing = area.applicable - area.met
    return ngettext(
        "“%(criterion)s” is the one criterion missing for %(area)s L%(level)s (%(met)s of %(all)s met).",
        "“%(criterion)s” is one of %(missing)s criteria missing for %(area)s L%(level)s (%(met)s of %(all)s met).",
        missing,
    ) % {**names, "missing": missing}
