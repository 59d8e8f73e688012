"""`make bench-imports`: what 20,000 rows of each importer cost, written into docs/performance.md.

On a PostgreSQL of its own a file of each kind is read, told in every language (the dry run), imported, and told again, when every
row is the same.
The yardstick is a plain `bulk_create` of the rows that the importer stored, in the same database: what writing them takes when
nothing is asked or compared. Figures are ratios of one run: seconds on a machine that others use say nothing.
"""

from __future__ import annotations

import csv
import io
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl

from bench.live import table, write
from ops.say import say
from ops.services import POSTGRESQL, need, postgresql_server

ROWS = int(os.environ.get("ROWS") or 20_000)
BEGIN = "<!-- imports: figures -->\n"
STEPS = ("read CSV", "read XLSX", "dry run", "import", "dry run, all the same")
Line = dict[str, Any]


@dataclass
class Measured:
    """Seconds of CPU and waiting for each step of one importer, and of the yardstick."""

    title: str
    rows: int
    yardstick: float = 0.0
    steps: dict[str, float] = field(default_factory=dict)


def days(many: int, last: datetime) -> Iterator[str]:
    return (f"{last - timedelta(days=back):%Y-%m-%d}" for back in range(many))


def instants(many: int, last: datetime) -> Iterator[str]:
    return (f"{last - timedelta(minutes=20 * back):%Y-%m-%d %H:%M}" for back in range(many))


# -- What is brought ------------------------------------------------------------------------------------------------


def items(_made: Any) -> list[Line]:
    states = ("to_do", "in_progress", "done")
    return [{"section": n % 4 + 1, "title": f"Item {n}", "state": states[n % 3]} for n in range(ROWS)]


