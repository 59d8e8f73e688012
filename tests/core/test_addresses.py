"""Whatever stands in an address, no page fails."""

from collections.abc import Callable

import pytest
from django.test import Client

from core.addresses import pk_in
from teams.models import Person, Team, TeamGroup

SignIn = Callable[[Person], Client]
HUGE = "9" * 23


@pytest.mark.parametrize(
    ("text", "pk"),
    [("7", 7), ("٧", 7), ("", None), ("none", None), ("-1", None), ("²", None), (HUGE, 0), ("9" * 5000, 0)],
)
def test_a_pk_is_a_number_that_a_database_holds(text: str, pk: int | None) -> None:
    assert pk_in(text) == pk


@pytest.mark.django_db
@pytest.mark.parametrize("number", [HUGE, "9" * 5000])
@pytest.mark.parametrize(
    "path",
    [
        "/portfolio/?group=",
        "/api/v1/portfolio/?group=",
        "/teams/?group=",
        "/trends/?of=group-",
        "/trends/?of=team-",
        "/organisation/audit/?person=",
        "/organisation/audit/?team=",
    ],
)
def test_a_huge_number_finds_nothing(path: str, number: str, administrator: Person, signed_in: SignIn) -> None:
    Team.objects.create(name="Voice", group=TeamGroup.objects.create(name="Speech"))
    page = signed_in(administrator).get(path + number)
    assert page.status_code == 200
    if "?group=" in path:
        assert "Voice" not in page.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/portfolio/?q=%00", "/teams/?q=a%00b", "/?x=%00", "/%00", "/accounts/login/?next=%00"]
)
def test_a_nul_character_in_an_address_is_refused(
    path: str, manager: Person, signed_in: SignIn, client: Client
) -> None:
    for anyone in (client, signed_in(manager)):
        answer = anyone.get(path)
        assert answer.status_code == 400
        assert "That did not work" in answer.text


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/portfolio/?area=%00", "/api/v1/teams/%00"])
def test_the_api_refuses_a_nul_character_with_json(path: str, manager: Person, signed_in: SignIn) -> None:
    answer = signed_in(manager).get(path)
    assert answer.status_code == 400
    assert answer.json() == {"detail": "The address has a NUL character in it."}


@pytest.mark.django_db
def test_a_percent_sign_before_two_noughts_is_none(manager: Person, signed_in: SignIn) -> None:
    assert signed_in(manager).get("/portfolio/?q=%2500").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["", "maturity/", "maturity/rounds/1/", "roadmap/", "delivery/", "members/"])
def test_no_team_has_a_huge_number(path: str, manager: Person, signed_in: SignIn) -> None:
    assert signed_in(manager).get(f"/teams/{HUGE}/{path}").status_code == 404
