"""The API's figures: equal to the page's and to the reference's, whatever the policy; policy and corrections over the API."""

from __future__ import annotations

import html
import json
import re
import statistics
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from delivery.models import Change, Comparison, Correction, Deployment, Incident, Policy, Service
from teams.models import Person, Team
from tests.delivery.factories import (
    NOW,
    ChangeFactory,
    DeploymentFactory,
    IncidentFactory,
    ServiceFactory,
    at,
)
from tests.delivery.told_reference import Figure, expected
from tests.factories import TeamFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "organisation")]
SignIn = Callable[[Person], Client]


@pytest.fixture
def service(team: Team) -> Service:
    """A quarter with some of everything, in two services of a team in Tokyo."""
    team.time_zone = "Asia/Tokyo"
    team.save()
    first, second = (
        ServiceFactory(source__connection__team=team, source__succeeded_at=NOW, name=name) for name in ("a/b", "a/c")
    )
    for number, day in enumerate(["10-05", "10-06", "10-14", "10-14", "10-28", "11-02", "11-09", "11-18"]):
        service = (first, second)[number % 2]
        finished = at(f"2026-{day} 1{number}:30")
        ChangeFactory(service=service, merged_at=finished.replace(hour=3), labels=["hotfix"] if number == 4 else [])
        if number == 6:
            ChangeFactory(
                service=service, merged_at=finished.replace(hour=4), first_commit_at=None, first_review_at=None
            )
        DeploymentFactory(service=service, finished_at=finished, branch="hotfix/a" if number == 3 else "main")
    for day, hours in (("10-06", 2), ("10-15", 30), ("11-10", 1)):
        began = at(f"2026-{day} 20:00")
        IncidentFactory(service=second, began_at=began, resolved_at=began.replace(hour=20 + hours % 3))
    IncidentFactory(service=first, began_at=at("2026-11-20 08:00"), resolved_at=None)
    DeploymentFactory(service=first, finished_at=None, created_at=at("2026-11-03 08:00"), outcome="unknown")
    return first


@pytest.fixture
def client(signed_in: SignIn, team_admin: Person, service: Service) -> Client:
    return signed_in(team_admin)


def get(client: Client, team: Team, rest: str = "", status: int = 200) -> Any:
    response = client.get(f"/api/v1/teams/{team.pk}/delivery/{rest}")
    assert response.status_code == status, response.content
    return response.json()


def by_id(figures: list[dict[str, Any]]) -> dict[str, tuple[Any, Any, Any]]:
    return {each["id"]: (each["value"], each["numerator"], each["denominator"]) for each in figures}


def near(figures: dict[str, Figure]) -> dict[str, Any]:
    """The same, where the last digit of a division may differ."""
    return {name: (pytest.approx(value), *counts) for name, (value, *counts) in figures.items()}


def shown(client: Client, team: Team, query: str = "") -> dict[str, tuple[Any, Any, Any]]:
    """As the page's own HTML has them."""
    text = client.get(reverse("delivery", args=[team.pk]) + query).text
    found = {}
    for name, rest in re.findall(r'<div class="p-fig" data-figure="(\w+)"([^>]*)>', text):
        parts = dict(re.findall(r'data-(\w+)="([^"]*)"', rest))
        numbers = [float(parts[key]) if key in parts else None for key in ("value", "numerator", "denominator")]
        found[name] = tuple(numbers)
    return found  # type: ignore[return-value]


@pytest.mark.parametrize(
    "policy", [{}, {"look_back_days": 1}, {"scope": "team", "rollbacks": True, "hotfixes": True}], ids=str
)
def test_page_api_and_reference_say_the_same(client: Client, team: Team, policy: dict[str, Any]) -> None:
    if policy:
        body = {**policy, "seen": {"look_back_days": 30, "scope": "service", "rollbacks": False, "hotfixes": False}}
        body["seen"] = {name: body["seen"][name] for name in policy}
        response = client.patch(f"/api/v1/teams/{team.pk}/delivery/policy/", json.dumps(body), "application/json")
        assert response.status_code == 200, response.content
    answer = get(client, team)
    assert (answer["first"], answer["last"], answer["time_zone"]) == ("2026-08-24", "2026-11-22", "Asia/Tokyo")
    told = by_id(answer["figures"])
    assert told == shown(client, team)
    assert told == near(expected(team, date(2026, 8, 24), date(2026, 11, 22)))
    assert all(value is not None for value, _numerator, _denominator in told.values())


