"""The API: the same threads, with the same rules."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from comments import services
from comments.models import LENGTH, Comment
from core.topics import Topic
from teams.models import Person, Team
from teams.services import tokens

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]


@pytest.fixture
def url(team: Team) -> str:
    return f"/api/v1/teams/{team.pk}/comments/"


@pytest.fixture
def program(team: Team, editor: Person) -> Client:
    _token, secret = tokens.create_token(team=team, name="CI", scope="write", by=editor)
    return Client(headers={"authorization": f"Bearer {secret}"})


def post(client: Client, url: str, **body: object) -> object:
    return client.post(url, body, content_type="application/json")


def test_a_program_writes_reads_and_blanks(program: Client, url: str, criterion: Topic, priya: Person) -> None:
    of = f"{url}criterion/data.versioning/"
    answer = post(program, of, text=f"@Priya Raman and @<{priya.pk}>", request_id="a1")
    assert answer.status_code == 201
    said = answer.json()
    assert said["text"] == "@Priya Raman and @Priya Raman"
    assert (said["kind"], said["topic"], said["mentions"]) == ("criterion", "data.versioning", [priya.pk])
    again = post(program, of, text=f"@Priya Raman and @<{priya.pk}>", request_id="a1")
    assert (again.status_code, again.json()["id"]) == (201, said["id"])
    other = post(program, of, text="whatever", request_id="a1")
    assert (other.status_code, list(other.json())) == (400, ["request_id"])
    assert program.get(of).json()["results"] == [said]
    assert program.get(url).json()["results"] == [said]
    assert Comment.objects.get().token.name == "CI"
    blanked = post(program, f"{url}{said['id']}/blank/")
    assert (blanked.status_code, blanked.json()["text"]) == (200, "")
    assert program.get(of).json()["results"][0]["blanked_at"]


def test_what_cannot_be_said_is_told_at_its_field(program: Client, url: str, criterion: Topic) -> None:
    of = f"{url}criterion/data.versioning/"
    for text in ("", "@nobody", "x" * 2001, 7, None):
        answer = post(program, of, text=text)
        assert (answer.status_code, list(answer.json())) == (400, ["text"]), text
    assert post(program, f"{url}criterion/data.nothing/", text="hello").status_code == 404
    assert not Comment.objects.exists()


def test_a_token_finds_its_own_teams_people_only(program: Client, url: str, criterion: Topic, outsider: Person) -> None:
    answer = post(program, f"{url}criterion/data.versioning/", text="@Olga Outsider")
    assert answer.json() == {"text": ["Nobody is called “@Olga”. Put a space after the @ if you mean no person."]}


def test_readers_read_and_only_authors_and_team_admins_blank(
    signed_in: SignIn, url: str, criterion: Topic, editor: Person, outsider: Person, team_admin: Person
) -> None:
    made = services.write(topic=criterion, text="hello", by=editor)
    reader = signed_in(outsider)
    assert reader.get(f"{url}criterion/data.versioning/").json()["count"] == 1
    assert post(reader, f"{url}criterion/data.versioning/", text="hello").status_code == 403
    assert post(reader, f"{url}{made.pk}/blank/").status_code == 403
    theirs = outsider.memberships.get().team
    assert post(reader, f"/api/v1/teams/{theirs.pk}/comments/{made.pk}/blank/").status_code == 404
    assert post(signed_in(team_admin), f"{url}{made.pk}/blank/").status_code == 200


def test_the_number_of_queries_does_not_grow_with_the_comments(
    program: Client, url: str, criterion: Topic, editor: Person, priya: Person, kobayashi: Person
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert program.get(url).status_code == 200
        return len(caught)

    services.write(topic=criterion, text="@mina", by=editor)
    program.get(url)
    few = queries()
    services.write(topic=criterion, text="@p.raman", by=kobayashi)
    services.write(topic=criterion, text="hello", by=priya)
    assert queries() == few


def test_a_text_is_measured_as_it_is_sent(program: Client, url: str, criterion: Topic) -> None:
    """The description says how long it may be, and nothing of blanks around it that are taken away."""
    of = f"{url}criterion/data.versioning/"
    assert post(program, of, text="x" * (LENGTH - 1) + "\n").status_code == 201
    refused = post(program, of, text="x" * LENGTH + "\n")
    assert (refused.status_code, list(refused.json())) == (400, ["text"])
    assert [len(each.words.text) for each in Comment.objects.with_words()] == [LENGTH - 1]
