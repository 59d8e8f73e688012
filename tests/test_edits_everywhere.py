"""Whoever edits a stored row goes through core/edits.py: every route that writes is played, and what it does is watched.

A new route that changes rows that are there, or whose form shows what is stored, fails here until it merges with what somebody
else did meanwhile and asks about what it cannot merge. What does neither stands below with its reason.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from django import forms
from django.http import HttpResponse

from connections import inspections
from core import clock, edits
from core.edits import SeenForm, StaleEdit, Touch
from tests.access_route import Route
from tests.access_rules import GONE, NOT_ONES_OWN, OPEN
from tests.access_table import ROUTES
from tests.access_world import World
from tests.connections.factories import SEEN
from tests.connections.stub import host_of
from tests.machines.world import TODAY, cast, fill
from tests.stale import asked
from tests.tampering import BY_THE_WAY, VISITS, WHO, Rows, ask, forms_asked, rolled_back, rows, sent_by
from tests.test_tampering import said

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

# What changes rows that are there, and is no edit in which somebody's words could be lost.
EVENT = "one more event, made from a version that was seen; the row beside it only counts along"
STATE = "brings a row into a named state; twice is as once"
LINK = "spends, renews or ends a link or a secret, which nobody edits"
BLANK = "takes words away for good, as whoever does it means"
WITHOUT_MERGE = {
    **dict.fromkeys(
        ["api-roadmap-tick", "api-roadmap-undo", "roadmap-tick",
         "roadmap-undo", "roadmap-state", "roadmap-drop", "deployment", "incident", "correction-withdraw",
         "api-delivery-corrections", "api-delivery-withdraw"], EVENT
    ),
    **dict.fromkeys(
        ["api-assessment-reopen", "api-assessment-review", "api-assessment-submit", "assessment-reopen",
         "assessment-review", "assessment-submit", "assessment-exemption-approve", "assessment-exemption-refuse",
         "okr-cycle-close", "okr-objective-archive", "key-result-archive", "team-archive", "team-group-delete",
         "person-deactivate", "connection-pause", "connection-disconnect", "connection-sync",
         "api-exemption-decision", "api-okr-cycle-closed", "api-organisation-okr-cycle-closed",
         "api-okr-objective-archived", "api-okr-key-result-archived", "api-organisation-okr-objective-archived",
         "api-organisation-okr-key-result-archived",
         "organisation-connection-end", "service-add", "service-end", "connection-retry",
         "deployment-withdraw", "incident-withdraw", "api-repository",
         "channel-remove", "theme", "inbox-read", "notice-mark", "api-notice", "import-apply", "api-import-apply",
         "organisation-import-apply", "api-organisation-import-apply"], STATE
    ),
    **dict.fromkeys(
        ["account-password", "invitation-renew", "invitation-revoke", "team-token-revoke",
         "organisation-token-revoke", "person-address", "person-reset", "connect-rules", "channel-secret"], LINK
    ),
    **dict.fromkeys(
        ["person-remove", "roadmap-blank-note", "assessment-blank-comment", "key-result-blank-remark",
         "comment-blank", "api-comment-blank", "api-organisation-comment-blank"], BLANK
    ),
}  # fmt: skip
# Forms that show what is stored and do not write it back.
SHOWN_ONLY = {
    "CheckInForm": "proposes the present value for one more event",
    "CorrectIncidentForm": "proposes the deployment that it is attributed to, for one more event",
}
REAL = edits.merge
STAMPS = "core.livestamp"  # the database counts there what changes
NOT_PLAYED = {
    "connect": "asks another system, and makes a draft",
    "repositories-add": "asks another system, and makes drafts or rows",
    "api-repositories": "asks another system, and makes drafts or rows",
    "organisation-connection-new": "asks another system, and makes a row",
    "organisation-connection-give": "asks another system, and makes rows",
    "security-app": "needs a device, and makes a row",
    "security-passkey": "needs a device, and makes a row",
    "security-rename": "needs a device",
    "channel-new": "asks a name server, and makes a row",
    "channel-address": "asks a name server; what it replaces is never shown",
    "api-set-aside-retry": "asks another system; nobody edits what it answers",
    "channel-test": "posts to another host",
    "hook": "takes what a host signed; merely hastens a sync",
    "import-new": "takes a file, and makes a row",
    "organisation-import-new": "takes a file, and makes a row",
    "backup-upload": "takes a file",
    "backup-delete": "takes a file away",
    "backup-restore": "replaces everything, as it says",
}


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with clock.at(TODAY):
        made = cast()
        fill(made)
        assert made.incident.pk  # made now, with its deployment: what a route's turn makes is rolled back after it
        source = made.service.source
        source.seen = inspections.to_json(SEEN)
        source.save()
        with host_of(source):
            yield made


def writing() -> list[tuple[Route, str]]:
    return [
        (route, method)
        for route in ROUTES
        for method, rule in route.methods.items()
        if method != "get" and rule not in (OPEN, GONE, NOT_ONES_OWN) and route.name not in NOT_PLAYED
    ]


@contextmanager
def instead_of_merge(stand_in: Callable[..., Any]) -> Iterator[None]:
    """Everywhere where it was imported."""
    with ExitStack() as stack:
        for module in list(sys.modules.values()):
            if getattr(module, "merge", None) is REAL:
                stack.enter_context(patch.object(module, "merge", stand_in))
        yield


def edited(before: Rows, after: Rows) -> set[str]:
    """The columns of rows that were there and are other now, as "table.column"."""
    return {
        f"{table}.{name}"
        for table, now in after.items()
        if table not in (VISITS, STAMPS)
        for pk, row in now.items()
        if pk in before[table]
        for name, value in row.items()
        if value != before[table][pk][name] and f"{table.split('.')[1]}.{name}" not in BY_THE_WAY
    }


def shows_what_is_stored(form: forms.BaseForm) -> bool:
    shown = {name for name, field in form.fields.items() if not field.widget.is_hidden and not field.disabled}
    return any(form.initial.get(name) not in (None, "", []) for name in shown)


class Watched:
    """What one route did with requests that were meant well, and what it says when what they edit is stale."""

    def __init__(self, world: World, route: Route, method: str) -> None:
        self.route, self.method, self.world = route, method, world
        self.merged: list[dict[str, Any]] = []
        self.edited: set[str] = set()
        self.forms: list[forms.BaseForm] = []
        self.unlike: list[str] = []  # what a stale edit should have been answered with
        requests = sent_by(world, route, method)
        self.before = rows()
        for url, body in requests:
            with forms_asked() as found:
                merged = len(self.merged)
                response, changed = self._sent(url, body, self._merge)
            assert response.status_code < 400, f"{url}: {response.status_code} {said(response)}"
            self.edited |= changed
            self.forms += found
            if len(self.merged) > merged:
                self._look_at(url, *self._sent(url, body, stale))

    def _sent(self, url: str, body: dict[str, Any], merge: Callable[..., Any]) -> tuple[HttpResponse, set[str]]:
        with rolled_back(), instead_of_merge(merge):
            who = WHO.get(self.route.name, "administrator")
            response = ask(self.world, self.route, self.method, who, url, body)
            return response, edited(self.before, rows())

    def _merge(self, **told: Any) -> dict[str, Any]:
        self.merged.append(told)
        return REAL(**told)

    def _look_at(self, url: str, response: HttpResponse, changed: set[str]) -> None:
        """Nothing is written, and both values are told, with who changed it."""
        if response.status_code != 409 or changed:
            self.unlike.append(f"{url}: a stale edit is {response.status_code} and changes {sorted(changed)}")
        elif self.route.kind == "api":
            told = response.json()  # type: ignore[attr-defined]
            names = [set(told.pop(part, ())) for part in ("theirs", "yours", "changed")]
            if set(told) != {"detail"} or not names[0] or names[0] != names[1] or names[1] != names[2]:
                self.unlike.append(f"{url}: a stale edit tells {names} and {told}")
        else:
            questions = asked(response.content.decode()).values()
            if [each.sentence[:35] for each in questions] != ["Olga Other changed this meanwhile ("]:
                self.unlike.append(f"{url}: a stale edit asks {list(questions)}")


def stale(*, current: dict[str, Any], wanted: dict[str, Any], **_told: Any) -> dict[str, Any]:
    name = next(iter(wanted))
    by = {name: Touch("Olga Other", TODAY)}
    raise StaleEdit(theirs={name: current[name]}, yours={name: wanted[name]}, by=by)


def test_every_edit_goes_through_the_one_mechanism(world: World) -> None:
    wrong, needless, merging = [], dict(WITHOUT_MERGE), set()
    for route, method in writing():
        with rolled_back():
            found = Watched(world, route, method)
        wrong += found.unlike
        merging |= {route.name} if found.merged else set()
        if found.edited and not found.merged and needless.pop(route.name, None) is None:
            wrong.append(f"{route.name} changes {sorted(found.edited)} and merges nothing")
        for form in found.forms:
            name = type(form).__name__
            if isinstance(form, SeenForm) and form.shown and not found.merged and route.name not in WITHOUT_MERGE:
                wrong.append(f"{route.name}: {name} asks what was seen, and nothing is merged")
            if shows_what_is_stored(form) and not isinstance(form, SeenForm) and name not in SHOWN_ONLY:
                wrong.append(f"{route.name}: {name} shows what is stored, and is no SeenForm")
    assert not wrong, "\n".join(wrong)
    assert not needless, f"these need no reason any more: {sorted(needless)}"
    assert len(merging) >= 20, merging
