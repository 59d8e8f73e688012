"""What is sent to every route that changes something, as somebody who may do it would send it.

One line for each method that writes, beside the route's line in access_table.py:

    ("team-groups", "post"): lambda w: Sent({"name": "Platform"}),

- Name *every* field that the route takes, also those that may be left out: the walks hold that it takes no other, and that
  whatever else is sent changes nothing.
- An id is given as the row itself: the walks also send another team's row in its place, which must be refused.
- The function may make the rows that the request needs, with any factory, for `w.team`. `args` stand in for those of
  access_table.py where these do not fit.
- Where no single request can carry all fields, give a list of several.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.cache import cache
from django.db import models

from assessments import services as assessing
from assessments.models import Assessment
from connections.models import Connection, Credential
from connections.services import access_of
from imports.models import Upload
from okrs.models import Cycle
from okrs.services import close_cycle
from teams.models import Team
from tests.access_world import World
from tests.assessments import factories as maturity
from tests.connections.factories import GrantFactory
from tests.factories import PASSWORD
from tests.imports.files import brought
from tests.okrs import factories as okrs
from tests.roadmaps.factories import noon, ticked
from tests.sent_pushed import ALERT, PUSHED, REPORTED

Body = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    body: Body = field(default_factory=dict)
    args: tuple[Any, ...] | None = None
    by_administrators: bool = False  # of those who may use the route, only they may send these fields


Line = Callable[[World], Sent | list[Sent]]


def plain(value: Any) -> Any:
    """The same with rows as their ids."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


def lines_of(line: Line, w: World) -> list[Sent]:
    made = line(w)
    return made if isinstance(made, list) else [made]


# -- Rows that requests need ----------------------------------------------------------------------------------------


def _waiting(w: World) -> Upload:
    return brought(w.roadmap.team, w.people["administrator"], "roadmap-items", b"Section,Item\n1,Brought\n")


def _waiting_of_organisation(w: World) -> Upload:
    return brought(None, w.people["administrator"], "check-ins", b"Key result,Day\nNone,2026-11-02\n")


def _submitted(w: World) -> Assessment:
    return assessing.submit(assessment=_answered(w), by=w.people["administrator"])


def _answered(w: World) -> Assessment:
    """The team's round, every criterion answered."""
    found = w.round
    maturity.answered_all(found, w.people["administrator"])
    return found


def _checklist(w: World, objective: Any) -> Any:
    entries = ["Serving", "Training"]
    return okrs.key_result_of(objective, w.membership.person, title="A", kind="checklist", entries=entries)


def _seeing_one(w: World) -> Team:
    """The team, where the token of the organisation's connection has just been seen to see one repository."""
    token = Credential.objects.get_or_create(connection=w.common, defaults={"token": "x"})[0]
    cache.set(f"repositories:{token.pk}", {"rows": [("42", "acme/given", "")], "whole": True})
    return w.team


def _giving_one(w: World) -> Connection:
    """The organisation's connection, where it gives the team one repository."""
    Credential.objects.get_or_create(connection=w.common, defaults={"token": "x"})
    GrantFactory(connection=w.common, team=w.team, full_name="acme/given")
    return w.common


# -- The API --------------------------------------------------------------------------------------------------------


def _answer(w: World) -> list[Sent]:
    said = {
        "criterion": "data.versioning", "seen": 0, "comment": "DVC", "link": "https://example.com/dvc",
        "on": "2026-11-20", "request_id": "a1",
    }  # fmt: skip
    judged = {"state": 2, "valid_until": "2027-05-01", "model_version": w.round.model_version}
    return [Sent({**said, **judged}), Sent({**said, "kind": "not_applicable"})]


def _item_edit(w: World) -> Sent:
    item = w.roadmap.items.order_by("pk")[0]
    seen = {"title": "", "owner": item.owner, "due_date": str(item.due_date)}
    return Sent({"title": "Renamed", "owner": w.membership.person, "due_date": "2026-12-01", "seen": seen})


def _item_state(w: World) -> Sent:
    item = w.roadmap.items.order_by("pk")[0]
    sent = {"wanted": "done", "seen_version": item.version, "note": "Found it", "already_had": True, "on": "2026-04-01"}
    return Sent({**sent, "request_id": "t1"})


def _item_undo(w: World) -> Sent:
    item = ticked(w.roadmap.items.order_by("pk")[0], w.people["administrator"], noon(5, 20))
    return Sent({"seen_version": item.version, "request_id": "u1"})


