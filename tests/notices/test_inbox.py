"""The inbox: one's own, as pages and by the API, and the bell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core import clock, retention
from notices.models import Notice, Outgoing, OutgoingState
from notices.retention import prune
from teams.models import Person, Team
from tests.access_world import make_token
from tests.notices.telling import tell

pytestmark = pytest.mark.django_db
BELL = '<span class="p-count">'


def unread(person: Person) -> int:
    return Notice.objects.filter(person=person, read_at=None).count()


def test_empty_it_says_what_will_stand_here(signed_in: Any, editor: Person) -> None:
    page = signed_in(editor).get("/inbox/").content.decode()
    assert "Nothing yet" in page
    assert BELL not in page


def test_it_lists_the_newest_first_and_the_bell_counts(signed_in: Any, team: Team, editor: Person) -> None:
    for number in range(3):
        tell(editor, key=str(number), title=f"<i>Title {number}</i>", team=team)
    page = signed_in(editor).get("/inbox/").content.decode()
    assert page.index("Title 2") < page.index("Title 1") < page.index("Title 0")
    assert "&lt;i&gt;Title 2" in page
    assert f"{BELL}3<" in signed_in(editor).get("/people/").content.decode()


def test_opening_one_leads_to_its_page_and_marks_it(signed_in: Any, team: Team, editor: Person) -> None:
    tell(editor, url=f"/teams/{team.pk}/?x=1#y")
    found = Notice.objects.get()
    client = signed_in(editor)
    looked = client.get(reverse("notice", args=[found.pk]), headers={"Sec-Purpose": "prefetch;prerender"})
    assert (looked["Location"], unread(editor)) == (f"/teams/{team.pk}/?x=1#y", 1)
    assert client.get(reverse("notice", args=[found.pk]))["Location"] == f"/teams/{team.pk}/?x=1#y"
    assert unread(editor) == 0


def test_a_link_of_a_mail_leads_through_sign_in_to_the_page(client: Client, editor: Person) -> None:
    tell(editor, url="/people/")
    path = reverse("notice", args=[Notice.objects.get().pk])
    answer = client.get(path)
    assert answer["Location"] == f"/accounts/login/?next={path}"
    assert unread(editor) == 1


def test_marking(signed_in: Any, editor: Person) -> None:
    for key in "123":
        tell(editor, key=key)
    first, second, _third = Notice.objects.order_by("pk")
    client = signed_in(editor)
    client.post(reverse("notice-mark", args=[first.pk]), {"as": "read"})
    assert unread(editor) == 2
    at = Notice.objects.get(pk=first.pk).read_at
    client.post(reverse("notice-mark", args=[first.pk]), {"as": "read"})
    assert Notice.objects.get(pk=first.pk).read_at == at
    client.post(reverse("notice-mark", args=[first.pk]), {"as": "unread"})
    assert unread(editor) == 3
    answer = client.post(reverse("inbox-read"), {"up_to": second.pk, "show": "unread"})
    assert answer["Location"] == "/inbox/?show=unread"
    assert unread(editor) == 1  # what came since the page was made
    page = client.get("/inbox/?show=unread").content.decode()
    assert page.count('class="p-notice-row') == 1
    client.post(reverse("inbox-read"), {"up_to": "nonsense"})
    assert unread(editor) == 1


def test_nobody_else_sees_or_marks_it(signed_in: Any, editor: Person, administrator: Person) -> None:
    tell(editor, title="Between us")
    found = Notice.objects.get()
    client = signed_in(administrator)
    assert "Between us" not in client.get("/inbox/").content.decode()
    assert client.get(reverse("notice", args=[found.pk])).status_code == 404
    assert client.post(reverse("notice-mark", args=[found.pk])).status_code == 404
    client.post(reverse("inbox-read"), {"up_to": found.pk})
    assert client.patch(f"/api/v1/inbox/{found.pk}/", {"read": True}, "application/json").status_code == 404
    assert unread(editor) == 1


def test_what_was_chosen_away_from_the_inbox_is_not_there(signed_in: Any, editor: Person) -> None:
    tell(editor)
    Notice.objects.update(in_inbox=False)
    page = signed_in(editor).get("/inbox/").content.decode()
    assert "Nothing yet" in page
    assert BELL not in page


def test_pages_and_queries(signed_in: Any, team: Team, editor: Person, django_assert_max_num_queries: Any) -> None:
    client = signed_in(editor)
    for number in range(3):
        tell(editor, key=str(number), team=team)
    client.get("/inbox/")
    with django_assert_max_num_queries(40) as few:
        client.get("/inbox/")
    for number in range(3, 60):
        tell(editor, key=str(number), team=team)
    with django_assert_max_num_queries(40) as many:
        page = client.get("/inbox/").content.decode()
    assert len(few) == len(many)
    assert page.count('class="p-notice-row') == 50
    assert client.get("/inbox/?page=2").content.decode().count('class="p-notice-row') == 10
    answer = client.post(reverse("notice-mark", args=[Notice.objects.order_by("pk")[0].pk]), {"page": "2"})
    assert answer["Location"] == "/inbox/?page=2"


def test_the_bell_costs_one_query_a_page_and_none_a_fragment(
    signed_in: Any, team: Team, editor: Person, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(editor)

    def asked(**headers: str) -> int:
        with django_assert_max_num_queries(60) as seen:
            client.get(f"/teams/{team.pk}/roadmap/", headers=headers)
        return sum("notices_notice" in each["sql"] for each in seen.captured_queries)

    assert asked() == 1
    Notice.objects.bulk_create(
        Notice(person=editor, kind="told", key=str(number), url="/", params={}) for number in range(120)
    )
    assert "99+" in client.get("/people/").content.decode()


def test_what_was_read_goes_after_a_while_and_what_was_not_stays(editor: Person, settings: Any) -> None:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    with clock.at(long_ago):
        for key in "1234":
            tell(editor, key=key)
    Notice.objects.filter(key__in="12").update(read_at=long_ago)
    Outgoing.objects.filter(notices__key__in="23").update(state=OutgoingState.SENT, ended_at=long_ago)
    assert prune(long_ago + timedelta(days=1)) == 3  # the first's mail still waits
    assert sorted(Notice.objects.values_list("key", flat=True)) == ["1", "3", "4"]
    assert Outgoing.objects.count() == 2
    assert "notices" in retention._prunes


# -- The API ----------------------------------------------------------------------------------------------------------


def test_the_api_lists_and_marks(signed_in: Any, team: Team, editor: Person) -> None:
    tell(editor, key="1", team=team, title="Serving")
    tell(editor, key="2")
    client = signed_in(editor)
    listed = client.get("/api/v1/inbox/").json()["results"]
    assert [each["text"] for each in listed][1] == "Emma Editor told you of “Serving”."
    assert [each["team"] for each in listed] == [None, team.pk]
    marked = client.patch(f"/api/v1/inbox/{listed[0]['id']}/", {"read": True}, "application/json").json()
    assert marked["read_at"]
    assert [each["id"] for each in client.get("/api/v1/inbox/?unread=true").json()["results"]] == [listed[1]["id"]]
    assert (
        client.patch(f"/api/v1/inbox/{listed[0]['id']}/", {"read": False}, "application/json").json()["read_at"] is None
    )
    assert client.post("/api/v1/inbox/read/", {"up_to": listed[0]["id"]}, "application/json").json() == {"marked": 2}


def test_a_token_sees_of_its_makers_notices_its_teams(
    client: Client, team: Team, editor: Person, outsider: Person
) -> None:
    tell(editor, key="1", team=team)
    tell(editor, key="2", title="Between us")
    tell(outsider, key="3", team=team)
    make_token(team, editor, "read", "secret-of-a-token")
    answer = client.get("/api/v1/inbox/", headers={"Authorization": "Bearer secret-of-a-token"}).json()
    assert [each["id"] for each in answer["results"]] == [Notice.objects.get(key="1").pk]
