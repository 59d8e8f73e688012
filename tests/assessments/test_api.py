"""The API of maturity: the same rules as the pages, with tokens."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from assessments import services
from assessments.models import Answer, Assessment
from core.crypto import digest
from teams.models import ApiToken, Person, Team, TokenScope
from tests.assessments.factories import TODAY, answered, answered_all, started
from tests.sessions import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
C = "data.versioning"


@pytest.fixture
def api(editor: Person) -> APIClient:
    client = APIClient()
    sign_in(client, editor)
    return client


def of(team: Team, rest: str) -> str:
    return f"/api/v1/teams/{team.pk}/{rest}"


def test_the_models_in_the_readers_language(api: APIClient) -> None:
    (model,) = api.get("/api/v1/models/").json()
    assert (model["id"], model["version"], model["levels"]) == (
        "mlops-guide",
        1,
        ["Ad hoc", "Repeatable", "Automated", "Measured"],
    )
    assert len(model["criteria"]) == 12
    assert model["criteria"][0]["states"][0]["label"] == "Not versioned"
    assert api.get("/api/v1/models/mlops-guide/").json() == model
    assert api.get("/api/v1/models/nothing/").status_code == 404


def test_a_whole_round(api: APIClient, team: Team) -> None:
    assert api.get(of(team, "maturity/")).json()["overall"] is None
    made = api.post(of(team, "assessments/"))
    assert (made.status_code, made.json()["state"]) == (201, "draft")
    assert api.post(of(team, "assessments/")).status_code == 409
    round_ = of(team, f"assessments/{made.json()['id']}/")
    refused = api.post(f"{round_}submit/")
    assert (refused.status_code, refused.json()["detail"][:22]) == (400, "12 answers are missing")
    for criterion in api.get("/api/v1/models/mlops-guide/").json()["criteria"]:
        said = {"criterion": criterion["id"], "state": 2, "seen": 0, "model_version": 1}
        assert api.post(f"{round_}answers/", said, format="json").status_code == 201
    assert api.post(f"{round_}submit/").json()["state"] == "submitted"
    assert api.post(f"{round_}review/").status_code == 403
    found = api.get(of(team, "maturity/")).json()
    assert (found["overall"], found["known"], [area["level"] for area in found["areas"]]) == (2, 12, [2] * 4)
    assert found["next_step"]["level"] == 3
    assert api.get(of(team, "answers/?criterion=data.pipeline")).json()["count"] == 1
    assert api.get(of(team, "snapshots/?area=data")).json()["results"][0]["level"] == 2


def test_kinds_of_answers(api: APIClient, draft: Assessment) -> None:
    url = of(draft.team, f"assessments/{draft.pk}/answers/")
    for number, said in enumerate(
        [{"kind": "unknown"}, {"kind": "not_applicable", "comment": "No data"}, {"state": 1}]
    ):
        assert api.post(url, {"criterion": C, "seen": number, **said}, format="json").status_code == 201
    assert [each["kind"] for each in api.get(url).json()["results"]] == ["state", "not_applicable", "unknown"]
    both = api.post(url, {"criterion": C, "seen": 3, "state": 1, "kind": "unknown"}, format="json")
    assert (both.status_code, list(both.json())) == (400, ["state"])


def test_a_stale_answer_is_409_with_both(api: APIClient, draft: Assessment, team_admin: Person) -> None:
    answered(draft, team_admin, C, 1)
    url = of(draft.team, f"assessments/{draft.pk}/answers/")
    answer = api.post(url, {"criterion": C, "state": 2, "seen": 0}, format="json")
    assert answer.status_code == 409
    told = answer.json()
    assert told.pop("changed")["state"]["by"] == "Taro Admin"
    assert told == {
        "detail": "stale",
        "theirs": {"kind": "state", "state": 1, "version": 1},
        "yours": {"kind": "state", "state": 2, "version": 0},
    }


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"link": "ftp://x.example"}, "link"),
        ({"comment": "x" * 10_000}, "comment"),
        ({"model_version": 2}, "model_version"),
    ],
)
def test_bad_input_is_told_at_its_field(
    api: APIClient, draft: Assessment, wrong: dict[str, object], field: str
) -> None:
    url = of(draft.team, f"assessments/{draft.pk}/answers/")
    answer = api.post(url, {"criterion": C, "state": 1, "seen": 0, **wrong}, format="json")
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_targets_and_exemptions(api: APIClient, team: Team) -> None:
    wanted = {"area": "data", "level": 3, "due": "2027-03-31", "seen": 0}
    assert api.post(of(team, "targets/"), wanted, format="json").json()["version"] == 1
    stale = api.post(of(team, "targets/"), {**wanted, "level": 2}, format="json")
    assert (stale.status_code, stale.json()["theirs"]["level"]) == (409, 3)
    none = api.post(of(team, "targets/"), {"area": "model", "level": None, "seen": 0}, format="json")
    assert none.status_code == 204
    asked = api.post(of(team, "exemptions/"), {"criterion": C, "reason": "x", "until": "2027-01-01"}, format="json")
    assert (asked.status_code, asked.json()["decision"]) == (201, "")


def test_somebody_else_decides_on_an_exemption(
    api: APIClient, team: Team, editor: Person, administrator: Person
) -> None:
    asked = api.post(of(team, "exemptions/"), {"criterion": C, "reason": "x", "until": "2027-01-01"}, format="json")
    path = of(team, f"exemptions/{asked.json()['id']}/decision/")
    assert api.post(path, {"decision": "approved"}, format="json").status_code == 403
    decider = APIClient()
    decider.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    approved = decider.post(path, {"decision": "approved"}, format="json")
    assert (approved.status_code, approved.json()["decided_by"]) == (200, administrator.pk)
    assert decider.post(path, {"decision": "refused"}, format="json").status_code == 400


def test_a_token_answers_in_its_makers_name(draft: Assessment, editor: Person, team: Team) -> None:
    secret = "secret-of-a-robot"
    made = ApiToken.objects.create(
        team=team, maker=editor, name="robot", scope=TokenScope.WRITE, digest=digest(secret), hint="secr"
    )
    robot = APIClient()
    robot.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    url = of(team, f"assessments/{draft.pk}/answers/")
    assert robot.post(url, {"criterion": C, "state": 1, "seen": 0}, format="json").status_code == 201
    answer = Answer.objects.get()
    assert (answer.person, answer.token) == (editor, made)


def test_the_present_level_by_the_figure(api: APIClient, complete: Assessment, editor: Person) -> None:
    services.set_target(team=complete.team, area="data", level=3, due=date(2027, 3, 31), by=editor)
    answered_all(complete, editor)
    found = api.get(of(complete.team, "figures/maturity_data/?from=2026-11-23&to=2026-11-23"))
    assert found.status_code == 200


@pytest.mark.parametrize("path", ["assessments/", "answers/", "targets/", "snapshots/", "exemptions/"])
def test_queries_of_a_list_do_not_grow(api: APIClient, team: Team, editor: Person, path: str) -> None:
    counts = []
    for number in range(2):
        draft = started(team, editor, TODAY + timedelta(hours=number))
        answered_all(draft, editor)
        services.submit(assessment=draft, by=editor)
        services.set_target(team=team, area="data", level=2 + number, due=date(2027, 3, 31), by=editor)
        services.ask_exemption(
            team=team, criterion=draft.model.criteria[number].id, reason="x", until=date(2027, 1, 1), by=editor
        )
        with CaptureQueriesContext(connection) as queries:
            assert api.get(of(team, path)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