def _policy(_: World) -> Sent:
    wanted = {
        "scope": "team", "look_back_days": 7, "rollbacks": True, "reverts": True, "hotfixes": True,
        "hotfix_labels": ["urgent"], "hotfix_branches": ["fix/*"], "edition": "2025",
    }  # fmt: skip
    seen = {
        "scope": "service", "look_back_days": 30, "rollbacks": False, "reverts": False, "hotfixes": False,
        "hotfix_labels": ["hotfix"], "hotfix_branches": ["hotfix/*", "hotfix-*"], "edition": "2023",
    }  # fmt: skip
    return Sent({**wanted, "seen": seen})


def _corrections(w: World) -> list[Sent]:
    said = {"reason": "It broke the checkout", "request_id": "c1"}
    return [
        Sent({**said, "kind": "failed", "deployment": w.deployment}),
        Sent({**said, "kind": "attribute", "incident": w.incident, "target": None}),
        Sent({**said, "kind": "attribute", "incident": w.incident, "target": w.deployment}),
    ]


def _cycle(first_day: str, last_day: str) -> Line:
    days = {"first_day": first_day, "last_day": last_day}
    return lambda _: Sent({**days, "title": "Winter", "weekday": 1, "every_weeks": 2})


class _Okrs:
    """The lines of one owner: the team, or the organisation."""

    def __init__(self, *, of_team: bool) -> None:
        self.of_team = of_team

    def first(self, w: World) -> Any:
        return w.key_result_of(w.team if self.of_team else None)

    def args(self, w: World, *more: Any) -> tuple[Any, ...]:
        return (w.team.pk, *more) if self.of_team else more

    def objective_fields(self, w: World) -> Body:
        fields = {
            "title": "Ship every day", "business_metric": "Churn: 2 %", "why": "Customers wait",
            "owner": w.membership.person, "weight": 2.0,
        }  # fmt: skip
        return {**fields, "supports": w.key_result_of(None).objective if self.of_team else None}

    def objective(self, w: World) -> Sent:
        return Sent({**self.objective_fields(w), "cycle": self.first(w).cycle})

    def objective_edit(self, w: World) -> Sent:
        wanted, row = self.objective_fields(w), self.first(w).objective
        return Sent({**wanted, "seen": {name: getattr(row, name) for name in wanted}})

    def key_result_fields(self, w: World) -> list[Body]:
        common = {
            "title": "Lead time", "done_when": "Measured in production", "unit": "days", "weight": 1.5,
            "owner": w.membership.person, "effective_on": "2026-11-01",
        }  # fmt: skip
        moving = {"kind": "decrease", "start": 12.0, "target": 6.0, "phases": [["2026-11-15", 9.0]], "figure": "mttr"}
        return [
            {**common, **moving},
            {**common, "kind": "between", "low": 1.0, "high": 4.0},
            {**common, "kind": "milestone", "due_day": "2026-12-01"},
        ]

    def key_result(self, w: World) -> list[Sent]:
        objective = self.first(w).objective
        checklist = {"title": "Runbooks", "kind": "checklist", "entries": ["Serving", "Training"]}
        return [Sent({**fields, "objective": objective}) for fields in (*self.key_result_fields(w), checklist)]

    def key_result_edit(self, w: World) -> list[Sent]:
        row, found = okrs.key_result_of(self.first(w).objective, w.membership.person), []
        for wanted in self.key_result_fields(w):
            seen = {name: getattr(row, name) for name in wanted}
            seen["effective_on"] = str(row.effective_on)
            found.append(Sent({**wanted, "seen": seen}, self.args(w, row.pk)))
        return found

    def check_in(self, w: World) -> list[Sent]:
        said = {
            "confidence": 7, "status": "off_track", "reason": "As it is", "comment": "Fine", "day": "2026-11-20",
            "request_id": "c1",
        }  # fmt: skip
        row, checklist = self.first(w), _checklist(w, self.first(w).objective)
        done = [checklist.entries.order_by("pk")[0]]
        return [
            Sent({**said, "value": 12.5}, self.args(w, row.pk)),
            Sent({"done": done, "seen_done": []}, self.args(w, checklist.pk)),
        ]


