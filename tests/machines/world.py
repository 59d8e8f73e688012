"""A portal with rows of every kind, and how everyone knocks at its API."""

from __future__ import annotations

from datetime import date, timedelta

from django.test import Client

from assessments import services as assessing
from connections.models import SetAsideObject
from core import clock
from delivery.correcting import correct
from delivery.periods import weeks_before
from okrs.models import Cycle
from roadmaps.models import State
from teams.models import Person, TeamRole
from tests.access_world import NOBODY, PEOPLE, TOKENS, World, token_cast
from tests.assessments import factories as maturity
from tests.delivery.factories import ChangeFactory, DeploymentFactory, IncidentFactory, ServiceFactory
from tests.factories import MembershipFactory, OrganisationFactory, PersonFactory, TeamFactory
from tests.okrs import factories as okrs
from tests.roadmaps.factories import noon, ticked

TODAY = okrs.TODAY
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
EVERYBODY = (NOBODY, *PEOPLE, *TOKENS)


def cast() -> World:
    """The people and tokens of tests/conftest.py, and rows that every part of the API shows."""
    OrganisationFactory()
    team, other_team = TeamFactory(name="Forecasting"), TeamFactory(name="Inspection")
    team_admin = MembershipFactory(team=team, person__name="Taro Admin", role=TeamRole.TEAM_ADMIN).person
    outsider = MembershipFactory(team=other_team, person__name="Olga Outsider", role=TeamRole.TEAM_ADMIN).person
    people = {
        "reader": PersonFactory(name="Rita Reader"),
        "editor": MembershipFactory(team=team, person__name="Emma Editor").person,
        "team_admin": team_admin,
        "outsider": outsider,
        "manager": PersonFactory(name="Mina Manager", manager=True),
        "administrator": PersonFactory(name="Ada Administrator", administrator=True),
    }
    return World(team, other_team, people, token_cast(team, team_admin, other_team, outsider))


def fill(w: World) -> None:
    """What the lists and figures show: of the team's, and a little of the other team's."""
    by = w.people["administrator"]
    made = [w.membership, w.group, w.invitation, w.draft, w.own_cycle]  # each is made when it is first asked for
    assert all(made)
    w.team.group = w.group
    w.team.save()
    for service in (w.service, w.elsewhere().service):
        DeploymentFactory.create_batch(3, service=service)
        DeploymentFactory(service=service, outcome="failed", finished_at=None)
        IncidentFactory.create_batch(2, service=service)
        IncidentFactory(service=service, resolved_at=None)
    _told_without_a_text(w)
    SetAsideObject.objects.filter(pk=w.set_aside.pk).update(key="issue:7")  # here is a host that can be asked for it
    w.key_result_of(None)
    okrs.checked_in(w.key_result_of(None), by, okrs.noon(10, 5), 4)
    objective, owner = w.key_result_of(w.team).objective, w.membership.person
    okrs.key_result_of(objective, owner, title="Incidents", kind="at_most", high=4, unit="h", figure="mttr")
    okrs.key_result_of(objective, owner, title="Latency", kind="between", low=1, high=4)
    okrs.key_result_of(objective, owner, title="Registry", kind="milestone", due_day=date(2026, 12, 1))
    okrs.key_result_of(objective, owner, title="Runbooks", kind="checklist", entries=["Serving", "Training"])
    okrs.checked_in(w.key_result_of(w.team), by, okrs.noon(10, 5), 20, comment="Begun", confidence=6)
    w.elsewhere().key_result_of(w.other_team)
    Cycle.objects.update(title="")


def _told_without_a_text(w: World) -> None:
    """Of the last whole week, what a program pushed with nothing but what it had to say."""
    day = weeks_before(TODAY, 1).last
    noon = clock.start_of(day, w.team.zone) + timedelta(hours=12)
    place = ServiceFactory(
        source__connection__team=w.team, source__connection__kind="pushed", source__url="", deployment_source="pushed",
        incident_labels=[],
    )  # fmt: skip
    nothing = {"title": "", "url": ""}
    row = DeploymentFactory(service=place, key="push:d1", sha="", finished_at=noon, **nothing)
    ChangeFactory(
        service=place, key="push:c1", author="", branch="", merge_sha="", merged_at=noon - timedelta(hours=1), **nothing
    )
    IncidentFactory(service=place, key="push:i1", labels=[], began_at=noon + timedelta(minutes=5), **nothing)
    correct(team=w.team, kind="failed", reason="It broke", by=w.people["editor"], deployment=row)


def fill_maturity(w: World) -> None:
    by = w.people["administrator"]
    found = maturity.started(w.team, by, maturity.noon(11, 2))
    maturity.answered_all(found, by, at=maturity.noon(11, 3))
    maturity.answered(found, by, "data.versioning", 1, maturity.noon(11, 4), comment="DVC", link="https://example.com/")
    with clock.at(maturity.noon(11, 5)):
        assessing.set_target(team=w.team, area="data", level=2, due=None, by=by)
        assert w.exemption.pk


def fill_roadmap(w: World) -> None:
    by = w.people["administrator"]
    first, second, third = w.roadmap.items.order_by("pk")[:3]
    ticked(first, by, noon(5, 4))
    ticked(second, by, noon(5, 5), State.SKIPPED, note="Bought in")
    ticked(third, by, noon(5, 6), State.IN_PROGRESS)


def headers_of(w: World, who: str) -> dict[str, str]:
    """How one of the cast knocks: a session with what keeps forgeries out, a token, or nothing."""
    if who in TOKENS:
        return {"Authorization": f"Bearer {w.tokens[who]}"}
    if who == NOBODY:
        return {}
    client = Client()
    client.force_login(Person.objects.get(pk=w.people[who].pk), backend=BACKEND)
    secret = "x" * 32  # the cookie and the header have to agree on it
    session = client.cookies["sessionid"].value
    return {"X-CSRFToken": secret, "Cookie": f"csrftoken={secret}; sessionid={session}"}
