"""Live pages: what says cheaply, and without fail, that something on an open page may have changed.

A view that several people have open says what it shows, `@live.page("roadmaps")`, and its template marks with `data-live-part`
(and an id) what may be renewed. static/live.js asks every few seconds whether the stamp of these rooms is still the same (304),
and if not fetches the page once and changes what is different. docs/adr/0015 says why it is made like this.

The stamp is a number that grows with each transaction that wrote rows of the team in the room. Triggers in the database count, in
the writer's own transaction: no service has to remember it, `bulk_create` and `update` count too, and whoever is killed after the
commit has counted. PostgreSQL gets a row for each transaction, so that no writer waits for another; `fold` adds them up. SQLite,
which has one writer at a time, counts in one row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.apps import AppConfig, apps
from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Sum
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from core.models import LiveStamp

ADDRESS = "/live/"  # where pages ask; such a request is not logged and no use of a session
LOOK = "X-Live"  # the header of a page that is fetched to renew another one
ALWAYS = "teams"  # whose team it is and who may do what in it is on each of its pages
ORGANISATION = 0
REST = 30  # seconds from one renewal of a page over all teams to the next: there is always something that changes somewhere
_TEAM = "teams.team"

_left_out: dict[str, str] = {}
_of_everybody: set[str] = set()


def leave_out(label: str, why: str) -> None:
    """Do not count what changes in this table. `why`, for the reader: it changes without anybody seeing it on a page."""
    _left_out[label] = why


def of_everybody(label: str) -> None:
    """Count changes of this table, which no team owns, as the organisation's."""
    _of_everybody.add(label)


# -- The stamp ----------------------------------------------------------------------------------------------------


def stamp(team_id: int | None, rooms: Iterable[str]) -> int:
    """The stamp of a team's rooms, with what is the organisation's in them; None: of all teams. One query, over a row for each
    team and room, and those of the last minute."""
    rows = LiveStamp.objects.filter(room__in=list(rooms))
    if team_id is not None:
        rows = rows.filter(team_id__in={team_id, ORGANISATION})
    return int(rows.aggregate(n=Sum("n"))["n"] or 0)


def etag(team_id: int | None, rooms: Iterable[str]) -> str:
    return f'"{stamp(team_id, rooms)}"'


def rooms_in(address: str) -> list[str]:
    """The rooms that an address names, "okrs+teams"; [] where one of them is none."""
    rooms = address.split("+")
    return rooms if all(apps.is_installed(room) for room in rooms) else []


@transaction.atomic
def fold() -> int:
    """Add up what transactions counted, so that a stamp stays a sum of few rows; how many were added up.

    Rows that another fold has in hand are left to it. Whoever reads sees the sum from before or from after: they are equal.
    """
    counted = list(LiveStamp.objects.select_for_update(skip_locked=True).exclude(tx=0)) if _many_writers() else []
    sums: dict[tuple[int, str], int] = {}
    for row in counted:
        sums[row.team_id, row.room] = sums.get((row.team_id, row.room), 0) + row.n
    for (team_id, room), n in sorted(sums.items()):
        LiveStamp.objects.get_or_create(team_id=team_id, room=room, tx=0, defaults={"n": 0})
        LiveStamp.objects.filter(team_id=team_id, room=room, tx=0).update(n=F("n") + n)
    LiveStamp.objects.filter(pk__in=[row.pk for row in counted]).delete()
    return len(counted)


def _many_writers() -> bool:
    return connections["default"].vendor == "postgresql"


# -- Pages --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Watch:
    """What an open page asks for, and the stamp as it was before anything of the page was read. `rest`: seconds from one renewal
    to the next."""

    url: str
    etag: str
    is_look: bool = False
    rest: int = 0


View = Callable[..., HttpResponseBase]


def page(
    *rooms: str, team: Callable[..., int | None] | None = None, everywhere: bool = False
) -> Callable[[View], View]:
    """The view shows these rooms of the team that its address names, or of the organisation: keep it fresh while it is open.

    `team` finds the team by the view's arguments where the address does not name it; `everywhere`: it shows those of all teams.
    Only what a GET answers is kept fresh: a form that was refused is somebody's own.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def watched(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method == "GET" and request.user.is_authenticated:
                found = team(**kwargs) if team else kwargs.get("team_id")
                of = None if everywhere else found or ORGANISATION
                request.live = watch(of, rooms, look=is_look(request))  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        watched.is_live = True  # type: ignore[attr-defined]  # for the test that knows every page
        return watched

    return decorate


def watch(team_id: int | None, rooms: Iterable[str], *, look: bool = False) -> Watch:
    """Called first: what is written between this and the reading of the page is looked at once more, never missed."""
    there = [room for room in dict.fromkeys((*rooms, ALWAYS)) if apps.is_installed(room)]
    named = "+".join(there)
    url = reverse("live-all", args=[named]) if team_id is None else reverse("live", args=[team_id, named])
    return Watch(url, etag(team_id, there), look, rest=REST if team_id is None else 0)


def is_look(request: HttpRequest) -> bool:
    """Whether the page is only looked at to renew one that is open: what is shown once waits for the person's own next page."""
    return LOOK in request.headers


# -- The triggers -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """A table whose changes are counted. `path`: the foreign keys that lead from its rows to the team; () for the team itself
    and, with `everybody`, for what no team owns."""

    model: type[models.Model]
    path: tuple[models.ForeignKey[Any, Any], ...]
    everybody: bool = False

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def room(self) -> str:
        return self.model._meta.app_label


def counted_tables() -> list[Counted]:
    """Every table of the portal's own with a way to a team, except those left out."""
    return [found for model in apps.get_models() if (found := _counted(model)) is not None]


