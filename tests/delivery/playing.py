"""Random deployments, changes, incidents and words of people, in a random order of arrival: steps that a test plays."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from connectors.records import ChangeRecord, ComparisonRecord, DeploymentRecord, IncidentRecord, Outcome, comparison_key
from core.refusals import Refused
from delivery import changes, correcting, records, refresh, rules
from delivery.attributing import set_policy
from delivery.models import Change, Correction, Deployment, Failure, Incident, Policy, Service, Telling
from delivery.refresh import Touched
from teams.models import Person, Team

# Around a leap day, and the night in which Berlin's clocks go forward and New York's have gone.
BASES = (datetime(2024, 2, 28, 22, tzinfo=UTC), datetime(2024, 3, 30, 22, tzinfo=UTC))
GRID = st.sampled_from(
    [0, 0, 1, 2, 30, 60, 90, 121, 600, 1440, 2000, 9 * 1440, 45 * 1440]
)  # minutes: equal ones are wanted
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC", "Pacific/Apia")
VERSIONS = ("", "aa", "bb", "cc", "aa", "bb", "cc")
COMMITS = ("m1", "m2", "m3")


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    return draw(st.sampled_from(BASES)) + timedelta(minutes=draw(GRID), seconds=draw(st.sampled_from([0, 0, 1])))


@st.composite
def deployments(draw: st.DrawFn) -> DeploymentRecord:
    finished = draw(instants())
    outcome = draw(st.sampled_from([Outcome.SUCCEEDED] * 9 + [Outcome.FAILED, Outcome.UNKNOWN, Outcome.CANCELLED]))
    return DeploymentRecord(
        key=f"deployment:{draw(st.integers(1, 9))}",
        outcome=outcome,
        created_at=finished - timedelta(minutes=draw(st.sampled_from([0, 5]))),
        finished_at=None if outcome is Outcome.UNKNOWN else finished,
        environment=draw(st.sampled_from(["production"] * 8 + ["staging"])),
        branch=draw(st.sampled_from(["main", "main", "hotfix/1"])),
        sha=draw(st.sampled_from(VERSIONS)),
    )


@st.composite
def incidents(draw: st.DrawFn) -> IncidentRecord:
    began = draw(instants())
    took = draw(st.sampled_from([None, 0, 1, 90, 3 * 1440]))
    resolved = None if took is None else began + timedelta(minutes=took)
    labels = draw(st.sampled_from([("incident",)] * 4 + [("question",)]))
    return IncidentRecord(f"issue:{draw(st.integers(1, 6))}", "Down", began, resolved, labels)


@st.composite
def pulls(draw: st.DrawFn) -> ChangeRecord:
    merged = draw(instants())
    number = draw(st.integers(1, 6))
    reverts = draw(st.sampled_from(["", "?", f"pull:{draw(st.integers(1, 6))}"]))
    title = draw(st.sampled_from(["One", "Two"]))
    before = timedelta(minutes=draw(GRID))
    return ChangeRecord(
        key=f"{draw(st.sampled_from(['pull', 'pull', 'push']))}:{number}",
        number=number,
        title=f'Revert "{title}"' if reverts == "?" else title,
        merged_at=merged,
        opened_at=merged - before,
        merge_sha=draw(st.sampled_from(("", *COMMITS))),
        first_commit_at=draw(st.sampled_from([None, merged - 2 * before, merged + before])),
        first_review_at=draw(st.sampled_from([None, merged, merged - before / 2, merged - 3 * before])),
        branch=draw(st.sampled_from(["topic", "topic", "hotfix-2"])),
        labels=draw(st.sampled_from([(), (), ("hotfix",)])),
        reverts="" if reverts == "?" else reverts,
        reverts_title=title if reverts == "?" else "",
    )


@st.composite
def comparisons(draw: st.DrawFn) -> ComparisonRecord:
    base, head, _other = draw(st.permutations(VERSIONS[1:4]))
    shas = draw(st.one_of(st.none(), st.lists(st.sampled_from(COMMITS), max_size=3).map(tuple)))
    return ComparisonRecord(comparison_key(base, head), base, head, shas, "" if shas is not None else "not_found")


OFTEN = st.sampled_from([True, True, True, False])
policies = st.fixed_dictionaries(
    {
        "scope": st.sampled_from(["service", "team"]),
        "look_back_days": st.sampled_from([None, 30, 7, 1]),
        "rollbacks": OFTEN,
        "reverts": OFTEN,
        "hotfixes": OFTEN,
        "hotfix_branches": st.sampled_from([["hotfix/*", "hotfix-*"], [], ["MAIN"]]),
        "hotfix_labels": st.sampled_from([["hotfix"], []]),
    }
)

Step = tuple[str, int, Any]  # what, of which service, with what


@st.composite
def steps(draw: st.DrawFn, more: int = 6) -> list[Step]:
    """Enough of everything that the rules meet each other, in any order; then corrections and late words."""
    told = [
        ("policy", 0, draw(policies)),
        *(
            ("deployments", n, each)
            for n in (0, 0, 1)
            for each in [draw(st.lists(deployments(), min_size=2, max_size=5))]
        ),
        ("changes", 0, draw(st.lists(pulls(), min_size=4, max_size=6))),
        ("comparisons", 0, draw(st.lists(comparisons(), min_size=3, max_size=6))),
        ("incidents", 0, draw(st.lists(incidents(), min_size=2, max_size=4))),
        ("incidents", 1, draw(st.lists(incidents(), max_size=2))),
    ]
    service = st.integers(0, 1)
    later = st.one_of(
        st.tuples(st.just("deployments"), service, st.lists(deployments(), min_size=1, max_size=1)),
        st.tuples(st.just("changes"), service, st.lists(pulls(), min_size=1, max_size=1)),
        st.tuples(st.just("incidents"), service, st.lists(incidents(), min_size=1, max_size=1)),
        st.tuples(st.just("correct"), service, st.tuples(st.integers(0, 5), st.integers(0, 7), st.integers(-1, 7))),
        st.tuples(st.just("correct"), service, st.tuples(st.integers(0, 5), st.integers(0, 7), st.integers(-1, 7))),
        st.tuples(st.just("name"), service, st.tuples(st.integers(0, 5), st.integers(0, 8))),
        st.tuples(st.just("withdraw"), service, st.integers(0, 3)),
        st.tuples(st.just("gone"), service, st.integers(1, 9)),
        st.tuples(st.just("policy"), service, policies),
    )
    return [*draw(st.permutations(told)), *draw(st.lists(later, min_size=1, max_size=more))]


KINDS = ("failed", "hotfix", "not_hotfix", "exclude", "attribute", "not_incident")


@dataclass
class Player:
    """Plays steps on a team with two services."""

    team: Team
    services: list[Service]
    by: Person
    now: datetime = field(default=datetime(2024, 7, 1, tzinfo=UTC))

    def play(self, story: list[Step]) -> None:
        for what, number, told in story:
            getattr(self, f"_{what}")(self.services[number], told)

    def _deployments(self, service: Service, told: list[DeploymentRecord]) -> None:
        records.keep_deployments(service, rules.of_service(service), told, self.now)

    def _incidents(self, service: Service, told: list[IncidentRecord]) -> None:
        records.keep_incidents(service, rules.of_service(service), told, self.now)

    def _changes(self, service: Service, told: list[ChangeRecord]) -> None:
        changes.keep_changes(service, told, self.now)

    def _comparisons(self, service: Service, told: list[ComparisonRecord]) -> None:
        changes.keep_comparisons(service, told, self.now)

    def _policy(self, _service: Service, wanted: dict[str, Any]) -> None:
        stored = Policy.objects.filter(team=self.team).first() or Policy(team=self.team)
        seen = {name: getattr(stored, name) for name in wanted}
        set_policy(team=self.team, seen=seen, wanted=wanted, by=self.by)

    def _correct(self, _service: Service, told: tuple[int, int, int]) -> None:
        kind, about, to = KINDS[told[0]], told[1], told[2]
        of = Deployment.objects.filter(service__team=self.team).order_by("service", "key")
        deployment = of[about : about + 1].first() if told[0] < 4 else None
        incident = Incident.objects.filter(team=self.team).order_by("service", "key")[about : about + 1].first()
        target = of[to : to + 1].first() if kind == "attribute" and to >= 0 else None
        facts = {"incident": incident} if told[0] >= 4 else {"deployment": deployment}
        with suppress(Refused):  # nothing is there to speak of, or it makes no sense
            correcting.correct(team=self.team, kind=kind, reason="So it was", by=self.by, target=target, **facts)

    def _name(self, service: Service, told: tuple[int, int]) -> None:
        """A pushed deployment names a change as its own, or does no more."""
        change = service.changes.order_by("key")[told[0] : told[0] + 1].first()
        deployment = service.deployments.order_by("key")[told[1] : told[1] + 1].first()
        if change and deployment:
            row, is_new = Telling.objects.get_or_create(change=change, deployment=deployment)
            if not is_new:
                row.delete()
            touched = Touched()
            touched.changes([change])
            refresh.run(self.team.pk, touched)

    def _withdraw(self, _service: Service, number: int) -> None:
        said = Correction.objects.of(self.team).in_force().order_by("pk")[number : number + 1].first()
        if said is not None:
            correcting.withdraw(correction=said, by=self.by)

    def _gone(self, service: Service, number: int) -> None:
        records.DeliveryStore().gone(service.source, [f"deployment:{number}", f"issue:{number}"], self.now)


def prepared(team: Team) -> dict[str, Any]:
    """All that the refresh wrote, by keys that do not depend on the order of arrival."""
    named = {row.pk: (row.service_id, row.key) for row in Deployment.objects.filter(service__team=team)}
    return {
        "deployments": {
            (row.service_id, row.key): (named.get(row.previous_id or 0), row.hotfix, row.failures, row.excluded)
            for row in Deployment.objects.filter(service__team=team)
        },
        "changes": {
            (row.service_id, row.key): (named.get(row.deployment_id or 0), row.deployed_at, row.linked)
            for row in Change.objects.filter(service__team=team)
        },
        "failures": {
            (row.kind, named[row.deployment_id], _cause(row), row.by_hand)
            for row in Failure.objects.filter(team=team).select_related("incident", "witness", "change")
        },
        "days": {
            (row.service_id, row.environment_class, row.day): (row.counted, row.unknown, row.failed, row.hotfixes)
            for service in Service.objects.filter(team=team)
            for row in service.delivery_days.all()
        },
    }


def _cause(row: Failure) -> str:
    shown = row.incident or row.witness or row.change
    return f"{shown.service_id}/{shown.key}" if shown else ""
