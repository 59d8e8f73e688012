"""Rows that people wrote are never overwritten or lost: in Python, and for the audit log in the database too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.models.signals import pre_delete

from core import append_only
from core.append_only import AppendOnly, AppendOnlyError
from teams import audit
from teams.models import AuditEvent, Person, Team

ROOT = Path(__file__).resolve().parents[2]
# The only functions that may lift the guard, "module.function". The removal of sample data and of a person will stand here.
MAY_LIFT = {"sample.removal.remove"}


@pytest.fixture
def event(team: Team, administrator: Person) -> AuditEvent:
    audit.record("team.created", actor=administrator, subject=team, team=team, name=team.name)
    return AuditEvent.objects.get()


@pytest.mark.django_db
def test_a_row_is_not_saved_again(event: AuditEvent) -> None:
    event.action = "team.archived"
    with pytest.raises(AppendOnlyError):
        event.save()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "attempt",
    [
        lambda event: event.delete(),
        lambda _: AuditEvent.objects.all().delete(),
        lambda _: AuditEvent.objects.update(action="x"),
        lambda event: AuditEvent.objects.bulk_update([event], ["action"]),
        lambda event: AuditEvent.objects.bulk_create(
            [event], update_conflicts=True, unique_fields=["id"], update_fields=["action"]
        ),
        lambda _: AuditEvent._base_manager.all().delete(),
        lambda event: pre_delete.send(AuditEvent, instance=event),  # what a cascade sends
    ],
    ids=["delete", "delete all", "update", "bulk update", "upsert", "base manager", "cascade"],
)
def test_every_way_of_the_orm_is_refused(event: AuditEvent, attempt) -> None:
    with pytest.raises(AppendOnlyError):
        attempt(event)
    assert AuditEvent.objects.get().action == "team.created"


def raw(verb: str) -> None:
    table = AuditEvent._meta.db_table
    statement = f"UPDATE {table} SET action = 'x'" if verb == "UPDATE" else f"DELETE FROM {table}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
def test_the_database_refuses_too(event: AuditEvent, verb: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"):
        raw(verb)
    assert AuditEvent.objects.get().action == "team.created"


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
def test_the_guard_in_the_database_does_not_ask_python(event: AuditEvent, verb: str) -> None:
    with append_only.lifted("a test"), pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEvent.objects.update(action="x") if verb == "UPDATE" else AuditEvent.objects.all().delete()


@pytest.mark.django_db
def test_the_guard_is_back_after_every_migrate(event: AuditEvent) -> None:
    append_only.unguard_tables()
    raw("UPDATE")  # nothing holds it back now

    call_command("migrate", verbosity=0)

    with pytest.raises(DatabaseError, match="append-only"):
        raw("UPDATE")


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="only SQLite remakes tables")
@pytest.mark.usefixtures("_unguarded")
@pytest.mark.django_db(transaction=True)
def test_sqlite_loses_the_guard_with_a_remade_table_and_migrate_brings_it_back(event: AuditEvent) -> None:
    append_only.guard_tables()
    with connection.schema_editor() as editor:
        editor._remake_table(AuditEvent)  # as adding a field does
    raw("UPDATE")

    call_command("migrate", verbosity=0)

    with pytest.raises(DatabaseError, match="append-only"):
        raw("UPDATE")
    append_only.unguard_tables()


def test_lifted_ends_with_its_block() -> None:
    with pytest.raises(KeyError), append_only.lifted("a test"):
        raise KeyError
    with pytest.raises(AppendOnlyError):
        AuditEvent.objects.update(action="x")


def lifters(tree: ast.Module, module: str) -> Iterator[str]:
    """The functions of a module that name `lifted`, as "module.function"."""

    def walk(node: ast.AST, place: str) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            inside = child.name if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else place
            named = (isinstance(child, ast.Name) and child.id in ("lifted", "_lifted")) or (
                isinstance(child, ast.Attribute) and child.attr in ("lifted", "_lifted")
            )
            imported = isinstance(child, ast.ImportFrom) and any(a.name in ("lifted", "_lifted") for a in child.names)
            if named or imported:
                yield f"{module}.{inside}"
            yield from walk(child, inside)

    return walk(tree, "")


def production_modules() -> Iterator[tuple[Path, str]]:
    for package in sorted(ROOT.iterdir()):
        if package.name != "tests" and (package / "__init__.py").exists():
            for path in package.rglob("*.py"):
                yield path, ".".join(path.relative_to(ROOT).with_suffix("").parts)


def test_the_guard_is_lifted_only_where_it_may_be() -> None:
    found = {
        place
        for path, module in production_modules()
        if module != "core.append_only"
        for place in lifters(ast.parse(path.read_text("utf-8")), module)
    }
    assert found == MAY_LIFT


def test_the_search_for_lifters_finds_them() -> None:
    source = "from core import append_only\ndef sweep():\n    with append_only.lifted('why'):\n        pass\n"
    assert set(lifters(ast.parse(source), "rooms.services")) == {"rooms.services.sweep"}
    assert set(lifters(ast.parse("from core.append_only import lifted as up\n"), "rooms.x")) == {"rooms.x."}
    assert len(list(production_modules())) > 30


def test_the_audit_log_is_guarded_in_the_database() -> None:
    assert AuditEvent in set(append_only._guarded_models())
    assert issubclass(AuditEvent, AppendOnly)
