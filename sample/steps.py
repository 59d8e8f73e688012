"""The steps of loading, in their order. Each writes one part of one story, and is the same whenever it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sample.parts import comments, delivery, maturity, okrs, people, roadmap
from sample.story import Cast, story

# What a team's story is made of, by the key of the file, in the order of the floors; what is said about all of it comes last.
PARTS: dict[str, tuple[str | Promise, Callable[[Cast, str], None]]] = {
    "delivery": (_("deployments and incidents"), delivery.write),
    "roadmap": (_("roadmap"), roadmap.write),
    "rounds": (_("maturity"), maturity.write),
    "okrs": (_("OKRs"), okrs.write),
    "comments": (_("comments"), comments.write),
}


@dataclass(frozen=True)
class Step:
    """`team` and `part` say in the story's words what is written; "" for the people."""

    run: Callable[[Cast], None]
    team: str
    part: str | Promise


def steps() -> list[Step]:
    found = [Step(people.write, "", _("teams and people"))]
    for part, (name, write) in PARTS.items():
        if part == "okrs":
            found.append(Step(_for(write, ""), "", _("the organisation's OKRs")))
        for team, told in story()["teams"].items():
            if part in told:
                found.append(Step(_for(write, team), team, name))
    return [*found, Step(okrs.close, "", _("closing past cycles"))]


def _for(write: Callable[[Cast, str], None], team: str) -> Callable[[Cast], None]:
    return lambda cast: write(cast, team)
