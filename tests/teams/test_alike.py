"""People of one name are told apart wherever they are named; docs/definitions.md, “Words, and who may do what”."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from teams.models import Person, Team
from teams.services.people import remove
from tests.factories import MembershipFactory, PersonFactory
from tests.roadmaps.factories import started

pytestmark = pytest.mark.django_db
ANN, OTHER = "Ann Lee (ann@example.com)", "Ann Lee (lee@example.com)"


@pytest.fixture
def both(team: Team) -> tuple[Person, Person]:
    people = [MembershipFactory(team=team, person__name="Ann Lee", person__email=each).person
              for each in ("ann@example.com", "lee@example.com")]  # fmt: skip
    return people[0], people[1]


def named(*people: Person) -> list[str]:
    return [str(each) for each in Person.objects.filter(pk__in=[one.pk for one in people]).order_by("pk")]


def test_only_who_shares_a_name_is_called_by_the_address_too(both: tuple[Person, Person], editor: Person) -> None:
    assert named(*both, editor) == [ANN, OTHER, "Emma Editor"]
    assert str(both[1]) == OTHER, "also the one that was just saved"


def test_a_name_that_is_no_longer_shared_stands_alone_again(
    both: tuple[Person, Person], administrator: Person, django_assert_num_queries: Any
) -> None:
    first, second = (Person.objects.get(pk=each.pk) for each in both)
    second.name = "Bob Lee"
    second.save()
    assert named(first, second) == ["Ann Lee", "Bob Lee"]
    second.name = "Ann Lee"
    second.save(update_fields=["name"])
    assert named(first, second) == [ANN, OTHER]
    with django_assert_num_queries(1):
        second.save(update_fields=["last_login"])  # what every sign-in does asks nothing more
    remove(person=second, by=administrator)
    assert named(first, second) == ["Ann Lee", "removed person"]


def test_wherever_people_are_named(both: tuple[Person, Person], team: Team, signed_in: Any, editor: Person) -> None:
    item = started(team, both[0]).items.order_by("pk")[0]
    item.owner = both[1]
    item.save()
    browser = signed_in(editor)
    page = browser.get(item.get_absolute_url()).content.decode()
    assert f'<option value="{both[0].pk}">{ANN}</option>' in page
    assert f"<bdi>{OTHER}</bdi>" in page
    for name in ("members", "roadmap"):
        assert OTHER in browser.get(reverse(name, args=[team.pk])).content.decode()
    assert browser.get(reverse("api-roadmap-item", args=[team.pk, item.pk])).json()["owner_name"] == OTHER


def test_two_of_one_name_who_are_not_here_any_more_are_none(organisation: Any) -> None:
    gone = PersonFactory(name="Ann Lee", email="gone@example.com")
    stays = PersonFactory(name="Ann Lee", email="ann@example.com")
    assert str(stays) == ANN
    gone.removed_at = gone.date_joined
    gone.name = ""
    gone.save()
    assert named(stays) == ["Ann Lee"]