def test_it_tells_what_pages_say_beside_a_figure(client: Client, team: Team) -> None:
    """Recomputed from the raw rows, where the page and the API take the same from what is prepared."""
    answer = get(client, team)
    also = {each["id"]: each["also"] for each in answer["figures"]}
    open_ones = Incident.objects.filter(team=team, resolved_at=None).count()
    first, end = (datetime(2026, *day, tzinfo=team.zone) for day in ((8, 24), (11, 23)))
    solved = Incident.objects.filter(team=team, resolved_at__gte=first, resolved_at__lt=end)
    hours = [(row.resolved_at - row.began_at).total_seconds() / 3600 for row in solved if row.resolved_at]
    assert also["mttr"] == {"median": pytest.approx(statistics.median(hours)), "still_open": open_ones}
    assert set(also["lead_time"]) == {"coding_median", "pickup_median", "review_median", "deploy_median"}
    assert also["change_failure_rate"] == also["rework_rate"] == {}
    assert [each["id"] for each in answer["before"]] == list(also)
    often, *others = answer["before"]
    assert often["value"] is None, "nothing is known of then"
    told = expected(team, date(2026, 5, 25), date(2026, 8, 23))
    assert by_id(others) == near({name: each for name, each in told.items() if name != often["id"]})
    assert get(client, team, "?period=12m")["before"] is None


def test_where_the_median_week_has_none_the_month_is_told_as_on_the_page(client: Client) -> None:
    team = TeamFactory()
    service = ServiceFactory(source__connection__team=team, source__succeeded_at=NOW)
    for days in (10, 11, 40, 41, 70, 71):  # two days in each of three months
        DeploymentFactory(service=service, finished_at=NOW - timedelta(days=days))
    (figure, *_others) = get(client, team)["figures"]
    assert (figure["value"], figure["also"]) == (0.0, {"per_month": 2.0})
    assert "<b>2</b><span>days / month</span>" in client.get(reverse("delivery", args=[team.pk])).text


def overall_line(client: Client, team: Team, query: str) -> str:
    """As the page says it, without its marks; "" where there is none."""
    text = client.get(reverse("delivery", args=[team.pk]) + query).text
    found = re.search(r'<p class="p-caption p-overall">(.*?)</p>', text)
    return html.unescape(re.sub(r"<[^>]+>", "", found[1])) if found else ""


def test_the_score_of_2025_over_all_is_the_mean_of_the_figures_that_have_one(client: Client, team: Team) -> None:
    answer = get(client, team, "?edition=2025")
    scored = {each["id"]: each for each in answer["figures"] if each["score"] is not None}
    assert set(scored) == {"deployment_frequency", "lead_time", "change_failure_rate", "recovery", "rework_rate"}
    told = answer["overall"]
    assert told["score"] == pytest.approx(sum(each["score"] for each in scored.values()) / 5)
    assert told["industry_mean"] == pytest.approx(33.6 / 5)
    assert (set(told["figures"]), told["of"]) == (set(scored), 5)
    said = overall_line(client, team, "?edition=2025")
    assert said.startswith(
        f"Overall {told['score']:.1f} / 10 mean of the scores of 5 of 5 figures: Deployment frequency,"
    )
    assert said.endswith(" · industry mean 6.7 / 10")
    assert (get(client, team)["overall"], overall_line(client, team, "")) == (None, "")


def test_over_all_counts_no_figure_without_data(client: Client, team: Team) -> None:
    Change.objects.all().delete()
    Incident.objects.all().delete()
    told = get(client, team, "?edition=2025")["overall"]
    scores = {each["id"]: each["score"] for each in get(client, team, "?edition=2025")["figures"]}
    assert told["figures"] == ["deployment_frequency", "change_failure_rate", "rework_rate"]
    assert told["score"] == pytest.approx(sum(scores[name] for name in told["figures"]) / 3)
    assert "mean of the scores of 3 of 5 figures" in overall_line(client, team, "?edition=2025")


def test_over_all_no_data_is_not_zero(client: Client) -> None:
    silent = ServiceFactory(source__connection__team=TeamFactory()).team
    told = get(client, silent, "?edition=2025")["overall"]
    assert told == {"score": None, "industry_mean": None, "figures": [], "of": 5}
    assert overall_line(client, silent, "?edition=2025") == "Overall no data None of the 5 figures has data."


def test_every_point_is_the_references(client: Client, team: Team) -> None:
    answer = get(client, team, "?period=13w&by=month")
    assert [point["first"] for point in answer["points"]] == ["2026-08-24", "2026-09-01", "2026-10-01", "2026-11-01"]
    for point in answer["points"][2:]:
        behind = get(client, team, f"behind/?from={point['first']}&to={point['last']}")
        assert by_id(behind["figures"]) == by_id(point["figures"])
        days = date.fromisoformat(point["first"]), date.fromisoformat(point["last"])
        wanted, told = near(expected(team, *days)), by_id(point["figures"])
        for name in ("lead_time", "change_failure_rate", "mttr", "rework_rate"):
            assert told[name] == wanted[name], name


def test_what_is_behind_has_links_and_reasons(client: Client, team: Team) -> None:
    found = get(client, team, "behind/?from=2026-10-05&to=2026-10-11&figure=change_failure_rate")
    assert found["count"] == {"deployments": 2, "incidents": 1, "changes": 0}
    failed = next(each for each in found["deployments"] if each["failures"])
    assert failed["counts"] is True
    assert failed["url"].startswith("https://example.com/")
    incident = found["incidents"][0]
    assert incident["deployment"] == failed["id"]
    assert failed["failures"][0]["url"] == reverse("incident", args=[team.pk, incident["id"]])
    assert "Resolved, so it is in MTTR." in incident["why"]


