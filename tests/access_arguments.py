"""The arguments of the addresses in tests/access_table.py: of each kind of row the one that tests/access_world.py makes.

Their names begin with _ as they did beside the table, so that one sees at once what is no rule and no route.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from backups import shelf
from core import clock, pulse, undo
from core.models import UndoOffer
from delivery.models import Deployment, Incident
from notices import unsubscribing
from okrs.models import Objective
from roadmaps import services as ticking
from tests.access_world import World
from tests.connections.factories import ConnectionFactory
from tests.delivery.factories import DeploymentFactory, IncidentFactory, ServiceFactory
from tests.imports.files import brought


def _team(w: World) -> list[Any]:
    return [w.team.pk]


def _roadmap_item(w: World) -> list[Any]:
    return [w.roadmap.team_id, w.roadmap.items.order_by("pk")[0].pk]


def _roadmap_note(w: World) -> list[Any]:
    item = w.roadmap.items.order_by("pk")[0]
    note = item.notes.first()
    if note is None:
        by, said = w.people["administrator"], {"wanted": "done", "note": "written by the administrator"}
        ticking.tick(item=item, by=by, seen_version=item.version, **said)
        note = item.notes.get()
    return [w.roadmap.team_id, note.pk]


def _comment(w: World) -> list[Any]:
    return [w.comment_on("criterion", w.team, "data.versioning").pk]


def _organisation_topic(w: World) -> list[Any]:
    return ["key_result", str(w.key_result_of(None).pk)]


def _organisation_comment(w: World) -> list[Any]:
    kind, key = _organisation_topic(w)
    return [w.comment_on(kind, None, key).pk]


def _offer(w: World) -> UndoOffer:
    """Of somebody who is none of the cast."""
    until = clock.now() + undo.LASTS
    return UndoOffer.objects.create(kind="team.archive", person=w.membership.person, data={"team": 0}, until=until)


def _round(w: World) -> list[Any]:
    return [w.team.pk, w.round.pk]


def _criterion(w: World) -> list[Any]:
    return [w.team.pk, "data.versioning"]


def _exemption(w: World) -> list[Any]:
    return [w.team.pk, w.exemption.pk]


def _source(w: World) -> list[Any]:
    return [w.team.pk, w.service.source_id]


def _service(w: World) -> list[Any]:
    return [w.team.pk, w.service.pk]


def _draft(w: World) -> list[Any]:
    return [w.team.pk, w.draft.pk]


def _objective(w: World) -> list[Any]:
    return [w.key_result_of(w.team).objective_id]


def _key_result(w: World) -> list[Any]:
    return [w.key_result_of(w.team).pk]


def _team_cycle(w: World) -> list[Any]:
    return [w.team.pk, w.own_cycle.pk]


def _organisation_cycle(w: World) -> list[Any]:
    return [w.key_result_of(None).cycle.pk]


def _team_objective(w: World) -> list[Any]:
    return [w.team.pk, *_objective(w)]


def _team_key_result(w: World) -> list[Any]:
    return [w.team.pk, *_key_result(w)]


def _organisation_objective(w: World) -> list[Any]:
    return [Objective.objects.get(key_results=w.key_result_of(None)).pk]


def _organisation_key_result(w: World) -> list[Any]:
    return [w.key_result_of(None).pk]


def signs_of_life(_: World) -> list[Any]:
    """/readyz answers 200 only where beat and a worker live."""
    for name in (pulse.BEAT, pulse.WORKER, pulse.QUEUE):
        pulse.note(name, clock.now())
    return []


def _notice(w: World) -> list[Any]:
    return [w.notice_of(w.people["administrator"]).pk]


def _unsubscribing(w: World) -> str:
    return unsubscribing.link_for(w.membership.person_id, "").strip("/").rpartition("/")[2]


def _channel(w: World) -> list[Any]:
    return [w.team.pk, w.channel.pk]


def _archive(w: World) -> list[Any]:
    """A file among the archives; nobody looks into it."""
    path = shelf.new("archive")
    path.write_bytes(b"an archive")
    return [path.name]


def _upload(w: World) -> list[Any]:
    """A file that was brought and is not imported yet."""
    by = w.people["administrator"]
    return [w.roadmap.team_id, brought(w.team, by, "roadmap-items", b"Section,Item\n1,Brought\n").pk]


def _deployment_by_hand(w: World) -> list[Any]:
    kind = {"source__connection__team": w.team, "source__connection__kind": "imported"}
    found = Deployment.objects.filter(service__team=w.team, key="hand:1").first()
    ended = datetime(2026, 1, 2, 9, 42, tzinfo=UTC)
    return [w.team.pk, (found or DeploymentFactory(service=ServiceFactory(**kind), key="hand:1", finished_at=ended)).pk]


def _incident_by_hand(w: World) -> list[Any]:
    found = Incident.objects.filter(team=w.team, key="hand:1").first()
    began = datetime(2026, 1, 2, 9, 42, tzinfo=UTC)
    return [w.team.pk, (found or IncidentFactory(team=w.team, service=None, key="hand:1", began_at=began)).pk]


def _deployment(w: World) -> list[Any]:
    return [w.team.pk, w.deployment.pk]


def _incident(w: World) -> list[Any]:
    return [w.team.pk, w.incident.pk]


def _correction(w: World) -> list[Any]:
    return [w.team.pk, w.correction.pk]


def _set_aside(w: World) -> list[Any]:
    return [w.team.pk, w.service.source_id, w.set_aside.pk]


def _github(w: World) -> list[Any]:
    """A repository of a host that has webhooks."""
    return [w.team.pk, ServiceFactory(source__connection__team=w.team, source__connection__kind="github").source_id]


def _common(w: World) -> list[Any]:
    return [w.common.pk]


def _grant(w: World) -> list[Any]:
    return [w.common.pk, w.grant.pk]


def _organisation_upload(w: World) -> list[Any]:
    cycle = w.key_result_of(None).objective.cycle
    file = f"Cycle begins,Objective,Business metric,Key result,Kind\n{cycle.first_day},Ship,Time,Launch,milestone\n"
    return [brought(None, w.people["administrator"], "key-results", file.encode()).pk]


def _common_github(w: World) -> list[Any]:
    return [ConnectionFactory(team=None, kind="github", name="Shared").pk]