def answers(made: Any) -> list[Line]:
    criteria = [each.id for each in made.model.criteria]
    each_day = list(days(ROWS // len(criteria) + 1, made.now))
    rows = [(criterion, day) for day in each_day for criterion in criteria][:ROWS]
    return [{"criterion": c, "state": n % 4, "day": day, "comment": f"Why {n}"} for n, (c, day) in enumerate(rows)]


def key_results(made: Any) -> list[Line]:
    shared = {
        "business_metric": "Churn",
        "kind": "increase",
        "start": 0,
        "target": 100,
        "cycle_begins": made.cycle.first_day,
    }
    return [shared | {"objective": f"Objective {n // 20}", "title": f"Key result {n}"} for n in range(min(ROWS, 1000))]


def check_ins(made: Any) -> list[Line]:
    each_day = list(days(200, made.now))
    return [
        {"key_result": f"Key result {n // 200}", "day": each_day[n % 200], "value": n % 90, "comment": f"Said {n}"}
        for n in range(ROWS)
    ]


def deployments(made: Any) -> list[Line]:
    return [
        {
            "service": f"service-{n % 20}",
            "key": f"build-{n}",
            "environment": "production",
            "finished": at,
            "sha": f"{n:040x}",
        }
        for n, at in enumerate(instants(ROWS, made.now))
    ]


def incidents(made: Any) -> list[Line]:
    return [
        {"service": f"service-{n % 20}", "key": f"INC-{n}", "title": f"Broken {n}", "began": at}
        for n, at in enumerate(instants(ROWS, made.now))
    ]


# -- Measuring ------------------------------------------------------------------------------------------------------


@contextmanager
def timed(into: Callable[[float], None]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    into(time.perf_counter() - began)


def as_file(rows: Sequence[Line]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def as_workbook(rows: Sequence[Line]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for line in (list(rows[0]), *(list(row.values()) for row in rows)):
        sheet.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def world() -> Any:
    """A team with a roadmap without items, a round, a cycle of two years, and somebody who edits."""
    from types import SimpleNamespace

    from assessments import library
    from assessments.services import start_round
    from core import clock
    from okrs.services import create_cycle
    from roadmaps.services import start_roadmap
    from teams.models import Membership, Organisation, Person, Team, TeamRole

    Organisation.objects.create(name="Example Ltd", time_zone="UTC")
    team, by = Team.objects.create(name="Team"), Person.objects.create(name="Ada", email="ada@example.com")
    Membership.objects.create(team=team, person=by, role=TeamRole.EDITOR)
    now = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    roadmap = start_roadmap(team=team, start_date=(now - timedelta(days=30)).date(), by=by)
    roadmap.items.all().delete()
    first = (now - timedelta(days=300)).date()
    cycle = create_cycle(first_day=first, last_day=first + timedelta(days=360), team=team, by=by)
    start_round(team=team, by=by)
    return SimpleNamespace(team=team, by=by, now=now, cycle=cycle, model=library.load())


def measured(made: Any, kind: str, rows: Sequence[Line], again: Callable[[], Sequence[Any]]) -> Measured:
    from django.db import transaction

    from core import imports as registry
    from core.imports import RowState
    from imports import planning

    importer, content = registry.get(kind), as_file(rows)
    assert importer is not None
    found = Measured(str(importer.title), len(rows))

    def into(name: str) -> Callable[[float], None]:
        return lambda took: found.steps.__setitem__(name, took)

    with timed(into("read CSV")):
        read = planning.read(content, importer)
    book = as_workbook(rows)
    with timed(into("read XLSX")):
        planning.read(book, importer)
    with timed(into("dry run")):
        planning.told_to_all(read, importer, made.team, made.by)
    planned = planning.plan(read, importer, made.team, made.by)
    assert {each.state for each in planned} == {RowState.NEW}, next(x for x in planned if x.state != RowState.NEW)
    with timed(into("import")), transaction.atomic():
        importer.lock(made.team)
        importer.apply(planned, made.team, made.by)
    with timed(into("dry run, all the same")):
        plans = planning.told_to_all(read, importer, made.team, made.by)
    assert {each[1] for plan in plans.values() for each in plan} == {RowState.SAME}
    with transaction.atomic():
        copies = again()
        assert len(copies) == len(rows)
        with timed(lambda took: setattr(found, "yardstick", took)):
            type(copies[0])._default_manager.bulk_create(copies, batch_size=500)
        transaction.set_rollback(True)
    return found


def copies_of(model: Any, **changed: Callable[[Any], Any]) -> Callable[[], list[Any]]:
    """The rows of this model as new ones: with what may not stand there twice changed."""

    def again() -> list[Any]:
        rows = list(model.objects.all())
        for row in rows:
            row.pk, row._state.adding = None, True
            for name, change in changed.items():
                setattr(row, name, change(row))
        return rows

    return again


def run() -> list[Measured]:
    from assessments.models import Answer
    from delivery.models import Deployment, Incident
    from okrs.models import CheckIn, KeyResult
    from roadmaps.models import Item

    made = world()
    kinds: list[tuple[str, Callable[[Any], list[Line]], Callable[[], list[Any]]]] = [
        ("roadmap-items", items, copies_of(Item)),
        ("answers", answers, copies_of(Answer, version=lambda row: row.version + ROWS)),
        ("key-results", key_results, copies_of(KeyResult)),
        ("check-ins", check_ins, copies_of(CheckIn, number=lambda row: row.number + ROWS)),
        ("deployments", deployments, copies_of(Deployment, key=lambda row: f"{row.key}-again")),
        ("incidents", incidents, copies_of(Incident, key=lambda row: f"{row.key}-again")),
    ]
    found = []
    for kind, rows, again in kinds:
        found.append(measured(made, kind, rows(made), again))
        say(f"{found[-1].title}: " + ", ".join(f"{name} {took:.1f} s" for name, took in found[-1].steps.items())
            + f"; yardstick {found[-1].yardstick:.1f} s")  # fmt: skip
    return found


def told(found: Sequence[Measured]) -> list[str]:
    rows = [
        [each.title, f"{each.rows:,}", *(f"{each.steps[step] / each.yardstick:.1f}" for step in STEPS)]
        for each in found
    ]
    load = os.getloadavg()[0]
    return [
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, on {os.cpu_count()} cores ({platform.machine()}, load {load:.0f} at the end),"
        f" Python {platform.python_version()}, PostgreSQL. Multiples of a plain `bulk_create` of the same rows.",
        "",
        *table(["importer", "rows", *STEPS], rows),
    ]


def main() -> None:
    need(POSTGRESQL)
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder, postgresql_server() as database:
        os.environ.update(
            PORTAL_ENV="test", PORTAL_VAR=folder, DATABASE_URL=database.address, LOG_LEVEL="WARNING",
            DJANGO_SETTINGS_MODULE="mlops_portal.settings",
        )  # fmt: skip
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        call_command("migrate", verbosity=0)
        call_command("createcachetable")
        lines = told(run())
        connection.close()
    say("\n".join(lines))
    if "--dry" not in sys.argv:
        write(lines, BEGIN)


if __name__ == "__main__":
    main()