def test_days_that_make_no_span_are_refused(client: Client, team: Team) -> None:
    assert "to" in get(client, team, "behind/?from=2026-10-05&to=2026-10-01", 400)
    assert "from" in get(client, team, "behind/?from=2020-10-05&to=2026-10-01", 400)
    assert "figure" in get(client, team, "behind/?figure=x", 400)
    assert "period" in get(client, team, "?period=x", 400)


def test_the_policy_is_read_and_changed_with_what_it_moved(client: Client, team: Team) -> None:
    url = f"/api/v1/teams/{team.pk}/delivery/policy/"
    read = client.get(url)
    assert read.json()["look_back_days"] == 30
    answer = client.patch(
        url, json.dumps({"look_back_days": 1}), "application/json", headers={"If-Match": read["ETag"]}
    )
    assert answer.status_code == 200, answer.content
    moved = {each["figure"]: (each["before"], each["after"]) for each in answer.json()["moved"]}
    assert moved["change_failure_rate"][1] == by_id(get(client, team)["figures"])["change_failure_rate"][0]
    stale = client.patch(url, json.dumps({"look_back_days": 9, "seen": {"look_back_days": 30}}), "application/json")
    assert (stale.status_code, stale.json()["theirs"]) == (409, {"look_back_days": 1})
    assert Policy.objects.get(team=team).look_back_days == 1


def test_a_correction_moves_the_figure_and_is_taken_back(client: Client, team: Team) -> None:
    url, row = f"/api/v1/teams/{team.pk}/delivery/corrections/", Deployment.objects.counted().order_by("pk")[0]
    before = by_id(get(client, team)["figures"])["change_failure_rate"]
    body = {"kind": "failed", "deployment": row.pk, "reason": "It broke", "request_id": "r1"}
    made = client.post(url, json.dumps(body), "application/json")
    assert made.status_code == 201, made.content
    after = by_id(get(client, team)["figures"])["change_failure_rate"]
    assert after == (before[0] + 1 / before[2], before[1] + 1, before[2])
    moved = {each["figure"]: (each["before"], each["after"]) for each in made.json()["moved"]}
    assert moved["change_failure_rate"] == (before[0], after[0])
    listed = client.get(url).json()
    assert [(each["kind"], each["withdrawn_at"]) for each in listed["results"]] == [("failed", None)]
    back = client.post(f"{url}{listed['results'][0]['id']}/withdraw/", content_type="application/json")
    assert back.status_code == 200
    assert back.json()["correction"]["withdrawn_at"]
    assert by_id(get(client, team)["figures"])["change_failure_rate"] == before
    assert Correction.objects.count() == 2


@pytest.mark.parametrize(
    "body", [{}, {"kind": "failed", "reason": "x"}, {"kind": "x", "reason": "x", "deployment": 1},
             {"kind": "failed", "reason": "x", "deployment": 10**6}, {"kind": "failed", "reason": "", "deployment": 1}],
    ids=str,
)  # fmt: skip
def test_what_says_nothing_is_refused(client: Client, team: Team, body: dict[str, Any]) -> None:
    url = f"/api/v1/teams/{team.pk}/delivery/corrections/"
    assert client.post(url, json.dumps(body), "application/json").status_code == 400
    assert not Correction.objects.exists()


def test_all_teams_say_what_each_teams_page_says(client: Client, team: Team) -> None:
    rows = client.get("/api/v1/delivery/").json()["results"]
    mine = next(row for row in rows if row["team"] == team.pk)
    assert by_id(mine["figures"]) == by_id(get(client, team)["figures"])


def test_changes_are_listed_with_their_lead_time(client: Client, team: Team, service: Service) -> None:
    found = client.get(f"/api/v1/teams/{team.pk}/changes/?show=deployed&sort=-took").json()
    assert found["count"] == len(found["results"]) > 0
    assert found["results"][0]["linked"] == "time"
    assert Comparison.objects.count() == 0


def test_what_programs_push_begins_with_the_first_that_they_told_of(client: Client) -> None:
    """Nobody knows what was before: those weeks are no zeros, in the headline as in the charts."""
    team = TeamFactory()
    pushed = ServiceFactory(source__connection__team=team, deployment_source="pushed")
    for days in (3, 4, 10, 17):
        DeploymentFactory(service=pushed, finished_at=NOW - timedelta(days=days), workflow="pushed")
    answer = get(client, team)
    (often, *_others) = answer["figures"]
    weeks = [each["figures"][0]["value"] for each in answer["points"] if each["last"] <= answer["last"]]
    assert often["denominator"] == len([value for value in weeks if value is not None]) == 3