def _cycle_edit(of_team: bool) -> Line:
    def line(w: World) -> Sent:
        cycle = w.own_cycle if of_team else w.key_result_of(None).cycle
        seen = {name: getattr(cycle, name) for name in ("title", "weekday", "every_weeks")}
        seen |= {name: str(getattr(cycle, name)) for name in ("first_day", "last_day")}
        days = {"first_day": str(cycle.first_day), "last_day": "2026-12-30"}
        return Sent({**days, "title": "Winter", "weekday": 2, "every_weeks": 2, "seen": seen})

    return line


def _cycle_closed(of_team: bool) -> Line:
    def line(w: World) -> Sent:
        row = w.key_result_of(w.team if of_team else None)
        cycle, grades = row.cycle, [{"key_result": row, "grade": 0.5}]
        if of_team:  # a team closes a cycle of its own
            cycle = w.own_cycle
            row = okrs.key_result_of(okrs.objective_in(cycle, w.membership.person, w.team), w.membership.person)
            grades = [{"key_result": row, "grade": 0.5}]
        return Sent({"closed": True, "grades": grades}, (w.team.pk, cycle.pk) if of_team else (cycle.pk,))

    return line


def _cycle_carried(of_team: bool) -> Line:
    def line(w: World) -> Sent:
        row, by = w.key_result_of(w.team if of_team else None), w.people["administrator"]
        later = Cycle.objects.filter(team=w.team if of_team else None, first_day=date(2027, 1, 1)).first()
        into = later or okrs.quarter(by, w.team if of_team else None, date(2027, 1, 1), date(2027, 3, 31))
        return Sent({"into": into, "only": [row]}, (w.team.pk, row.cycle.pk) if of_team else (row.cycle.pk,))

    return line


def _team_edit(w: World) -> list[Sent]:
    seen = {"name": w.team.name, "group": w.team.group}
    return [
        Sent({"name": f"Renamed {w.team.pk}", "group": w.group, "seen": seen}, by_administrators=True),
        Sent({"time_zone": "Asia/Tokyo", "seen": {"time_zone": w.team.time_zone}}),
    ]


def _access_edit(w: World) -> Sent:
    seen = access_of(w.service.source)
    return Sent({"base_url": "https://api.example.com/v4", "token": "typed-anew", "seen": seen})


def _rules_edit(w: World) -> Sent:
    wanted = {
        "deployments": "runs", "environments": {"production": ["live"], "staging": [], "testing": ["t"]},
        "branches": ["main"], "workflows": [["42", "Deploy"]], "incident_labels": ["outage"], "since": "2026-01-01",
    }  # fmt: skip
    seen = {
        "deployments": "deployments", "environments": w.service.environments, "branches": [], "workflows": [],
        "incident_labels": ["incident"], "since": None,
    }  # fmt: skip
    return Sent({**wanted, "seen": seen})


# -- Pages ----------------------------------------------------------------------------------------------------------


def _carried(w: World) -> Sent:
    return Sent({"into": okrs.quarter(w.people["administrator"], None, date(2027, 1, 1), date(2027, 3, 31))})


def _graded(w: World) -> Sent:
    row = w.key_result_of(w.team)
    close_cycle(cycle=row.cycle, by=w.people["administrator"])
    return Sent({"grade": "0.5"})


def _entries(w: World) -> Sent:
    row = _checklist(w, w.key_result_of(w.team).objective)
    body: Body = {"added": "Handing over"}
    for entry in row.entries.all():
        body |= {f"title_{entry.pk}": f"{entry.title} well", f"seen_title_{entry.pk}": entry.title}
        body |= {f"skipped_{entry.pk}": "on", f"seen_skipped_{entry.pk}": "False"}
    return Sent(body, args=(row.pk,))


