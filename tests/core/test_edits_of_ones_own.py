"""Who changed something in another window is told so; times and boxes are asked about where they stand."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from roadmaps import services
from teams.models import Person, Team
from tests.roadmaps.factories import started
from tests.stale import asked

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(signed_in: Any, editor: Person) -> Client:
    client: Client = signed_in(editor)
    return client


def test_ones_own_edit_in_another_window_is_not_somebody_elses(
    member: Client, team: Team, editor: Person, team_admin: Person
) -> None:
    item = started(team, team_admin).items.order_by("pk")[0]
    services.rename(item=item, title="In the other window", seen="", by=editor)
    path = reverse("roadmap-edit-item", args=[team.pk, item.pk])
    sent = {"title": "Here", "seen_title": "", "due_date": str(item.due_date), "seen_due_date": str(item.due_date)}
    page = member.post(path, sent).content.decode()
    (question,) = asked(page).values()
    assert question.sentence.startswith("You changed this meanwhile in another window (")
    assert "You changed the same thing in another window, so nothing is saved yet." in page
    services.rename(item=item, title="By Taro", seen="In the other window", by=team_admin)
    (question,) = asked(member.post(path, sent).content.decode()).values()
    assert question.sentence.startswith("Taro Admin changed this meanwhile (")


def test_what_only_oneself_can_choose_was_chosen_in_another_window(member: Client) -> None:
    path = reverse("account-notices")
    form = member.get(path).context["form"]
    sent = {
        name: "" if form[name].value() is None else form[name].value()
        for name in form.fields
        if form[name].value() is not False
    }
    box = next(name for name in form.fields if name.startswith("mail_"))
    other = {name: value for name, value in sent.items() if name != box}
    flipped = other if box in sent else other | {box: "on"}
    first = {**flipped, "quiet_from": "22:00", "quiet_until": "06:00"}
    assert member.post(path, first).status_code == 302
    mine = {**flipped, "quiet_from": "21:00", "quiet_until": "06:00"}
    answer = member.post(path, mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    (question,) = asked(page).values()
    assert question.sentence == "You changed this meanwhile in another window. Which shall stand?"
    assert (question.theirs, question.mine) == ("22:00", "21:00")
    assert "22:00:00" not in page.replace('value="22:00:00"', "")