def _counted(model: type[models.Model]) -> Counted | None:
    label = model._meta.label_lower
    if label in _left_out or model._meta.proxy or not model._meta.managed:
        return None
    if label in _of_everybody:
        return Counted(model, (), everybody=True)
    path = _way_to_team(model)
    return None if path is None else Counted(model, path)


def _way_to_team(model: type[models.Model]) -> tuple[models.ForeignKey[Any, Any], ...] | None:
    """The shortest way by foreign keys that are always set; a key named `team` is always one, and the best."""
    if model._meta.label_lower == _TEAM:
        return ()
    ways: list[tuple[models.ForeignKey[Any, Any], ...]] = []
    for key in model._meta.local_fields:
        if not isinstance(key, models.ForeignKey) or key.related_model is model:
            continue
        if key.name == "team" and key.related_model._meta.label_lower == _TEAM:
            return (key,)
        if not key.null and key.related_model._meta.label_lower not in _left_out:
            further = _way_to_team(key.related_model)
            if further is not None:
                ways.append((key, *further))
    return min(ways, key=len, default=None)


def _joined(counted: Counted, row: str) -> tuple[str, str]:
    """(the team of a row as SQL, the tables after FROM); `row` is what the row itself is called."""
    if counted.everybody:
        return str(ORGANISATION), ""
    if not counted.path:
        return f"{row}.id", ""
    column, joins = f"{row}.{counted.path[0].column}", ""
    for number, key in enumerate(counted.path[1:], start=1):
        table = key.model._meta.db_table
        joins += f' JOIN "{table}" t{number} ON t{number}.id = {column}'
        column = f"t{number}.{key.column}"
    return f"COALESCE({column}, {ORGANISATION})", joins


# Raw SQL, the same in both dialects, as in core/append_only.py. Names are those of our own tables.
_STAMPS = '"core_livestamp" (team_id, room, tx, n)'
_POSTGRESQL = """
CREATE OR REPLACE FUNCTION "portal_live_{table}"() RETURNS trigger AS $$
BEGIN
  INSERT INTO {stamps}
  SELECT DISTINCT {team}, '{room}', txid_current(), 1 FROM changed{joins}
  ON CONFLICT (team_id, room, tx) DO NOTHING;
  RETURN NULL;
END $$ LANGUAGE plpgsql;
"""
_POSTGRESQL_TRIGGER = """
CREATE OR REPLACE TRIGGER "portal_live_{name}" AFTER {verb} ON "{table}"
  REFERENCING {which} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "portal_live_{table}"();
"""
# The WHERE keeps the parser from taking ON CONFLICT for the ON of a join.
_SQLITE = """
CREATE TRIGGER "portal_live_{table}_{name}" AFTER {verb} ON "{table}"
BEGIN
  INSERT INTO {stamps} SELECT {team}, '{room}', 0, 1 FROM (SELECT 1){joins} WHERE true
  ON CONFLICT (team_id, room, tx) DO UPDATE SET n = n + 1;
END
"""
_VERBS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


def _statements(database: BaseDatabaseWrapper, counted: Counted) -> Iterator[str]:
    names = {"table": counted.table, "room": counted.room, "stamps": _STAMPS}
    if database.vendor == "postgresql":
        team, joins = _joined(counted, "changed")
        yield _POSTGRESQL.format(**names, team=team, joins=joins)
    for verb, which in _VERBS.items():
        if database.vendor == "postgresql":
            yield _POSTGRESQL_TRIGGER.format(**names, verb=verb, name=verb.lower(), which=which)
        else:
            team, joins = _joined(counted, which)
            yield _SQLITE.format(**names, verb=verb, name=verb.lower(), team=team, joins=joins)


def count_changes(using: str = "default", sender: AppConfig | None = None, **_: Any) -> None:
    """Put the triggers on every table that exists. Called after every migrate; only what is missing is made."""
    database = connections[using]
    tables, there = set(database.introspection.table_names()), _there(database)
    if LiveStamp._meta.db_table not in tables:
        return
    for counted in counted_tables():
        if counted.table in tables and counted.table not in there:
            with database.cursor() as cursor:
                for statement in _statements(database, counted):
                    cursor.execute(statement)


def count_no_changes(using: str = "default", sender: AppConfig | None = None, **_: Any) -> None:
    """Take the triggers off, before every migrate: SQLite renames no table that a trigger of another one names."""
    database = connections[using]
    for table in _there(database):
        with database.cursor() as cursor:
            for name in map(str.lower, _VERBS):
                if database.vendor == "postgresql":
                    cursor.execute(f'DROP TRIGGER IF EXISTS "portal_live_{name}" ON "{table}"')
                else:
                    cursor.execute(f'DROP TRIGGER IF EXISTS "portal_live_{table}_{name}"')


def _there(database: BaseDatabaseWrapper) -> set[str]:
    """The tables that have their triggers."""
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute(
                "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                " JOIN pg_namespace s ON s.oid = c.relnamespace"
                " WHERE t.tgname LIKE 'portal_live_%' AND s.nspname = current_schema()"
            )
        else:
            cursor.execute("SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'portal_live_%'")
        return {row[0] for row in cursor.fetchall()}
