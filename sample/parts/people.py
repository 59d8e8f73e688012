"""The groups, the people, the teams and who belongs to them."""

from __future__ import annotations

from core import clock
from core.content import text
from sample.story import Cast, address_of
from teams.models import OrganisationRole, TeamRole
from teams.services.members import add_member
from teams.services.people import add_sample_person
from teams.services.teams import create_group, create_team

FOUNDED = 52  # weeks ago


def write(cast: Cast) -> None:
    with clock.at(cast.calendar.at(FOUNDED)):
        for key, told in cast.told["people"].items():
            add_sample_person(
                name=told["name"],
                email=address_of(key),
                language=told["language"],
                time_zone=cast.calendar.zone.key,
                role=told.get("role", OrganisationRole.READER),
            )
        for name in cast.told["groups"].values():
            create_group(name=text(name), by=cast.founder, is_sample=True)
    for team in cast.told["teams"]:
        _write_team(cast, team)


def _write_team(cast: Cast, key: str) -> None:
    told, by = cast.told["teams"][key], cast.founder
    with clock.at(cast.calendar.at(told.get("created", FOUNDED), hour=9.5)):
        group = cast.group(told["group"])
        team = create_team(name=text(told["name"]), group=group, time_zone="", by=by, join=False, is_sample=True)
        for person, as_ in told["members"].items():
            role = as_.get("role", TeamRole.EDITOR)
            add_member(team=team, person=cast.person(person), role=role, job_role=as_["job"], by=by)
