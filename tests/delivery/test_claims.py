"""Which part of a repository is whose, and that what one service does hurts no other one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections import services as connecting
from connections.models import Source
from connectors.records import ChangeRecord, DeploymentSource, Outcome
from core import clock
from core.edits import StaleEdit
from delivery import claims, services
from delivery.claims import PartTaken, overlap
from delivery.models import Change, Deployment, Incident, Service
from delivery.records import DeliveryStore
from delivery.rules import Rules, matches, of_service, parts_of, touches
from teams.models import AuditEvent, Person, Team
from tests.connections.factories import NOW, ServiceFactory, ShareFactory
from tests.connections.stub import deployment, incident
from tests.factories import TeamFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

WEB = Rules(
    DeploymentSource.DEPLOYMENTS,
    environments={"production": ["prod-web"], "staging": ["stage-web*"]},
    incident_labels=["web"],
)
RUNS = Rules(DeploymentSource.RUNS, workflows=[("42", "Deploy API")], branches=["main"], incident_labels=["api"])
PATTERNS = st.text("ab*?", min_size=1, max_size=5)


@pytest.fixture
def ranking(organisation: Any) -> Team:
    return TeamFactory(name="Ranking")


def part(service: Service, team: Team, name: str = "web", **rules: Any) -> Service:
    """Another service of the same repository."""
    if not service.source.shares.filter(team=team).exists():
        ShareFactory(source=service.source, team=team, connection=service.source.connection)
    facts = {"environments": {"production": ["prod-web"]}, "incident_labels": ["web"], **rules}
    return ServiceFactory(source=service.source, team=team, name=name, **facts)


def add(service: Service, rules: Rules, by: Person, name: str = "web") -> Service:
    return services.add_part(team=service.team, source_id=service.source_id, name=name, rules=rules, by=by)


def store(source: Source, *records: Any) -> None:
    DeliveryStore().store(source, records, NOW)


def of(service: Service) -> list[str]:
    """Keys of what is its own at present."""
    found = [*service.deployments.filter(in_scope=True), *service.incidents.filter(in_scope=True)]
    return sorted(row.key for row in found)


def change(service: Service, rules: Rules, by: Person) -> None:
    services.change_rules(service_id=service.pk, rules=rules, seen=parts_of(of_service(service)), by=by)


# -- What overlaps ----------------------------------------------------------------------------------------------------


@given(one=PATTERNS, other=PATTERNS, names=st.lists(st.text("ab", max_size=6), max_size=40))
def test_patterns_that_share_a_name_overlap(one: str, other: str, names: list[str]) -> None:
    assert overlap(one, other) == overlap(other, one)
    if any(matches(name, [one]) and matches(name, [other]) for name in names):
        assert overlap(one, other)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("prod", "PROD", True), ("prod", "prod-eu", False), ("prod-*", "prod-eu", True), ("prod-*", "*-eu", True),
        ("prod-?", "prod-eu", False), ("*", "anything", True), ("a*b", "c*b", False), ("a*", "*b*", True),
    ],
)  # fmt: skip
def test_some_pairs(one: str, other: str, expected: bool) -> None:
    assert overlap(one, other) is expected


def test_a_change_belongs_where_it_touches_a_folder() -> None:
    rules = Rules(DeploymentSource.NONE, paths=["services/web/", "*.sql", "go.mod"])
    found = [
        touches(rules, [name]) for name in ("services/web/a/b.py", "services/website/a", "db/x.sql", "go.mod", "Go.mod")
    ]
    assert found == [True, False, True, True, False]
    assert touches(rules, None), "one whose files nobody knows counts rather than not"
    assert touches(Rules(DeploymentSource.NONE), ["anything"])


# -- Claiming ---------------------------------------------------------------------------------------------------------


def test_a_second_claim_of_the_same_part_is_refused_with_the_team_s_name(
    service: Service, ranking: Team, team_admin: Person
) -> None:
    part(service, ranking)
    cases: list[tuple[str, Rules]] = [
        ("environments", WEB),
        ("environments", Rules(DeploymentSource.DEPLOYMENTS, environments={"testing": ["*-web"]})),
        ("incident_labels", Rules(DeploymentSource.NONE, incident_labels=["WEB"])),
    ]
    for field, rules in cases:
        with pytest.raises(PartTaken) as refused:
            add(service, rules, team_admin)
        assert refused.value.field == field
        assert "counts for the team Ranking already" in refused.value.message
    assert Service.objects.count() == 2


def test_runs_and_the_host_s_deployments_are_not_mixed(service: Service, ranking: Team, team_admin: Person) -> None:
    part(service, ranking)
    with pytest.raises(PartTaken) as refused:
        add(service, RUNS, team_admin)
    assert (refused.value.field, "by its environments already" in refused.value.message) == ("deployments", True)
    only_incidents = Rules(DeploymentSource.NONE, incident_labels=["other"])
    assert add(service, only_incidents, team_admin).name == "web"


def test_a_workflow_is_claimed_once(service: Service, ranking: Team, team_admin: Person) -> None:
    runs = {"deployment_source": "runs", "workflows": [{"id": "42", "name": "Deploy API"}], "environments": {}}
    holder = part(service, ranking, **runs)
    Service.objects.filter(pk=service.pk).update(deployment_source="none")
    with pytest.raises(PartTaken) as refused:
        add(service, RUNS, team_admin)
    assert "“Deploy API” of this repository counts for the team Ranking already" in refused.value.message
    services.end_part(service_id=holder.pk, by=team_admin)
    assert add(service, RUNS, team_admin).workflow_ids == {"42"}, "what has ended is free"


def test_within_a_team_the_service_is_named(service: Service, team_admin: Person) -> None:
    with pytest.raises(PartTaken) as refused:
        add(service, Rules(DeploymentSource.NONE, incident_labels=["incident"]), team_admin)
    assert "“incident” counts for the service “acme/shop” of this team already" in refused.value.message


def test_changing_the_rules_claims_too(service: Service, ranking: Team, team_admin: Person) -> None:
    theirs = part(service, ranking)
    with pytest.raises(PartTaken):
        change(service, WEB, team_admin)
    service.refresh_from_db()
    assert service.environments["production"] == ["production"], "nothing is half changed"
    change(theirs, Rules(DeploymentSource.DEPLOYMENTS, environments={"production": ["prod-api"]}), team_admin)
    change(service, WEB, team_admin)
    service.refresh_from_db()
    assert service.environments["production"] == ["prod-web"]


# -- Sharing out ------------------------------------------------------------------------------------------------------


def test_a_record_goes_to_the_service_that_it_belongs_to(service: Service, ranking: Team) -> None:
    web = part(service, ranking)
    store(
        service.source,
        deployment(1, NOW),
        deployment(2, NOW, environment="prod-web"),
        deployment(3, NOW, environment="nobody's"),
        incident(1, NOW - timedelta(days=1), 2),
        incident(2, NOW - timedelta(days=1), 2, labels=("web",)),
        incident(3, NOW - timedelta(days=1), 2, labels=("web", "incident")),
    )
    assert of(service) == ["deployment:1", "deployment:3", "issue:1", "issue:3"]
    assert of(web) == ["deployment:2", "deployment:3", "issue:2", "issue:3"]
    assert Deployment.objects.counted().count() == 2, "what nobody names counts nowhere"
    assert not service.deployments.filter(key="deployment:2").exists()


def test_runs_by_workflow(service: Service, ranking: Team) -> None:
    runs = {"deployment_source": "runs", "environments": {}, "production_branches": ["main"]}
    web = part(service, ranking, workflows=[{"id": "43", "name": "Deploy web"}], **runs)
    Service.objects.filter(pk=service.pk).update(workflows=[{"id": "42", "name": "Deploy API"}], **runs)
    both = [
        deployment(n, NOW, key=f"run:{n}", environment="", workflow=workflow, branch="main")
        for n, workflow in enumerate(["42", "43", "44"])
    ]
    store(service.source, *both)
    assert (of(service), of(web)) == (["run:0"], ["run:1"])
    assert DeliveryStore().wanted(service.source).workflows == ("42", "43")  # type: ignore[union-attr]


def test_changes_by_folder(service: Service, ranking: Team) -> None:
    web = part(service, ranking, paths=["web"])
    Service.objects.filter(pk=service.pk).update(paths=["api", "libs"])
    store(
        service.source, *(pull(n, files) for n, files in enumerate([("web/a",), ("api/a",), ("web/a", "libs/b"), None]))
    )
    assert sorted(web.changes.values_list("key", flat=True)) == ["pull:0", "pull:2", "pull:3"]
    assert sorted(service.changes.values_list("key", flat=True)) == ["pull:1", "pull:2", "pull:3"]
    wanted = DeliveryStore().wanted(service.source)
    assert wanted is not None
    assert wanted.files


def test_other_folders_read_the_changes_once_more(service: Service, team_admin: Person) -> None:
    Source.objects.filter(pk=service.source_id).update(state={"changes": {"x": 1}, "deployments": {"y": 1}})
    store(service.source, pull(1, ("web/a",)), pull(2, ("api/a",)))
    rules = of_service(service)
    change(service, Rules(**{**parts_of(rules), "paths": ["web"]}), team_admin)
    assert not Change.objects.exists()
    assert Source.objects.get().state == {"deployments": {"y": 1}}
    store(service.source, pull(1, ("web/a",)), pull(2, ("api/a",)))
    assert [each.key for each in Change.objects.all()] == ["pull:1"]


def pull(number: int, files: tuple[str, ...] | None) -> ChangeRecord:
    facts = {"merged_at": NOW, "opened_at": NOW, "merge_sha": f"{number:040x}", "files": files}
    return ChangeRecord(f"pull:{number}", number, "A change", first_commit_at=NOW, first_review_at=None, **facts)  # type: ignore[arg-type]


def test_each_service_has_its_own_first_day(service: Service, ranking: Team) -> None:
    web = part(service, ranking, since=date(2026, 11, 1))
    old = NOW - timedelta(days=60)
    store(
        service.source,
        deployment(1, old),
        deployment(2, old, environment="prod-web"),
        incident(9, old, 1, labels=("web",)),
    )
    assert (of(service), of(web)) == (["deployment:1"], [])
    assert DeliveryStore().wanted(service.source).since is None  # type: ignore[union-attr]


def test_what_a_service_has_already_is_brought_up_to_date(service: Service, ranking: Team) -> None:
    web = part(service, ranking)
    store(service.source, deployment(2, NOW, environment="prod-web", outcome=Outcome.RUNNING, finished_at=None))
    Service.objects.filter(pk=web.pk).update(environments={"production": ["other"]})
    store(service.source, deployment(2, NOW, environment="prod-web"))
    assert web.deployments.get().outcome == "succeeded"
    assert DeliveryStore().unfinished_keys(service.source, NOW) == {}


# -- Adding and ending ------------------------------------------------------------------------------------------------


def test_a_new_part_takes_its_rows_from_the_whole_and_is_read_from_the_start(
    service: Service, team_admin: Person
) -> None:
    store(service.source, deployment(1, NOW), deployment(2, NOW, environment="prod-web"))
    Source.objects.filter(pk=service.source_id).update(state={"deployments": {"y": 1}}, next_sync_at=None)
    assert of(service) == ["deployment:1", "deployment:2"]
    web = add(service, WEB, team_admin)
    assert of(service) == ["deployment:1"]
    source = Source.objects.get()
    assert (source.state, source.next_sync_at, source.options["incident_labels"]) == ({}, NOW, ["incident", "web"])
    store(source, deployment(1, NOW), deployment(2, NOW, environment="prod-web"))
    assert (of(web), of(service)) == (["deployment:2"], ["deployment:1"])
    assert AuditEvent.objects.get(action="delivery.part_added").team == service.team


def test_ending_a_part_leaves_the_rest_as_it_was(service: Service, team_admin: Person) -> None:
    web = add(service, WEB, team_admin)
    store(service.source, deployment(1, NOW), deployment(2, NOW, environment="prod-web"), incident(1, NOW, None))
    before = of_service(Service.objects.get(pk=service.pk))
    services.end_part(service_id=web.pk, by=team_admin)
    services.end_part(service_id=web.pk, by=team_admin)
    web.refresh_from_db()
    service.refresh_from_db()
    assert (web.ended_at, service.ended_at, of(web)) == (NOW, None, ["deployment:2"])
    assert of_service(service) == before
    assert Source.objects.get().options["incident_labels"] == ["incident"]
    assert AuditEvent.objects.filter(action="delivery.part_ended").count() == 1
    store(service.source, deployment(2, NOW + timedelta(days=1), environment="prod-web"))
    assert web.deployments.get().finished_at == NOW, "nothing more is stored for it"


def test_ending_the_last_part_disconnects(service: Service, team_admin: Person) -> None:
    services.end_part(service_id=service.pk, by=team_admin)
    service.refresh_from_db()
    source = Source.objects.get()
    assert (service.ended_at, source.active, source.disconnected_at) == (NOW, False, NOW)


def test_what_another_team_leaves_is_nobody_s_again(service: Service, ranking: Team, team_admin: Person) -> None:
    store(service.source, deployment(2, NOW, environment="prod-web"))
    services.add_part(team=service.team, source_id=service.source_id, name="web", rules=WEB, by=team_admin)
    Service.objects.filter(name="web").update(team=ranking)
    ShareFactory(source=service.source, team=ranking, connection=service.source.connection)
    assert of(service) == []
    connecting.disconnect(source_id=service.source_id, team=ranking, by=team_admin)
    assert of(service) == ["deployment:2"], "shown again, and counted by nobody"
    assert not service.deployments.counted().exists()


def test_a_team_that_does_not_read_it_adds_no_part(service: Service, ranking: Team, team_admin: Person) -> None:
    with pytest.raises(services.NotRead):
        services.add_part(team=ranking, source_id=service.source_id, name="x", rules=WEB, by=team_admin)
    assert Service.objects.count() == 1


def test_what_is_known_ends_with_the_service_not_with_the_repository(service: Service, team_admin: Person) -> None:
    web = add(service, WEB, team_admin)
    with clock.at(NOW + timedelta(days=3)):
        services.end_part(service_id=web.pk, by=team_admin)
    web.refresh_from_db()
    assert (web.known_until, service.known_until) == (NOW + timedelta(days=3), None)


def test_two_people_change_the_folders(service: Service, team_admin: Person) -> None:
    seen = parts_of(of_service(service))
    one = Rules(**{**seen, "paths": ["a"]})
    services.change_rules(service_id=service.pk, rules=one, seen=seen, by=team_admin)
    with pytest.raises(StaleEdit) as stale:
        services.change_rules(service_id=service.pk, rules=Rules(**{**seen, "paths": ["b"]}), seen=seen, by=team_admin)
    assert (stale.value.theirs, stale.value.yours) == ({"paths": ("a",)}, {"paths": ("b",)})


def test_it_says_which_part_it_is(service: Service) -> None:
    assert claims.said(WEB) == "environment prod-web · issues labelled web"
    assert claims.said(RUNS) == "workflow Deploy API · issues labelled api"
    assert Incident.objects.count() == 0
