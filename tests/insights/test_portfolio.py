"""The portfolio: who needs somebody, the address is the state, every cell leads to its rows, CSV, and constant queries."""

import csv
import io
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from insights import portfolio
from insights.asked import Asked
from insights.attention import Need
from teams.models import Person, Team
from tests.factories import TeamFactory
from tests.insights.conftest import MakeTeam

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]
PACE = [1, 4, 7, 10, 13, 16]  # 6 of 12 in 26 weeks: too late (P50 in 25 weeks, 18 are left)


@pytest.fixture
def three(make_team: MakeTeam) -> list[Team]:
    return [
        make_team(
            "Pricing", group="Commerce", ticked=PACE, weekly=(5, 1), owner="Sofia Lindqvist",
            before="1110", levels="2110", results={"Coverage": 40, "Speed": 80},
        ),
        make_team(
            "Fraud", group="Payments", ticked=list(range(1, 11)), weekly=(2, 5), levels="3332", results={"Speed": 90},
        ),
        make_team("Voice"),
    ]  # fmt: skip


def _text(client: Client, path: str = "/portfolio/") -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def _names(page: str) -> list[str]:
    return re.findall(r'class="p-team" href="[^"]*"><bdi>([^<]*)<', page)


def _row(person: Person, team: Team) -> portfolio.Row:
    return next(row for row in portfolio.read(person, Asked()).everyone if row.team == team)


# -- Who needs somebody -----------------------------------------------------------------------------------------------


def test_teams_stand_under_what_they_need(three: list[Team], manager: Person, signed_in: SignIn) -> None:
    page = _text(signed_in(manager))
    assert _names(page) == ["Pricing", "Fraud", "Voice"]
    body = page.split('<tbody role="rowgroup"')[1]
    assert body.index("Needs you <") < body.index(">Pricing<") < body.index("Moving <")
    assert body.index("Moving <") < body.index(">Fraud<") < body.index("Starting <") < body.index(">Voice<")
    assert "Deployment frequency: Elite → High" in page
    assert "1 team needs you." in page
    assert "1 of 2 running roadmaps" in page
    assert "Since 26 Aug" in page
    assert "1 team rose by a level</a> and none fell back." in page


def test_work_that_stopped_needs_somebody_after_four_weeks(make_team: MakeTeam, manager: Person) -> None:
    three_weeks = make_team("Three", ticked=[4, 5, 6, 7])
    four_weeks = make_team("Four", ticked=[5, 6, 7, 8])
    assert _row(manager, three_weeks).need is Need.MOVING
    stopped = _row(manager, four_weeks)
    assert stopped.need is Need.NEEDS
    assert [reason.text for reason in stopped.reasons] == ["Nothing done for 4 weeks"]
    assert stopped.reasons[0].url == f"/teams/{four_weeks.pk}/roadmap/"


def test_an_area_that_fell_back_needs_somebody(make_team: MakeTeam, manager: Person) -> None:
    row = _row(manager, make_team("Pricing", before="2222", levels="3221"))
    assert [reason.text for reason in row.reasons] == ["Monitoring: L2 → L1"]
    assert row.reasons[0].url == f"/teams/{row.team.pk}/maturity/#area-monitor"
    assert (row.need, row.changed(1), row.changed(-1)) == (Need.NEEDS, True, True)


def test_half_of_the_key_results_outdated_needs_somebody(make_team: MakeTeam, manager: Person) -> None:
    silent = make_team("Silent", levels="1111", results={"A": 60, "B": None, "C": None})
    mostly = make_team("Mostly", levels="1111", results={"A": 60, "B": 60, "C": None})
    assert [reason.text for reason in _row(manager, silent).reasons] == ["2 of 3 key results outdated"]
    assert _row(manager, mostly).reasons == []


def test_half_of_the_key_results_off_track_needs_somebody(make_team: MakeTeam, manager: Person) -> None:
    behind = make_team("Behind", levels="1111", results={"A": 0, "B": 0, "C": 60})
    mostly = make_team("Mostly", levels="1111", results={"A": 0, "B": 60, "C": 60})
    row = _row(manager, behind)
    assert [reason.text for reason in row.reasons] == ["2 of 3 key results off track"]
    assert row.reasons[0].url == f"/teams/{behind.pk}/okrs/"
    assert _row(manager, mostly).reasons == []
    assert _row(manager, mostly).need is Need.MOVING, "it is assessed"


