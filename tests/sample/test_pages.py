"""The sample's page: offer, progress, marks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from sample import services, work
from sample.models import Sample, State
from teams.models import Person, Team

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]


def test_one_click_asks_for_it_and_the_page_shows_how_far_it_is(administrator: Person, signed_in: SignIn) -> None:
    client, page = signed_in(administrator), reverse("sample")
    assert f'action="{reverse("sample-load")}"' in client.get(page).content.decode()
    answer = client.post(reverse("sample-load"), follow=True)
    shown = answer.content.decode()
    assert Sample.current().state == State.LOADING
    assert 'hx-trigger="every 1s"' in shown
    assert 'role="progressbar"' in shown
    fragment = client.get(page, headers={"HX-Request": "true"}).content.decode()
    assert fragment.strip().startswith('<section class="p-card" id="live"')
    assert "<html" not in fragment
    work.work()
    fragment = client.get(page, headers={"HX-Request": "true"}).content.decode()
    assert 'data-state="loaded"' in fragment
    assert "hx-get" not in fragment
    assert f'action="{reverse("sample-remove")}"' in fragment


def test_what_is_refused_is_said_in_a_sentence(administrator: Person, signed_in: SignIn) -> None:
    services.load(by=administrator)
    answer = signed_in(administrator).post(reverse("sample-remove"), follow=True)
    assert "Wait until it is there" in answer.content.decode()


def test_the_worker_writes_in_the_language_of_whoever_asked(administrator: Person, signed_in: SignIn) -> None:
    Person.objects.filter(pk=administrator.pk).update(language="ja")
    signed_in(administrator).post(reverse("sample-load"))
    work.work()
    assert Team.objects.sample().filter(name="需要予測").exists()


@pytest.mark.parametrize("page", ["teams", "people"])
def test_sample_teams_and_people_are_marked(administrator: Person, signed_in: SignIn, page: str) -> None:
    services.load(by=administrator)
    work.work()
    shown = signed_in(administrator).get(reverse(page)).content.decode()
    many = Team.objects.sample().count() if page == "teams" else Person.objects.sample().count()
    assert shown.count('<span class="p-tag">Sample</span>') == many


def test_a_sample_team_and_a_sample_person_are_marked_on_their_pages(administrator: Person, signed_in: SignIn) -> None:
    services.load(by=administrator)
    work.work()
    client, team = signed_in(administrator), Team.objects.sample().first()
    for name in ("team", "roadmap", "delivery", "members"):
        assert '<span class="p-tag">Sample</span>' in client.get(reverse(name, args=[team.pk])).content.decode()
    person = Person.objects.sample().first()
    assert "nobody signs in" in client.get(reverse("person", args=[person.pk])).content.decode()
    assert client.get(reverse("api-team-detail", args=[team.pk])).json()["is_sample"] is True