# What a page's form does not show by itself; the walk fills in the rest as somebody would who looks at it.
PAGES: dict[tuple[str, str], Line] = {
    ("account-password", "post"): lambda _: Sent({"password": PASSWORD, "new": "another-horse-battery"}),
    ("account_reauthenticate", "post"): lambda _: Sent({"password": PASSWORD}),
    ("person-remove", "post"): lambda w: Sent({"name": w.membership.person.name}),
    ("team-tokens", "post"): lambda _: Sent({"name": "CI", "scope": "read"}),
    ("notice-mark", "post"): lambda _: Sent({"as": "read"}),
    ("theme", "post"): lambda _: Sent({"theme": "dark"}),
    ("inbox-read", "post"): lambda w: Sent({"up_to": str(w.notice_of(w.people["administrator"]).pk)}),
    ("okr-example", "post"): lambda w: Sent({"owner": w.membership.person}),
    ("roadmap-tick", "post"): lambda _: Sent({"wanted": "done"}),
    ("roadmap-state", "post"): lambda _: Sent({"wanted": "in_progress"}),
    ("roadmap-undo", "post"): _item_undo,
    ("assessment-answer", "post"): lambda _: Sent({"choice": "2"}),
    ("assessment-submit", "post"): lambda w: Sent(args=(w.team.pk, _answered(w).pk)),
    ("assessment-review", "post"): lambda w: Sent(args=(w.team.pk, _submitted(w).pk)),
    ("assessment-reopen", "post"): lambda w: Sent(args=(w.team.pk, _submitted(w).pk)),
    ("assessment-target", "post"): lambda _: Sent({"level": "2"}),
    ("okr-carry-over", "post"): lambda w: Sent(_carried(w).body, args=(w.team.pk, w.key_result_of(w.team).cycle.pk)),
    ("organisation-carry-over", "post"): _carried,
    ("key-result-add", "post"): lambda _: Sent({"start": "0", "target": "10", "figure": ""}),
    ("key-result-grade", "post"): _graded,
    ("key-result-owner", "post"): lambda w: Sent({"owner": w.membership.person}),
    ("key-result-entries", "post"): _entries,
    ("deployment", "post"): lambda _: Sent({"kind": "failed", "reason": "It broke the checkout"}),
    ("incident", "post"): lambda w: [
        Sent({"kind": "attribute", "target": w.deployment, "reason": "It was the cause"}),
        Sent({"kind": "not_incident", "reason": "A drill"}),
    ],
}
_SAID = {"text": "Who looks after this?", "request_id": "s1"}
_OF_TEAM, _OF_ORGANISATION = _Okrs(of_team=True), _Okrs(of_team=False)


