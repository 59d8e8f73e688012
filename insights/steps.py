"""The first steps: what to do next while a portal or a team is still empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from teams.models import Person, Team


@dataclass(frozen=True)
class Step:
    """One thing to do. `url` is empty where the person may not do it; `who` then says who may."""

    title: str | Promise
    why: str | Promise
    button: str | Promise
    url: str
    done: bool
    who: str | Promise = ""


def first_steps(person: Person) -> list[Step]:
    """For somebody without a team: what an administrator does first; empty for everyone else."""
    if not person.has_perm("organisation.administer"):
        return []
    return [
        Step(
            _("Create a team"),
            _("Everything belongs to a team: its roadmap, its repositories, its figures."),
            _("Create a team"),
            reverse("team-new"),
            done=False,
        ),
        Step(_("Invite its people"), _("By a link that works once; no mail server is needed."), "", "", done=False),
        Step(_("Start the 12-month roadmap"), _("Four phases with what to do in each."), "", "", done=False),
        Step(
            _("Connect a repository"),
            _("Deployment frequency, lead time and the other delivery figures come from there by themselves."),
            "",
            "",
            done=False,
        ),
    ]


def team_steps(
    person: Person,
    team: Team,
    *,
    people: int,
    has_round: bool,
    has_roadmap: bool,
    has_connection: bool,
    has_objectives: bool,
) -> Sequence[Step]:
    """What a young team still has to do; empty once all is done, or for somebody who may do nothing about it."""
    edits, administers = person.has_perm("team.edit", team), person.has_perm("team.administer", team)
    steps = [
        Step(
            _("Invite its people"),
            _("By a link that works once; no mail server is needed."),
            _("Invite people"),
            reverse("members", args=[team.pk]) if administers else "",
            done=people > 1,
            who=_("A team admin does this."),
        ),
        Step(
            _("Assess where the team stands"),
            _("Twelve questions with ordered answers, about 15 minutes."),
            _("Start the assessment"),
            reverse("assessment", args=[team.pk]) if edits else "",
            done=has_round,
        ),
        Step(
            _("Start the 12-month roadmap"),
            _("Four phases with what to do in each; tick what is done."),
            _("Start the roadmap"),
            reverse("roadmap", args=[team.pk]) if edits else "",
            done=has_roadmap,
        ),
        Step(
            _("Connect a repository"),
            _("Deployment frequency, lead time and the other delivery figures come from there by themselves."),
            _("Connect a repository"),
            reverse("connect", args=[team.pk]) if administers else "",
            done=has_connection,
            who=_("A team admin does this."),
        ),
        Step(
            _("Write the first objective"),
            _("What shall be better by the end of the quarter, and by which numbers it shows."),
            _("Write an objective"),
            reverse("okrs", args=[team.pk]) if edits else "",
            done=has_objectives,
        ),
    ]
    return [] if all(step.done for step in steps) or not edits else steps


def next_step(steps: Sequence[Step]) -> Step | None:
    """The first one that is open and that the person can do: it holds the page's one filled button."""
    return next((step for step in steps if step.url and not step.done), None)
