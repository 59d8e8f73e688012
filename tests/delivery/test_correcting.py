"""What people say by hand wins, also over what is read later, and can be taken back; a policy that changes moves the past."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils.translation import override

from core.append_only import AppendOnlyError
from core.edits import StaleEdit
from core.refusals import Refused
from delivery import refresh, rules
from delivery.attributing import PolicyError, set_policy
from delivery.correcting import correct, withdraw
from delivery.models import Correction, DeliveryDay, Deployment, Failure, Incident, Policy, Service
from delivery.records import keep_deployments, keep_incidents
from teams.audit import AuditEvent
from teams.models import Person, Team
from tests.connections.stub import deployment, incident
from tests.delivery.factories import DeploymentFactory, IncidentFactory, ServiceFactory, at

pytestmark = pytest.mark.django_db
MONDAY = at("2026-03-02 10:00")
DAY = timedelta(days=1)


@pytest.fixture
def service(team: Team) -> Service:
    """Deployments 1, 2 and 3 on three days; incident 7 began after the second."""
    service: Service = ServiceFactory(source__connection__team=team)
    read(service)
    return service


def read(service: Service) -> None:
    chosen = rules.of_service(service)
    keep_deployments(service, chosen, [deployment(n, MONDAY + n * DAY) for n in (1, 2, 3)], MONDAY)
    keep_incidents(service, chosen, [incident(7, MONDAY + 2.5 * DAY, 20)], MONDAY)


def one(number: int) -> Deployment:
    return Deployment.objects.get(key=f"deployment:{number}")


def said(team: Team, by: Person, kind: str, **about: Any) -> Correction:
    return correct(team=team, kind=kind, reason="I was there", by=by, **about)


def failed() -> set[tuple[str, str, bool]]:
    return set(Failure.objects.values_list("kind", "deployment__key", "by_hand"))


def test_marked_as_failed(team: Team, editor: Person, service: Service) -> None:
    row = said(team, editor, "failed", deployment=one(1))
    assert failed() == {("hand", "deployment:1", True), ("incident", "deployment:2", False)}
    assert DeliveryDay.objects.get(day=(MONDAY + DAY).date()).failed == 1
    withdraw(correction=row, by=editor, reason="It was another one")
    assert failed() == {("incident", "deployment:2", False)}
    assert DeliveryDay.objects.get(day=(MONDAY + DAY).date()).failed == 0


def test_attributed_to_another_one_also_after_the_next_sync(team: Team, editor: Person, service: Service) -> None:
    said(team, editor, "attribute", incident=Incident.objects.get(), target=one(1))
    read(service)
    keep_deployments(service, rules.of_service(service), [deployment(9, MONDAY + 2.4 * DAY)], MONDAY)
    assert failed() == {("incident", "deployment:1", True)}


def test_attributed_to_none(team: Team, editor: Person, service: Service) -> None:
    row = said(team, editor, "attribute", incident=Incident.objects.get())
    assert failed() == set()
    withdraw(correction=row, by=editor)
    assert failed() == {("incident", "deployment:2", False)}


def test_no_incident(team: Team, editor: Person, service: Service) -> None:
    row = said(team, editor, "not_incident", incident=Incident.objects.get())
    read(service)
    assert (failed(), Incident.objects.counted().count()) == (set(), 0)
    withdraw(correction=row, by=editor)
    assert (len(failed()), Incident.objects.counted().count()) == (1, 1)


def test_excluded(team: Team, editor: Person, service: Service) -> None:
    row = said(team, editor, "exclude", deployment=one(2))
    read(service)
    assert failed() == {("incident", "deployment:1", False)}
    assert (Deployment.objects.counted().count(), one(3).previous) == (2, one(1))
    withdraw(correction=row, by=editor)
    assert (Deployment.objects.counted().count(), one(3).previous) == (3, one(2))


def test_the_newest_word_about_a_hotfix_holds(team: Team, editor: Person, service: Service) -> None:
    yes = said(team, editor, "hotfix", deployment=one(2))
    assert one(2).hotfix is True
    no = said(team, editor, "not_hotfix", deployment=one(2))
    assert one(2).hotfix is False
    withdraw(correction=no, by=editor)
    assert one(2).hotfix is True
    withdraw(correction=yes, by=editor)
    assert one(2).hotfix is False


def test_both_rows_stay_and_are_audited(team: Team, editor: Person, service: Service) -> None:
    row = said(team, editor, "failed", deployment=one(1))
    back = withdraw(correction=row, by=editor, reason="Wrong one")
    row.refresh_from_db()
    assert (row.withdrawn_by, row.withdrawn_at, back.reason) == (editor, back.recorded_at, "Wrong one")
    assert list(Correction.objects.of(team).in_force()) == []
    entries = AuditEvent.objects.filter(action__startswith="delivery.correct").order_by("pk")
    assert [(each.action, each.actor, each.data["reason"]) for each in entries] == [
        ("delivery.corrected", editor, "I was there"),
        ("delivery.correction_withdrawn", editor, "Wrong one"),
    ]
    with pytest.raises(AppendOnlyError):
        Correction.objects.filter(pk=row.pk).update(reason="")


def sentences(action: str, language: str) -> list[str]:
    with override(language):
        return [each.sentence({}) for each in AuditEvent.objects.filter(action__startswith=action).order_by("pk")]


def test_the_log_says_in_words_what_was_said(team: Team, editor: Person, service: Service) -> None:
    Deployment.objects.filter(pk=one(1).pk).update(title="Bad one")
    Incident.objects.update(title="Basket empty")
    for kind in ("failed", "hotfix", "not_hotfix", "exclude"):
        said(team, editor, kind, deployment=one(1) if kind != "exclude" else one(3))
    for target in (one(1), None):
        withdraw(correction=said(team, editor, "attribute", incident=Incident.objects.get(), target=target), by=editor)
    withdraw(
        correction=said(team, editor, "not_incident", incident=Incident.objects.get()), by=editor, reason="It was one"
    )
    assert sentences("delivery.", "en") == [
        "Said that “Bad one” is a failure: I was there",
        "Said that “Bad one” is a hotfix: I was there",
        "Said that “Bad one” is no hotfix: I was there",
        f"Said that “{one(3)}” is left out of all figures: I was there",
        "Said that “Basket empty” was caused by Bad one: I was there",
        "Took back that “Basket empty” was caused by Bad one: –",
        "Said that “Basket empty” was caused by no deployment: I was there",
        "Took back that “Basket empty” was caused by no deployment: –",
        "Said that “Basket empty” is no incident: I was there",
        "Took back that “Basket empty” is no incident: It was one",
    ]
    in_japanese = sentences("delivery.", "ja")
    assert in_japanese[-2:] == [
        "「Basket empty」はインシデントではない、と記録しました: I was there",
        "「Basket empty」はインシデントではない、という記録を取り消しました: It was one",
    ]
    assert in_japanese[4] == "「Basket empty」の原因はBad one、と記録しました: I was there"
    assert in_japanese[6] == "「Basket empty」の原因はデプロイではない、と記録しました: I was there"
    assert not any("not_incident" in each or "attribute" in each for each in in_japanese)


def test_said_once_however_often_it_is_sent(team: Team, editor: Person, service: Service) -> None:
    first = said(team, editor, "failed", deployment=one(1), request_id="r1")
    assert said(team, editor, "failed", deployment=one(1), request_id="r1") == first
    assert withdraw(correction=first, by=editor) == withdraw(correction=first, by=editor)
    assert Correction.objects.count() == 2


@pytest.mark.parametrize(
    ("kind", "about", "field"),
    [
        ("failed", {"deployment": "staging"}, "kind"),
        ("exclude", {"deployment": "staging"}, "kind"),
        ("attribute", {"incident": "issue:7", "target": "staging"}, "target"),
        ("attribute", {"incident": "short", "target": "deployment:3"}, "target"),
        ("attribute", {"deployment": "deployment:1"}, "kind"),
        ("failed", {"incident": "issue:7"}, "kind"),
        ("withdraw", {"deployment": "deployment:1"}, "kind"),
        ("nonsense", {"deployment": "deployment:1"}, "kind"),
        ("failed", {"deployment": "theirs"}, ""),
        ("failed", {}, "kind"),
    ],
)
def test_what_cannot_be_said(
    team: Team, editor: Person, service: Service, kind: str, about: dict[str, str], field: str
) -> None:
    DeploymentFactory(service=service, key="staging", environment_class="staging", finished_at=MONDAY)
    DeploymentFactory(key="theirs", finished_at=MONDAY)
    IncidentFactory(service=service, key="short", began_at=MONDAY, resolved_at=MONDAY + DAY)
    rows = {
        name: Incident.objects.get(key=key) if name == "incident" else Deployment.objects.get(key=key)
        for name, key in about.items()
    }
    with pytest.raises(Refused) as refused:
        said(team, editor, kind, **rows)
    assert (refused.value.field or "") == field
    assert not Correction.objects.exists()


def test_one_that_finished_after_the_incident_began_can_be_said_to_have_caused_it(
    team: Team, editor: Person, service: Service
) -> None:
    said(team, editor, "attribute", incident=Incident.objects.get(), target=one(3))
    assert failed() == {("incident", "deployment:3", True)}


def test_a_reason_is_needed_and_nothing_is_said_twice(team: Team, editor: Person, service: Service) -> None:
    with pytest.raises(Refused, match="Say why"):
        correct(team=team, kind="failed", reason="  ", by=editor, deployment=one(1))
    said(team, editor, "failed", deployment=one(1))
    with pytest.raises(Refused, match="already"):
        said(team, editor, "failed", deployment=one(1))


# -- Policy -------------------------------------------------------------------------------------------------------


def test_a_changed_policy_moves_the_past(team: Team, team_admin: Person, service: Service) -> None:
    IncidentFactory(service=service, key="late", began_at=MONDAY + 40 * DAY)
    assert len(failed()) == 1
    set_policy(team=team, seen={"look_back_days": 30}, wanted={"look_back_days": None}, by=team_admin)
    assert failed() == {("incident", "deployment:2", False), ("incident", "deployment:3", False)}
    entry = AuditEvent.objects.get(action="delivery.policy_changed")
    assert (entry.data["before"], entry.data["after"]) == ({"look_back_days": 30}, {"look_back_days": None})


def test_two_who_change_a_policy(team: Team, team_admin: Person, service: Service) -> None:
    set_policy(team=team, seen={"scope": "service"}, wanted={"scope": "team"}, by=team_admin)
    both = {"look_back_days": 30, "scope": "service"}
    set_policy(team=team, seen=both, wanted={"look_back_days": 7, "scope": "service"}, by=team_admin)
    policy = Policy.objects.get(team=team)
    assert (policy.scope, policy.look_back_days) == ("team", 7)
    with pytest.raises(StaleEdit) as stale:
        set_policy(team=team, seen={"look_back_days": 30}, wanted={"look_back_days": 14}, by=team_admin)
    assert stale.value.theirs == {"look_back_days": 7}
    assert stale.value.by["look_back_days"].name == team_admin.name


def test_the_edition_moves_nothing(
    team: Team, team_admin: Person, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "everything", lambda _team: pytest.fail("attributed anew"))
    set_policy(team=team, seen={"edition": "2023"}, wanted={"edition": "2025"}, by=team_admin)
    assert Policy.objects.get(team=team).edition == "2025"


@pytest.mark.parametrize(
    "wanted",
    [
        {"look_back_days": 0},
        {"look_back_days": 4000},
        {"scope": "world"},
        {"edition": "2024"},
        {"hotfix_labels": [f"{n}" for n in range(51)]},
        {"hotfix_branches": ["x" * 256]},
    ],
)
def test_no_such_policy(team: Team, team_admin: Person, wanted: dict[str, Any]) -> None:
    name = next(iter(wanted))
    seen = {name: getattr(Policy(team=team), name)}
    with pytest.raises(PolicyError) as refused:
        set_policy(team=team, seen=seen, wanted=wanted, by=team_admin)
    assert refused.value.field == name
    assert not Policy.objects.exclude(**{name: seen[name]}).exists()
