"""The thread on the three pages, where it is written, and the page of its own where one was refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from comments import services
from comments.models import Comment
from core import clock
from core.topics import Topic
from okrs.models import KeyResult
from roadmaps.models import Item
from teams.models import Person, Team
from tests.comments.conftest import found
from tests.factories import TeamFactory
from tests.okrs.factories import TODAY, sample_person

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def member(signed_in: SignIn, editor: Person) -> Client:
    return signed_in(editor)


@pytest.fixture(params=["criterion", "item", "key_result"])
def topic(request: pytest.FixtureRequest, team: Team, item: Item, key_result: KeyResult) -> Topic:
    keys = {"criterion": "data.versioning", "item": item.pk, "key_result": key_result.pk}
    return found(request.param, team, keys[request.param])


def address(topic: Topic, name: str = "comments") -> str:
    return reverse(name, args=[topic.team.pk, topic.kind, topic.key])


def test_it_is_written_and_shown_on_the_page_of_its_topic(
    member: Client, topic: Topic, priya: Person, signed_in: SignIn, outsider: Person
) -> None:
    empty = member.get(topic.url).content.decode()
    assert "Nobody has said anything yet. Ask a question, or tell what you found." in empty
    assert f'action="{address(topic)}"' in empty
    response = member.post(address(topic), {"text": "@p.raman <b>why?</b>"})
    made = Comment.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"{topic.url}#comment-{made.pk}")
    page = member.get(topic.url).content.decode()
    assert f'id="comment-{made.pk}"' in page
    assert '<b class="p-mention">@<bdi>Priya Raman</bdi></b> &lt;b&gt;why?&lt;/b&gt;' in page

    reading = signed_in(outsider).get(topic.url).content.decode()
    assert "Priya Raman" in reading
    assert f'action="{address(topic)}"' not in reading
    assert "mentions.js" not in reading
    assert "Remove this text" not in reading


def test_what_was_refused_is_shown_with_what_was_typed(member: Client, topic: Topic) -> None:
    response = member.post(address(topic), {"text": "@nobody & more", "request_id": "r1"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Nobody is called “@nobody”." in page
    assert "@nobody &amp; more</textarea>" in page
    assert 'value="r1"' in page
    assert f'<a href="{topic.url}">' in page
    assert not Comment.objects.exists()
    assert member.post(address(topic), {"text": " "}).status_code == 422
    assert member.post(address(topic), {"text": "x" * 2001}).status_code == 422


def test_htmx_gets_the_section_alone(member: Client, topic: Topic) -> None:
    response = member.post(address(topic), {"text": "first"}, headers=HTMX)
    page = response.content.decode()
    assert response.status_code == 200
    assert "<html" not in page
    assert page.lstrip().startswith("<section")
    assert f'is-fresh" id="comment-{Comment.objects.get().pk}"' in page
    assert "first</textarea>" not in page
    refused = member.post(address(topic), {"text": "@nobody"}, headers=HTMX)
    assert refused.status_code == 422
    assert "@nobody</textarea>" in refused.content.decode()
    assert 'role="alert"' in refused.content.decode()  # a live page leaves such a form alone
    assert "first" in refused.content.decode()


def test_readers_and_other_teams_may_not_write(
    signed_in: SignIn, topic: Topic, outsider: Person, manager: Person
) -> None:
    for person in (outsider, manager):
        assert signed_in(person).post(address(topic), {"text": "hello"}).status_code == 403
        assert signed_in(person).get(address(topic)).status_code == 200
    theirs = reverse("comments", args=[outsider.memberships.get().team.pk, topic.kind, topic.key])
    if topic.kind != "criterion":  # every team has every criterion
        assert signed_in(outsider).post(theirs, {"text": "hello"}).status_code == 404
    assert not Comment.objects.exists()


def test_an_archived_team_is_read_only(member: Client, topic: Topic, team: Team) -> None:
    services.write(topic=topic, text="from before", by=team.memberships.first().person)
    Team.objects.update(archived_at=clock.now())
    assert member.post(address(topic), {"text": "late"}).status_code == 403
    page = member.get(topic.url).content.decode()
    assert "from before" in page
    assert "Remove this text" not in page
    assert member.post(reverse("comment-blank", args=[Comment.objects.get().pk])).status_code == 403


def test_words_are_removed_by_their_author_or_a_team_admin(
    member: Client, signed_in: SignIn, topic: Topic, editor: Person, priya: Person, team_admin: Person, outsider: Person
) -> None:
    own, theirs, third = (services.write(topic=topic, text="secret words", by=by) for by in (editor, priya, priya))
    assert member.get(topic.url).content.decode().count("/blank/") == 1
    assert member.post(reverse("comment-blank", args=[theirs.pk])).status_code == 403
    assert signed_in(outsider).post(reverse("comment-blank", args=[own.pk])).status_code == 403
    response = member.post(reverse("comment-blank", args=[own.pk]))
    assert (response.status_code, response["Location"]) == (302, f"{topic.url}#comment-{own.pk}")
    signed_in(team_admin).post(reverse("comment-blank", args=[theirs.pk]))
    page = member.get(topic.url).content.decode()
    assert page.count("This text was removed.") == 2
    assert page.count("secret words") == 1
    assert f'id="comment-{third.pk}"' in page


def test_the_number_of_queries_does_not_grow_with_the_comments(
    member: Client, topic: Topic, editor: Person, priya: Person, kobayashi: Person
) -> None:
    with clock.at(TODAY):
        pages = [topic.url, address(topic)]

        def queries() -> list[int]:
            found = []
            for page in pages:
                with CaptureQueriesContext(connection) as caught:
                    assert member.get(page).status_code == 200
                found.append(len(caught))
            return found

        for text, by in (("@p.raman", editor), ("@mina", priya), ("hello", kobayashi)):
            services.write(topic=topic, text=text, by=by)
        member.get(topic.url)
        few = queries()
        for text, by in (("@p.raman @mina", kobayashi), ("@Emma Editor", priya), ("again", editor)):
            services.write(topic=topic, text=text, by=by)
        assert queries() == few


def test_lists_say_how_many_there_are_by_one_query(
    member: Client, team: Team, item: Item, key_result: KeyResult, editor: Person
) -> None:
    with clock.at(TODAY):
        about = [found("item", team, item.pk), found("key_result", team, key_result.pk)]
        lists = [reverse("roadmap", args=[team.pk]), reverse("okrs", args=[team.pk])]
        for topic, page in zip(about, lists, strict=True):
            assert "p-talk-n" not in member.get(page).content.decode()
            for _number in range(2):
                services.write(topic=topic, text="hello", by=editor)
            services.blank(comment=services.write(topic=topic, text="gone", by=editor), by=editor)
            with CaptureQueriesContext(connection) as caught:
                shown = " ".join(member.get(page).content.decode().split())
            assert f'<a class="p-talk-n" href="{topic.url}#comments">' in shown
            assert '<span class="visually-hidden">2 comments</span>' in shown
            assert sum("comments_comment" in query["sql"] for query in caught) == 1


def test_people_are_offered_while_one_types(
    member: Client, criterion: Topic, kobayashi: Person, outsider: Person
) -> None:
    sample_person()
    url = address(criterion, "comment-people")
    everybody = member.get(url).content.decode()
    assert everybody.index("小林 美奈") < everybody.index("Olga Outsider")  # the team's own first
    assert "Sample" not in everybody
    found = member.get(url, {"q": "小林"}).content.decode()
    assert 'role="option"' in found
    assert 'data-handle="@小林 美奈"' in found
    assert "1 person." in found
    assert 'role="option"' not in member.get(url, {"q": "nobody"}).content.decode()


def test_what_nobody_can_comment_on_is_not_there(member: Client, team: Team, item: Item) -> None:
    for kind, key in (("item", "999999"), ("item", "x"), ("sofa", "1"), ("criterion", "data.nothing")):
        assert member.get(reverse("comments", args=[team.pk, kind, key])).status_code == 404
    elsewhere = reverse("comments", args=[TeamFactory().pk, "item", item.pk])
    assert member.get(elsewhere).status_code == 404
