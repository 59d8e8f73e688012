"""Fills a portal for `make bench-delivery`, in the portal's own environment, and says as JSON what that took.

    python -m bench.delivery_load TEAMS DEPLOYMENTS

Deployments, one incident for twenty of them and one change for two, spread over 52 weeks, made as they are stored. They go
through delivery/records.py, a repository at a time, and what follows from each batch is prepared with it, as of a page of a sync.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

SPAN = timedelta(weeks=52)
BATCH = 2000  # deployments, with their changes and incidents, that are stored together


def megabytes() -> float:
    """The most memory that this process has ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(teams: int, deployments: int) -> dict[str, Any]:
    import django

    django.setup()
    from django.db import connection

    from delivery.tasks import prepare

    services = list(world(teams))
    begin, stored, whole = megabytes(), 0.0, time.perf_counter()
    for number, service in enumerate(services):
        stored += load(service, deployments // teams, random.Random(number))
    prepare()
    whole = time.perf_counter() - whole
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # as autovacuum would in a while
    refreshed = refreshing(services[teams // 2])
    prepare()  # as beat does within a minute of a refresh
    connection.close()
    return {
        "teams": [service.team_id for service in services],
        "stored_per_second": deployments / stored,
        "whole_per_second": deployments / whole,
        "begin_mb": begin,
        "peak_mb": megabytes(),
        "cookies": signed_in(),
        "refresh": refreshed,
    }


def world(teams: int) -> Iterator[Any]:
    from connectors.records import DeploymentSource
    from delivery.rules import Rules
    from delivery.services import connect_sample
    from teams.models import Organisation, Person, Team

    Organisation.objects.create(name="Example Ltd", time_zone="UTC")
    by = Person.objects.create(name="Ada", email="ada@example.com")
    environments = {"production": ["production"], "staging": ["staging"]}
    rules = Rules(DeploymentSource.DEPLOYMENTS, environments=environments, incident_labels=("incident",))
    for number in range(teams):
        team = Team.objects.create(name=f"Team {number:03}")
        yield connect_sample(team=team, name=f"example/shop-{number}", rules=rules, by=by)


def load(service: Any, count: int, chance: random.Random) -> float:
    """Store what one repository tells, and prepare what follows; seconds of storing the deployments alone."""
    from core import clock
    from delivery import refresh, rules
    from delivery.changes import keep_changes
    from delivery.records import keep_deployments, keep_incidents
    from delivery.refresh import Touched

    chosen, now, took = rules.of_service(service), clock.now(), 0.0
    numbers = iter(range(count))
    while part := list(islice(numbers, BATCH)):
        touched = Touched()
        told = [deployment(number, now - SPAN * (number + chance.random()) / count, chance) for number in part]
        began = time.perf_counter()
        keep_deployments(service, chosen, told, now, touched=touched)
        took += time.perf_counter() - began
        keep_changes(service, [change(number, each, chance) for number, each in zip(part, told, strict=True) if number % 2], now,
                     touched=touched)  # fmt: skip
        keep_incidents(service, chosen, [incident(number, each, chance) for number, each in zip(part, told, strict=True)
                                         if number % 20 == 0], now, touched=touched)  # fmt: skip
        refresh.run(service.team_id, touched)
    return took


def deployment(number: int, finished: datetime, chance: random.Random) -> Any:
    from connectors.records import DeploymentRecord, Outcome

    kind = chance.random()
    return DeploymentRecord(
        key=f"deployment:{number}",
        outcome=Outcome.SUCCEEDED if kind < 0.9 else Outcome.FAILED,
        created_at=finished - timedelta(minutes=chance.uniform(1, 30)),
        finished_at=finished if kind < 0.9 else None,
        environment="production" if chance.random() < 0.75 else "staging",
        branch="main" if chance.random() < 0.95 else f"hotfix/{number}",
        sha=f"{chance.getrandbits(160):040x}",
        title=f"Deploy {number}",
        url=f"https://git.example.com/shop/deployments/{number}",
    )


def change(number: int, deployed: Any, chance: random.Random) -> Any:
    from connectors.records import ChangeRecord

    merged = deployed.created_at - timedelta(minutes=chance.uniform(1, 60))
    opened = merged - timedelta(hours=chance.expovariate(1 / 20))
    return ChangeRecord(
        key=f"pull:{number}",
        number=number,
        title=f"Change {number}",
        merged_at=merged,
        opened_at=opened,
        merge_sha=deployed.sha,
        first_commit_at=opened - timedelta(hours=chance.expovariate(1 / 30)),
        first_review_at=opened + (merged - opened) / 2,
        url=f"https://git.example.com/shop/pull/{number}",
    )


def incident(number: int, deployed: Any, chance: random.Random) -> Any:
    from connectors.records import IncidentRecord

    began = deployed.created_at + timedelta(hours=chance.expovariate(1 / 3))
    resolved = began + timedelta(hours=chance.expovariate(1 / 5))
    return IncidentRecord(
        key=f"issue:{number}", title=f"Broken {number}", began_at=began, resolved_at=resolved, labels=("incident",),
        url=f"https://git.example.com/shop/issues/{number}",
    )  # fmt: skip


def signed_in() -> dict[str, str]:
    from teams.models import Person
    from tests.long.seed import _signed_in

    return _signed_in(Person.objects.get())


def refreshing(service: Any) -> dict[str, Any]:
    """One deployment more that has just finished: how long its refresh takes, of making all of the team's rows anew."""
    from core import clock
    from delivery import refresh, rules
    from delivery.records import keep_deployments

    chosen, took = rules.of_service(service), []
    for number in range(5):
        told = deployment(10**9 + number, clock.now(), random.Random(1))
        began, read = time.perf_counter(), rows_read()
        keep_deployments(service, chosen, [told], clock.now())
        took.append(time.perf_counter() - began)
        read = rows_read() - read
    began = time.perf_counter()
    refresh.everything(service.team_id)
    whole = time.perf_counter() - began
    week = service.deployments.filter(finished_at__gte=clock.now() - timedelta(days=7)).count()
    return {"of_all": sorted(took)[2] / whole, "rows_read": read, "week": week}


def rows_read() -> int:
    """Rows of facts that this connection has read so far, by index or from end to end; not those of which a team has few."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) FROM pg_stat_user_tables"
            " WHERE relname LIKE 'delivery_%'"
            " AND relname NOT IN ('delivery_service', 'delivery_policy', 'delivery_preparedquarter')"
        )
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