def test_a_team_without_anything_is_starting_not_failing(make_team: MakeTeam, manager: Person) -> None:
    row = _row(manager, make_team("Voice"))
    assert (row.need, row.roadmap, row.reasons) == (Need.STARTING, None, [])
    assert row.delivery.is_empty


# -- The page ---------------------------------------------------------------------------------------------------------


def test_nothing_is_no_data_and_never_zero(make_team: MakeTeam, manager: Person, signed_in: SignIn) -> None:
    make_team("Voice")
    row = _text(signed_in(manager)).split('<tbody role="rowgroup"')[1].split("</tbody")[0]
    assert row.count("no data") == 4
    assert "not started" in row
    assert "no key results" in row
    assert row.count("not assessed") == 4
    assert "L0" not in row
    assert "Answer the first assessment" in row
    assert "<b>0</b>" not in row


def test_every_cell_leads_somewhere(three: list[Team], manager: Person, signed_in: SignIn) -> None:
    client = signed_in(manager)
    body = _text(client).split('<tbody role="rowgroup"')[1].split("</tbody")[0]
    cells = re.findall(r'<td role="cell".*?</td>', body, re.S)
    links = [re.findall(r'href="([^"]+)"', cell) for cell in cells]
    assert cells
    assert all(links)
    for link in {link for found in links for link in found}:
        assert client.get(link.replace("&amp;", "&")).status_code == 200, link


def test_what_a_cell_says_is_said_by_what_is_behind_it(three: list[Team], manager: Person, signed_in: SignIn) -> None:
    client = signed_in(manager)
    for team in three[:2]:
        for cell in _row(manager, team).delivery.cells:
            assert client.get(cell.url).context["point"].headlines[0].told == cell.told


def test_a_row_shows_levels_with_change_key_results_and_the_next_step(
    three: list[Team], manager: Person, signed_in: SignIn
) -> None:
    row = _text(signed_in(manager)).split('<tbody role="rowgroup"')[1].split("</tr>")[1]
    assert re.findall(r"p-heat is-(l\d)", row) == ["l2", "l1", "l1", "l0"]
    assert len(re.findall("p-delta is-up", row)) == 1
    assert "Off track" in row
    assert "1 of 2 on track" in row
    assert "Monitoring to L1, 0 of 3 met" in row


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?q=pric", ["Pricing"]),
        ("?q=lindqvist", ["Pricing"]),
        ("?q=commerce", ["Pricing"]),
        ("?q=nobody", []),
        ("?group=none", ["Voice"]),
        ("?show=needs", ["Pricing"]),
        ("?show=starting", ["Voice"]),
        ("?show=nonsense&sort=nonsense&group=nonsense&page=nonsense", ["Pricing", "Fraud", "Voice"]),
        ("?level=0", ["Pricing"]),
        ("?level=2", ["Fraud"]),
        ("?level=none", ["Voice"]),
        ("?sort=level", ["Pricing", "Fraud", "Voice"]),
        ("?sort=okrs", ["Pricing", "Fraud", "Voice"]),
        ("?sort=name", ["Fraud", "Pricing", "Voice"]),
        ("?sort=group", ["Pricing", "Fraud", "Voice"]),
        ("?sort=frequency", ["Pricing", "Fraud", "Voice"]),
        ("?sort=roadmap", ["Pricing", "Fraud", "Voice"]),
    ],
)
def test_the_address_is_the_state(
    three: list[Team], manager: Person, signed_in: SignIn, query: str, names: list[str]
) -> None:
    assert _names(_text(signed_in(manager), f"/portfolio/{query}")) == names


def test_a_group_narrows_what_the_summary_speaks_of(three: list[Team], manager: Person, signed_in: SignIn) -> None:
    page = _text(signed_in(manager), f"/portfolio/?group={three[1].group_id}")
    assert _names(page) == ["Fraud"]
    assert "No team needs you." in page


def test_archived_teams_are_left_out(three: list[Team], manager: Person, signed_in: SignIn) -> None:
    Team.objects.filter(name="Fraud").update(archived_at="2026-01-01T00:00Z")
    assert "Fraud" not in _names(_text(signed_in(manager)))


def test_pages_are_cut_by_the_server(organisation: object, manager: Person, signed_in: SignIn) -> None:
    for number in range(portfolio.PER_PAGE + 2):
        TeamFactory(name=f"Team {number:02}")
    client = signed_in(manager)
    assert len(_names(_text(client))) == portfolio.PER_PAGE
    second = _text(client, "/portfolio/?page=2&sort=name")
    assert _names(second) == ["Team 25", "Team 26"]
    assert "26 to 27 of 27" in second


