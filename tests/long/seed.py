"""Fills an empty portal for the load: `python -m tests.long.seed`, in the portal's own environment.

Prints what the people need to know, as JSON: their sessions, and for each team what can be ticked, answered, checked in and
read from the fake host. Sessions are made here, because fifty people do not sign in from one address within a minute.
"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import Any

TEAMS, PEOPLE = 10, 50
TOKEN = "load"


def main(fake: str) -> dict[str, Any]:
    import django

    django.setup()
    from teams.models import Membership, Organisation, Person, Team, TeamRole

    Organisation.objects.create(name="Example Ltd", time_zone="UTC")
    teams, people = [], []
    for number in range(TEAMS):
        team = Team.objects.create(name=f"Team {number}")
        crew = []
        for seat in range(PEOPLE // TEAMS):
            who = Person.objects.create(name=f"Person {number}.{seat}", email=f"p{number}.{seat}@example.com")
            role = TeamRole.EDITOR if seat else TeamRole.TEAM_ADMIN
            Membership.objects.create(team=team, person=who, role=role)
            crew.append(who)
        teams.append(work_of(team, crew[0], number, fake))
        people += [{"id": who.pk, "team": number, "cookies": _signed_in(who)} for who in crew]
    return {"teams": teams, "people": people}


def work_of(team: Any, by: Any, number: int, fake: str) -> dict[str, Any]:
    from assessments import library
    from assessments import services as assessments
    from core import clock
    from roadmaps import services as roadmaps

    today = clock.today(team.zone)
    roadmap = roadmaps.start_roadmap(team=team, start_date=today - timedelta(days=30), by=by)
    found = assessments.start_round(team=team, by=by)
    criteria = {criterion.id: len(criterion.states) for criterion in library.load().criteria}
    return {
        "id": team.pk,
        "items": list(roadmap.items.order_by("pk").values_list("pk", flat=True)[:6]),
        "round": found.pk,
        "criteria": dict(list(criteria.items())[:6]),
        "key_results": _key_results(team, by, today),
        "source": _connected(team, by, number, fake),
    }


def _key_results(team: Any, by: Any, today: Any) -> list[int]:
    from okrs import services as okrs
    from okrs.kinds import Kind

    cycle = okrs.create_cycle(
        team=team, by=by, first_day=today - timedelta(days=30), last_day=today + timedelta(days=60)
    )
    objective = okrs.create_objective(
        cycle=cycle, team=team, by=by, title="Fewer surprises", business_metric="Returned orders"
    )
    return [
        okrs.create_key_result(
            objective=objective, title=f"Number {n}", kind=Kind.INCREASE, start=0.0, target=100.0, by=by
        ).pk
        for n in range(3)
    ]


def _connected(team: Any, by: Any, number: int, fake: str) -> int:
    from connections import services as connections
    from connectors.records import DeploymentSource
    from connectors.registry import CONNECTORS
    from delivery import services as delivery
    from delivery.rules import Rules

    address = CONNECTORS["github"].parse_address(f"acme/shop-{number}", fake)
    draft = connections.prepare(team=team, by=by, kind="github", address=address, token=TOKEN)
    rules = Rules(
        DeploymentSource.DEPLOYMENTS, environments={"production": ["production"]}, incident_labels=["incident"]
    )
    return delivery.connect(draft_id=draft.pk, rules=rules, by=by).source_id


def _signed_in(who: Any) -> dict[str, str]:
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(who, backend=settings.AUTHENTICATION_BACKENDS[0])
    secret = "0123456789abcdefghijklmnopqrstuv"  # anything of the right length that cookie and header agree on
    return {
        settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value,
        settings.CSRF_COOKIE_NAME: secret,
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlops_portal.settings")
    print(json.dumps(main(os.environ["FAKE_GITHUB"])))
