"""A team's deployments, changes and incidents: records as a connector would yield them, kept by the store that syncs use."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from connections import stores
from connectors.records import (
    ChangeRecord,
    ComparisonRecord,
    DeploymentRecord,
    DeploymentSource,
    IncidentRecord,
    Outcome,
    Record,
    comparison_key,
)
from core import clock
from core.content import text
from delivery.rules import Rules
from delivery.services import connect_sample
from sample.story import Calendar, Cast, Part, chance

RULES = Rules(
    deployments=DeploymentSource.DEPLOYMENTS,
    environments={"production": ["production"], "staging": ["staging"]},
    incident_labels=["incident"],
)
WORKDAYS = range(5)
SECOND_OF_A_DAY = 0.15  # share of the deployment days with another deployment
SECOND_CHANGE = 0.4  # share of the deployments that bring two changes
REVIEWED = 0.8  # share of the changes that somebody else looked at
MENDED = 0.5  # share of the incidents after which the next deployment is a hotfix


def write(cast: Cast, team: str) -> None:
    told = cast.told["teams"][team]["delivery"]
    first = max(span["from"] for span in told["spans"])
    with clock.at(cast.calendar.at(first, hour=8)):
        service = connect_sample(team=cast.team(team), name=told["service"], rules=RULES, by=cast.member(team))
    records = list(records_of(told, cast, chance(team, "delivery")))
    records += changes_of(records, cast.told["changes"], chance(team, "changes"))
    with clock.at(cast.calendar.now):
        stores.store(service.source, records, clock.now())
        service.source.succeeded_at = clock.now()
        service.source.save(update_fields=["succeeded_at"])


def records_of(told: Part, cast: Cast, luck: random.Random) -> Iterator[Record]:
    """What the service is said to have done, oldest first; nothing of it lies in the future."""
    for span in told["spans"]:
        for week in range(span["from"], span["to"] - 1, -1):
            yield from _deployments(cast, span, week, luck)
            yield from _incidents(cast, span, week, luck)
    if "open_incident" in told:
        of = told["open_incident"]
        began = cast.calendar.at(of["week"], 1, 10.5)
        yield IncidentRecord("issue:open", text(of["title"]), began, None, ("incident",))


def _deployments(cast: Cast, span: Part, week: int, luck: random.Random) -> Iterator[DeploymentRecord]:
    days = sorted(luck.sample(WORKDAYS, _rounded(span["days"], luck)))
    for day in days:
        for nth in range(2 if luck.random() < SECOND_OF_A_DAY else 1):
            instant = _instant(cast.calendar, week, day, luck, first_hour=9 + 5 * nth, hours=4)
            title, sha = text(luck.choice(cast.told["changes"])), f"{luck.getrandbits(160):040x}"
            failed = luck.random() < span["failed"]
            if instant is not None:
                yield from _deployment(f"{week}.{day}.{nth}", title, sha, instant, failed=failed)


def _deployment(key: str, title: str, sha: str, instant: datetime, *, failed: bool) -> Iterator[DeploymentRecord]:
    """To staging, and an hour later to production."""
    for environment, later, bad in (("staging", 0, False), ("production", 55, failed)):
        began = instant - timedelta(minutes=60 - later)
        yield DeploymentRecord(
            key=f"deployment:{key}.{environment}",
            outcome=Outcome.FAILED if bad else Outcome.SUCCEEDED,
            created_at=began,
            finished_at=None if bad else began + timedelta(minutes=5),
            environment=environment,
            branch="main",
            sha=sha,
            title=title,
        )


def _incidents(cast: Cast, span: Part, week: int, luck: random.Random) -> Iterator[IncidentRecord]:
    for nth in range(_rounded(span["incidents"], luck)):
        began = _instant(cast.calendar, week, luck.choice(WORKDAYS), luck, first_hour=8, hours=10)
        least, most = span["hours"]
        resolved = timedelta(hours=luck.triangular(least, most, least + (most - least) / 4))
        title = text(luck.choice(cast.told["failures"]))
        if began is not None and began + resolved < cast.calendar.now:
            yield IncidentRecord(f"issue:{week}.{nth}", title, began, began + resolved, ("incident",))


def changes_of(records: Sequence[Record], titles: Sequence[dict[str, str]], luck: random.Random) -> Iterator[Record]:
    """What each deployment to production brought since the one before it, and what git says of both."""
    deployed = [each for each in records if isinstance(each, DeploymentRecord) and each.environment == "production"]
    deployed = sorted((each for each in deployed if each.finished_at), key=lambda each: each.created_at)
    began = [each.began_at for each in records if isinstance(each, IncidentRecord)]
    number = 0
    for before, row in pairwise(deployed):
        mends = any(before.created_at < at < row.created_at for at in began) and luck.random() < MENDED
        shas = [row.sha, f"{luck.getrandbits(160):040x}"][: 2 if luck.random() < SECOND_CHANGE else 1]
        for nth, sha in enumerate(shas):
            number += 1
            title = row.title if nth == 0 else text(luck.choice(titles))
            yield _change(number, title, sha, row.created_at, luck, mends=mends and nth == 0)
        yield ComparisonRecord(comparison_key(before.sha, row.sha), before.sha, row.sha, tuple(shas))


def _change(number: int, title: str, sha: str, deployed: datetime, luck: random.Random, *, mends: bool) -> ChangeRecord:
    """Committed, opened, looked at and merged before it was deployed; quickly where something is broken."""
    pace = 0.1 if mends else 1.0
    merged = deployed - timedelta(hours=luck.uniform(0.2, 2))
    opened = merged - timedelta(hours=pace * luck.uniform(2, 40))
    reviewed = opened + luck.uniform(0.1, 0.7) * (merged - opened)
    return ChangeRecord(
        key=f"pull:{number}",
        number=number,
        title=title,
        merged_at=merged,
        opened_at=opened,
        merge_sha=sha,
        first_commit_at=opened - timedelta(hours=pace * luck.uniform(1, 50)),
        first_review_at=reviewed if luck.random() < REVIEWED else None,
        branch=f"hotfix/{number}" if mends else f"topic-{number}",
    )


def _rounded(number: float, luck: random.Random) -> int:
    """Up or down so that the mean stays: 2.3 is 3 in three of ten cases."""
    return int(number) + (luck.random() < number % 1)


def _instant(
    calendar: Calendar, week: int, day: int, luck: random.Random, *, first_hour: int, hours: int
) -> datetime | None:
    """Some instant of these hours; None where it is still to come."""
    hour = first_hour + luck.random() * hours
    instant = calendar.at(week, day, hour)
    return instant if instant < calendar.now else None
