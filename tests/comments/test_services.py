"""Writing and blanking: once a request, with who is told, and by whom it may be done."""

from __future__ import annotations

import pytest

from comments import services
from comments.mentions import CommentError
from comments.models import LENGTH, Comment, Words
from core import topics
from core.append_only import AppendOnlyError
from core.topics import Topic
from notices.models import Notice
from okrs.models import KeyResult
from roadmaps.models import Item
from teams.models import AuditEvent, Person, Team
from tests.comments.conftest import found
from tests.factories import PersonFactory, TeamFactory
from tests.okrs.factories import key_result_of, objective_in, quarter

pytestmark = pytest.mark.django_db


def say(topic: Topic, by: Person, text: str = "Who looks after this?", **more: str) -> Comment:
    return services.write(topic=topic, text=text, by=by, **more)


def told() -> set[tuple[str, str]]:
    return {(notice.kind, str(notice.person)) for notice in Notice.objects.select_related("person")}


def test_a_comment_is_kept_with_its_author_and_its_words(criterion: Topic, editor: Person) -> None:
    made = say(criterion, editor, "  one\r\ntwo  ")
    assert (made.team, made.kind, made.topic, made.person) == (criterion.team, "criterion", "data.versioning", editor)
    assert made.words.text == "one\ntwo"


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (LENGTH + 1), "@nobody here"])
def test_what_cannot_be_said_leaves_nothing(criterion: Topic, editor: Person, text: str) -> None:
    with pytest.raises(CommentError) as caught:
        say(criterion, editor, text)
    assert caught.value.field == "text"
    assert not Comment.objects.exists()


def test_a_repeated_request_says_nothing_again(criterion: Topic, editor: Person, priya: Person) -> None:
    made = [say(criterion, editor, "@p.raman", request_id="r1") for _time in range(2)]
    assert made[0] == made[1]
    assert Words.objects.count() == 1
    assert Notice.objects.get().person == priya
    say(criterion, priya, "another's request of the same name", request_id="r1")
    assert Comment.objects.count() == 2


def test_a_request_about_something_else_is_not_lost_in_silence(criterion: Topic, team: Team, editor: Person) -> None:
    say(criterion, editor, request_id="r1")
    with pytest.raises(CommentError) as caught:
        say(found("criterion", team, "data.quality_monitoring"), editor, request_id="r1")
    assert caught.value.field == "request_id"
    assert Comment.objects.count() == 1


def test_a_comment_is_never_changed_or_deleted(criterion: Topic, editor: Person) -> None:
    made = say(criterion, editor)
    with pytest.raises(AppendOnlyError):
        Comment.objects.filter(pk=made.pk).update(kind="item")
    with pytest.raises(AppendOnlyError):
        made.delete()
    assert Comment.objects.get().kind == "criterion"


def test_blanked_words_are_gone_and_the_audit_log_tells(criterion: Topic, editor: Person, team_admin: Person) -> None:
    made = say(criterion, editor, "a name that must go")
    services.blank(comment=made, by=team_admin)
    services.blank(comment=made, by=editor)  # too late: nothing happens
    words = Words.objects.get()
    assert (words.text, words.blanked_by) == ("", team_admin)
    (event,) = AuditEvent.objects.filter(action="comment.blanked")
    assert (event.actor, event.team) == (team_admin, criterion.team)
    assert event.sentence({}) == "Removed the words of a comment (criterion)."


# -- Who is told --


def test_each_is_told_once_as_what_concerns_them_most(
    item: Item, editor: Person, priya: Person, kobayashi: Person, administrator: Person
) -> None:
    Item.objects.filter(pk=item.pk).update(owner=kobayashi)
    topic = found("item", item.roadmap.team, item.pk)
    say(topic, priya)
    say(topic, administrator)
    Notice.objects.all().delete()
    made = say(topic, editor, "@p.raman @Emma Editor and again @Priya Raman")
    assert told() == {
        ("mention", "Priya Raman"),
        ("comment_owned", "小林 美奈"),
        ("comment_followed", "Ada Administrator"),
    }
    notice = Notice.objects.get(kind="mention")
    assert notice.url == f"{item.get_absolute_url()}#comment-{made.pk}"
    assert notice.params == {"by": {"person": editor.pk}, "title": {"text": dict(item.entry.title)}}
    assert "again" not in str(notice.params)


def test_owners_who_are_mentioned_are_told_of_the_mention(key_result: KeyResult, editor: Person, priya: Person) -> None:
    topic = found("key_result", key_result.objective.team, key_result.pk)
    assert topic.owners == (editor,)
    say(topic, priya, "@Emma Editor")
    assert told() == {("mention", "Emma Editor")}


def test_who_wrote_elsewhere_is_not_told(criterion: Topic, team: Team, editor: Person, priya: Person) -> None:
    say(found("criterion", team, "data.quality_monitoring"), priya)
    say(found("criterion", TeamFactory(), "data.versioning"), PersonFactory())
    say(criterion, editor)
    assert told() == set()


# -- What it can be about --


def test_a_topic_is_found_in_its_own_team_only(
    item: Item, key_result: KeyResult, team: Team, administrator: Person
) -> None:
    other = TeamFactory()
    for kind, key in (("item", item.pk), ("key_result", key_result.pk)):
        assert found(kind, team, key).key == str(key)
        assert topics.find(kind, team, f"00{key}") is None  # one thing has one key
        assert topics.find(kind, other, str(key)) is None
        assert topics.find(kind, None, str(key)) is None
    of_all = key_result_of(objective_in(quarter(administrator), administrator, None), administrator)
    assert found("key_result", None, of_all.pk).title == of_all.title
    assert topics.find("key_result", team, str(of_all.pk)) is None
    for kind, key in (("criterion", "data.nothing"), ("item", "x"), ("item", "9" * 30), ("sofa", "1")):
        assert topics.find(kind, team, key) is None


def test_who_may_comment_on_what_is_the_organisations(editor: Person, manager: Person, administrator: Person) -> None:
    objective = objective_in(quarter(administrator), administrator, None, owner=editor)
    topic = found("key_result", None, key_result_of(objective, administrator, owner=None).pk)
    reader = PersonFactory()
    assert editor.has_perm("comments.write", topic)  # answers for the objective
    assert manager.has_perm("comments.write", topic)
    assert not reader.has_perm("comments.write", topic)
    made = say(topic, editor)
    assert editor.has_perm("comments.blank", made)
    assert manager.has_perm("comments.blank", made)
    assert not reader.has_perm("comments.blank", made)
