"""A team's assessments: rounds with their answers, targets, exemptions, and what it inherits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from django.db import transaction

from assessments import library, services, snapshots
from assessments.models import Assessment
from core import clock
from core.content import text
from sample.story import Cast, Part

Act = tuple[Part, Callable[[], object]]  # an event of the story, and what happens then


def write(cast: Cast, team: str) -> None:
    """In the order of time: each act writes the days' levels from then on."""
    acts = [act for kind in (_rounds, _targets, _inherits, _exemptions) for act in kind(cast, team)]
    for event, act in sorted(acts, key=lambda each: (-each[0]["week"], each[0].get("day", 0))):
        with cast.then(event, hour=14):
            act()
    with clock.at(cast.calendar.now), transaction.atomic():
        snapshots.refresh(cast.team(team), cast.calendar.today)


def _rounds(cast: Cast, team: str) -> Iterator[Act]:
    for told in cast.told["teams"][team]["rounds"]:
        yield told, partial(_answer_all, cast, team, told)
        if told.get("reviewed", True):
            yield {"week": told["week"], "day": 3}, partial(_review, cast, team)


def _answer_all(cast: Cast, team: str, told: Part) -> None:
    """One of the team answers everything, or its members take turns; then the round is handed in."""
    keys = [told["by"]] if "by" in told else list(cast.told["teams"][team]["members"])
    people = [cast.person(key) for key in keys]
    remarks = {each["criterion"]: text(each["text"]) for each in told.get("remarks", ())}
    assessment = services.start_round(team=cast.team(team), by=people[0])
    for area in library.load().areas:
        for place, (criterion, state) in enumerate(zip(area.criteria, told[area.key], strict=True)):
            services.answer(
                assessment=assessment,
                criterion=criterion.id,
                state=state,
                by=people[place % len(people)],
                link=_evidence(cast, team, criterion.id) if state else "",
                comment=remarks.get(criterion.id, ""),
            )
    services.submit(assessment=assessment, by=people[0])


def _evidence(cast: Cast, team: str, criterion: str) -> str:
    """A page at a domain that is kept for examples (RFC 2606); a team that only claims has none."""
    told = cast.told["teams"][team]
    return f"https://example.com/{told['delivery']['service']}/wiki/{criterion}" if told.get("evidence") else ""


def _review(cast: Cast, team: str) -> None:
    newest = Assessment.objects.of_team(cast.team(team).pk).listed().first()
    if newest is not None:
        services.review(assessment=newest, by=cast.founder)


def _targets(cast: Cast, team: str) -> Iterator[Act]:
    for told in cast.told["teams"][team].get("targets", ()):
        # Counted from the day of loading, as all that lies ahead; a past target was set when its day was still to come.
        due = cast.calendar.day(0) + timedelta(weeks=told["due_in"])
        yield (
            told,
            partial(
                services.set_target,
                team=cast.team(team),
                area=told["area"],
                level=told["level"],
                due=due,
                by=cast.member(team),
            ),
        )


def _inherits(cast: Cast, team: str) -> Iterator[Act]:
    for told in cast.told["teams"][team].get("inherits", ()):
        provider, by = cast.team(told["from"]), cast.person(told["by"])
        yield (
            told,
            partial(services.inherit, team=cast.team(team), criterion=told["criterion"], provider=provider, by=by),
        )


def _exemptions(cast: Cast, team: str) -> Iterator[Act]:
    for told in cast.told["teams"][team].get("exemptions", ()):
        yield told, partial(_exempt, cast, team, told)


def _exempt(cast: Cast, team: str, told: Part) -> None:
    """Asked for by the team, approved by somebody else."""
    until = cast.calendar.day(0) + timedelta(weeks=told["until_in"])
    asked = services.ask_exemption(
        team=cast.team(team),
        criterion=told["criterion"],
        reason=text(told["reason"]),
        until=until,
        by=cast.person(told["by"]),
    )
    services.approve_exemption(exemption=asked, by=cast.founder)