SENT: dict[tuple[str, str], Line] = {
    **PAGES,
    ("api-assessments", "post"): lambda _: Sent(),
    ("api-assessment-submit", "post"): lambda w: Sent(args=(w.team.pk, _answered(w).pk)),
    ("api-assessment-review", "post"): lambda w: Sent(args=(w.team.pk, _submitted(w).pk)),
    ("api-assessment-reopen", "post"): lambda w: Sent(args=(w.team.pk, _submitted(w).pk)),
    ("api-assessment-answers", "post"): _answer,
    ("api-targets", "post"): lambda _: Sent({"area": "data", "level": 2, "due": "2027-03-01", "seen": 0}),
    ("api-exemptions", "post"): lambda _: Sent(
        {"criterion": "model.reproducibility", "reason": "Bought in", "until": "2027-01-31"}
    ),
    ("api-imports", "post"): lambda w: Sent(
        {"kind": "roadmap-items", "name": "items.csv", "content": b64encode(b"Section,Item\n1,Brought\n").decode()},
        args=(w.roadmap.team_id,),
    ),
    ("api-organisation-imports", "post"): lambda _: Sent(
        {"kind": "check-ins", "name": "a.csv", "content": b64encode(b"Key result,Day\nNone,2026-11-02\n").decode()}
    ),
    ("api-organisation-import", "delete"): lambda _: Sent(),
    ("api-organisation-import-apply", "post"): lambda _: Sent(),
    ("imports-throw-away", "post"): lambda w: Sent({"chosen": [_waiting(w)]}),
    ("organisation-imports-throw-away", "post"): lambda w: Sent({"chosen": [_waiting_of_organisation(w)]}),
    ("api-import", "delete"): lambda _: Sent(),
    ("api-import-apply", "post"): lambda _: Sent(),
    ("deployment-new", "post"): lambda _: Sent(
        {"service": "churn-model", "created_at": "2026-01-02T09:30", "finished_at": "2026-01-02T09:42"}
    ),
    ("incident-new", "post"): lambda _: Sent({"began_at": "2026-01-02T09:30"}),
    ("deployment-edit", "post"): lambda _: Sent({"title": "Retrain again"}),
    ("incident-edit", "post"): lambda _: Sent({"title": "Staler"}),
    ("alert-rule", "post"): lambda _: Sent({"values": "page"}),
    ("api-deployments", "post"): lambda _: Sent({"deployments": [PUSHED]}),
    ("api-incidents", "post"): lambda _: Sent({"incidents": [REPORTED]}),
    ("api-alerts", "post"): lambda _: Sent({"version": "4", "alerts": [ALERT]}),
    ("api-roadmap", "post"): lambda w: Sent({"start_date": "2026-11-01"}, args=(w.team.pk,)),
    ("api-roadmap", "patch"): lambda w: Sent({"start_date": "2026-05-01", "seen": str(w.roadmap.start_date)}),
    ("api-roadmap-items", "post"): lambda w: [
        Sent({"title": "A", "phase": 2, "owner": w.membership.person, "due_date": "2026-12-01", "request_id": "i1"}),
        Sent({"title": "A", "checklist": "technical"}),
    ],
    ("api-roadmap-item", "patch"): _item_edit,
    ("api-roadmap-tick", "post"): _item_state,
    ("api-roadmap-undo", "post"): _item_undo,
    ("api-inbox-read", "post"): lambda _: Sent({"up_to": 1_000_000}),
    ("api-notice", "patch"): lambda _: Sent({"read": True}),
    ("api-okr-cycles", "post"): _cycle("2027-01-01", "2027-03-31"),
    ("api-okr-objectives", "post"): _OF_TEAM.objective,
    ("api-okr-objective", "patch"): _OF_TEAM.objective_edit,
    ("api-okr-key-results", "post"): _OF_TEAM.key_result,
    ("api-okr-key-result", "patch"): _OF_TEAM.key_result_edit,
    ("api-okr-check-ins", "post"): _OF_TEAM.check_in,
    ("api-organisation-okr-cycles", "post"): _cycle("2027-01-01", "2027-03-31"),
    ("api-organisation-okr-objectives", "post"): _OF_ORGANISATION.objective,
    ("api-organisation-okr-objective", "patch"): _OF_ORGANISATION.objective_edit,
    ("api-organisation-okr-key-results", "post"): _OF_ORGANISATION.key_result,
    ("api-organisation-okr-key-result", "patch"): _OF_ORGANISATION.key_result_edit,
    ("api-organisation-okr-check-ins", "post"): _OF_ORGANISATION.check_in,
    ("api-team-detail", "patch"): _team_edit,
    ("api-exemption-decision", "post"): lambda _: Sent({"decision": "approved"}),
    ("api-okr-cycle", "patch"): _cycle_edit(True),
    ("api-okr-cycle-closed", "post"): _cycle_closed(True),
    ("api-okr-carry-over", "post"): _cycle_carried(True),
    ("api-okr-objective-archived", "post"): lambda _: Sent({"archived": True}),
    ("api-okr-key-result-archived", "post"): lambda _: Sent({"archived": True}),
    ("api-organisation-okr-cycle", "patch"): _cycle_edit(False),
    ("api-organisation-okr-cycle-closed", "post"): _cycle_closed(False),
    ("api-organisation-okr-carry-over", "post"): _cycle_carried(False),
    ("api-organisation-okr-objective-archived", "post"): lambda _: Sent({"archived": True}),
    ("api-organisation-okr-key-result-archived", "post"): lambda _: Sent({"archived": True}),
    ("api-connection", "patch"): _access_edit,
    ("api-delivery-rules", "patch"): _rules_edit,
    ("api-calendar", "post"): lambda _: Sent(),
    ("api-calendar", "delete"): lambda _: Sent(),
    ("api-grant", "delete"): lambda _: Sent(),
    ("api-set-aside-retry", "post"): lambda _: Sent(),
    ("api-repositories", "post"): lambda w: Sent({"connection": _giving_one(w), "repositories": ["acme/given"]}),
    ("api-repository", "delete"): lambda _: Sent(),
    ("api-grants", "post"): lambda w: Sent({"team": _seeing_one(w), "repositories": ["acme/given"]}),
    ("service-add", "post"): lambda _: Sent(
        {
            "name": "web",
            "how_far": "all",
            "since": "",
            "deployments": "none",
            "other_environments": "",
            "workflows": [],
            "branches": "main",
            "labels": [],
            "other_labels": "web",
            "paths": "web",
        }
    ),
    ("api-delivery-policy", "patch"): _policy,
    ("api-delivery-corrections", "post"): _corrections,
    ("api-delivery-withdraw", "post"): lambda _: Sent(),
    ("api-comments-of", "post"): lambda _: Sent(_SAID),
    ("api-comment-blank", "post"): lambda _: Sent(),
    ("api-organisation-comments-of", "post"): lambda _: Sent(_SAID),
    ("api-organisation-comment-blank", "post"): lambda _: Sent(),
}
