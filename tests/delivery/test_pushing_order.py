"""Any order and any repetition of what is pushed leaves the same rows. Random events, over the verbs themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connectors.records import ChangeRecord, DeploymentRecord, IncidentRecord, Outcome
from delivery.models import Change, Deployment, Telling
from delivery.pushing.deployments import Pushed, push_deployments
from delivery.pushing.incidents import PushedIncident, push_incidents
from teams.models import Person, Team
from tests.delivery.factories import NOW, ServiceFactory
from tests.delivery.pushes import rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "organisation")]
QUICK = settings(
    max_examples=10, database=None, deadline=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
# Few of each, so that events meet: equal instants, equal ids, the same word with another text.
instants = st.integers(1, 4).map(lambda n: NOW - timedelta(hours=n))
told_at = st.none() | instants
ids = st.sampled_from(["a", "b"])
texts = st.sampled_from(["", "one", "two"])


@st.composite
def deployments(draw: Any) -> Pushed:
    began, finished = sorted((draw(instants), draw(instants)))
    outcome = draw(st.sampled_from([Outcome.RUNNING, Outcome.SUCCEEDED, Outcome.FAILED, Outcome.CANCELLED]))
    record = DeploymentRecord(
        draw(ids), outcome, began, None if outcome is Outcome.RUNNING else finished, "production",
        sha=draw(texts), title=draw(texts), attempt=draw(st.integers(1, 2)), told_at=draw(told_at),
    )  # fmt: skip
    brought = draw(st.none() | st.lists(ids, max_size=2, unique=True))  # nothing is said of changes, or all is
    changes = None if brought is None else tuple(_change(each, draw(texts), draw(instants)) for each in brought)
    return Pushed(draw(st.sampled_from(["one", "other"])), record, "", changes)


def _change(ident: str, title: str, merged: datetime) -> ChangeRecord:
    at = NOW - timedelta(days=2)
    return ChangeRecord(ident, 0, title, merged, at, "", at, None)


@st.composite
def incidents(draw: Any) -> PushedIncident:
    began, resolved = sorted((draw(instants), draw(instants)))
    ident = draw(ids)
    record = IncidentRecord(
        ident, draw(texts), began, draw(st.sampled_from([None, resolved])), url=draw(texts), told_at=draw(told_at)
    )
    return PushedIncident(draw(st.sampled_from(["", {"a": "one", "b": "other"}[ident]])), record)


def left_by(push: Any, team: Team, by: Person, batches: list[list[Any]]) -> Any:
    with transaction.atomic():
        for entries in batches:
            push(team=team, entries=entries, by=by)
        changes = list(
            Change.objects.order_by("service__name", "key").values_list(
                "service__name", "key", "title", "merged_at", "told_at", "deployment__key"
            )
        )
        named = set(Telling.objects.values_list("deployment__service__name", "deployment__key", "change__key"))
        lists = set(Deployment.objects.values_list("service__name", "key", "changes_told_at"))
        found = (rows(), changes, named, lists)
        transaction.set_rollback(True)
    return found


def batched(draw: Any, events: list[Any]) -> list[list[Any]]:
    """The events in another order, some of them again, cut into pushes somehow."""
    again = draw(st.lists(st.sampled_from(events), max_size=3))
    mixed = draw(st.permutations([*events, *again]))
    cuts = sorted(draw(st.sets(st.integers(1, len(mixed)), max_size=3)) | {0, len(mixed)})
    return [mixed[start:end] for start, end in pairwise(cuts)]


@QUICK
@given(data=st.data())
def test_deployments_in_any_order(team: Team, editor: Person, data: Any) -> None:
    events = data.draw(st.lists(deployments(), min_size=2, max_size=6))
    one = left_by(push_deployments, team, editor, [[each] for each in events])
    other = left_by(push_deployments, team, editor, batched(data.draw, events))
    assert one == other
    assert len(one[0][0]) == len({(each.service, each.record.key) for each in events})


@st.composite
def lists(draw: Any) -> Pushed:
    """Of one deployment, which is always the same; only its changes are told, now these and now those."""
    at = NOW - timedelta(hours=4)
    record = DeploymentRecord("a", Outcome.SUCCEEDED, at, at, "production", told_at=draw(st.none() | instants))
    brought = draw(st.lists(ids, max_size=2, unique=True))
    return Pushed("one", record, "", tuple(_change(each, draw(texts), draw(instants)) for each in brought))


@QUICK
@given(data=st.data())
def test_lists_of_changes_in_any_order(team: Team, editor: Person, data: Any) -> None:
    events = data.draw(st.lists(lists(), min_size=3, max_size=6))
    one = left_by(push_deployments, team, editor, [[each] for each in events])
    assert one == left_by(push_deployments, team, editor, batched(data.draw, events))
    newest = max(each.record.told_at or each.record.created_at for each in events)
    of_it = [each for each in events if (each.record.told_at or each.record.created_at) == newest]
    assert {key for _service, _deployment, key in one[2]} == {
        f"push:{change.key}" for each in of_it for change in each.changes or ()
    }


@QUICK
@given(data=st.data())
def test_incidents_in_any_order(team: Team, editor: Person, data: Any) -> None:
    for name in ("one", "other"):
        if not team.services.filter(name=name).exists():
            ServiceFactory(source__connection__team=team, name=name)
    events = data.draw(st.lists(incidents(), min_size=2, max_size=6))
    one = left_by(push_incidents, team, editor, [[each] for each in events])
    other = left_by(push_incidents, team, editor, batched(data.draw, events))
    assert one == other
    assert len(one[0][1]) == len({each.record.key for each in events})


def test_the_comparison_can_fail(team: Team, editor: Person) -> None:
    at = NOW - timedelta(hours=1)
    first = Pushed("one", DeploymentRecord("a", Outcome.SUCCEEDED, at, at, "production", title="one"))
    other = replace(first, record=replace(first.record, title="two"))
    alone, both = (left_by(push_deployments, team, editor, [batch]) for batch in ([first], [first, other]))
    assert alone != both
