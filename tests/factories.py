"""Factories for what every room's tests need."""

import factory
from django.contrib.auth.hashers import make_password

from teams.models import Membership, Organisation, OrganisationRole, Person, Team, TeamRole

PASSWORD = "correct-horse-battery"


class OrganisationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Organisation
        django_get_or_create = ("pk",)

    pk = 1
    name = "Example Ltd"
    time_zone = "UTC"


class PersonFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Person

    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@example.com")
    password = factory.LazyFunction(lambda: make_password(PASSWORD))

    class Params:
        manager = factory.Trait(organisation_role=OrganisationRole.MANAGER)
        administrator = factory.Trait(organisation_role=OrganisationRole.ADMINISTRATOR)


class TeamFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Team

    name = factory.Sequence(lambda n: f"Team {n}")


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Membership

    team = factory.SubFactory(TeamFactory)
    person = factory.SubFactory(PersonFactory)
    role = TeamRole.EDITOR