def test_without_teams_the_page_teaches_the_next_step(
    administrator: Person, manager: Person, signed_in: SignIn
) -> None:
    assert 'href="/teams/new/"' in _text(signed_in(administrator))
    assert "An administrator creates the first one." in _text(signed_in(manager))


def test_what_people_wrote_is_escaped(make_team: MakeTeam, manager: Person, signed_in: SignIn) -> None:
    make_team("<b>Bold</b>", owner="<i>Owner</i>", group="<u>Group</u>")
    page = _text(signed_in(manager))
    assert "<b>Bold" not in page
    assert "<i>Owner" not in page
    assert "<u>Group" not in page


# -- CSV --------------------------------------------------------------------------------------------------------------


def _csv(client: Client, query: str = "") -> list[dict[str, str]]:
    response = client.get(f"/portfolio/?format=csv{query}")
    assert response["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(response.content.decode().lstrip("\ufeff"))))


def test_csv_has_everything_shown_of_all_pages(three: list[Team], manager: Person, signed_in: SignIn) -> None:
    client = signed_in(manager)
    rows = _csv(client)
    assert [row["Team"] for row in rows] == ["Pricing", "Fraud", "Voice"]
    # 1 of 13 deployments with a failure, 0 of 65 before: attention.of_delivery asks every figure that has bands
    assert rows[0]["Reasons"].split("; ") == [
        "1 of 2 key results off track", "Deployment frequency: Elite → High", "Change failure rate: Elite → High"
    ]  # fmt: skip
    assert (rows[0]["Roadmap done"], rows[0]["Roadmap items"]) == ("6", "12")
    assert (rows[0]["Lowest level"], rows[0]["Data management"], rows[2]["Lowest level"]) == ("0", "2", "")
    assert (rows[0]["Key results on track"], rows[0]["Worst status"], rows[2]["Key results"]) == ("1", "Off track", "")
    assert (rows[2]["Roadmap done"], rows[2]["Deployments"], rows[2]["P50"]) == ("", "", "")
    assert [row["Team"] for row in _csv(client, "&show=starting")] == ["Voice"]


def test_text_from_people_cannot_become_a_formula(make_team: MakeTeam, manager: Person, signed_in: SignIn) -> None:
    make_team("=1+1", owner="@SUM(A1)", group="+cmd")
    (row,) = _csv(signed_in(manager))
    assert (row["Team"], row["Product owner"], row["Group"]) == ("'=1+1", "'@SUM(A1)", "'+cmd")


# -- Queries ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/portfolio/", "/portfolio/?format=csv", "/", "/trends/", "/api/v1/portfolio/"])
def test_queries_do_not_grow_with_the_teams(make_team: MakeTeam, manager: Person, signed_in: SignIn, path: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    def add(count: int) -> None:
        for _ in range(count):
            make_team(
                f"Team {Team.objects.count()}",
                group="Commerce",
                ticked=[1, 9],
                weekly=(2, 1),
                levels="1111",
                results={"A": 50},
            )

    client = signed_in(manager)
    add(3)
    queries()  # the first one notes the visit
    before = queries()
    add(3)
    assert queries() == before


# -- API --------------------------------------------------------------------------------------------------------------


def test_the_api_has_the_same_rows(three: list[Team], manager: Person, signed_in: SignIn) -> None:
    found = signed_in(manager).get("/api/v1/portfolio/").json()
    assert found["count"] == 3
    first, _second, last = found["results"]
    assert (first["name"], first["need"]) == ("Pricing", "needs")
    assert first["delivery"]["deployment_frequency"] | {"url": ""} == {
        "value": 1.0, "count": 13, "band": "H", "was": "E", "url": "",
    }  # fmt: skip
    assert first["roadmap"]["outlook"] == "late"
    assert first["maturity"]["overall"] == 0
    assert first["maturity"]["areas"][0] == {
        "key": "data", "level": 2, "change": 1, "met": 0, "applicable": 3, "target": None,
    }  # fmt: skip
    assert first["okrs"] == {"status": "off_track", "on_track": 1, "total": 2, "reporting": 2}
    assert (last["maturity"]["overall"], last["okrs"]["status"]) == (None, None)
    assert (last["roadmap"], last["delivery"]["mttr"]["value"]) == (None, None)
    narrowed = signed_in(manager).get("/api/v1/portfolio/?show=needs&limit=1").json()
    assert [row["name"] for row in narrowed["results"]] == ["Pricing"]
