"""The cast and the world that tests/test_access.py, tests/test_tampering.py and tests/machines/ walk every route with.

A new room's rows go in here as a property: made for `self.team` when they are first asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from assessments import services as assessing
from assessments.models import Assessment, Comment, Exemption
from calendars import services as calendars
from comments import services as commenting
from comments.models import Comment as Said
from connections.models import Connection, Draft, Grant, SetAsideObject
from core import clock, topics
from core.crypto import digest
from delivery import correcting
from delivery.models import Correction, Deployment, Incident, Service
from notices.models import Channel, Notice
from okrs.models import CheckIn, Cycle, KeyResult, Remark
from roadmaps.models import Roadmap
from teams.models import ApiToken, Invitation, Membership, Person, Team, TeamGroup, TokenScope
from teams.services.invitations import invite
from tests.connections.factories import ConnectionFactory, DraftFactory, GrantFactory, ServiceFactory
from tests.delivery.factories import DeploymentFactory, IncidentFactory
from tests.factories import MembershipFactory, PersonFactory
from tests.okrs import factories as okrs
from tests.roadmaps.factories import started

NOBODY = "nobody"
PEOPLE = ("reader", "editor", "team_admin", "outsider", "manager", "administrator")
# foreign: another team's, writing; key_result: only checks in on World.key_result_of(team)
TOKENS = ("read_token", "write_token", "foreign_token", "key_result_token")


@dataclass
class World:
    """One team and everyone who may knock: `outsider` administers another team; tokens are made by team admins."""

    team: Team
    other_team: Team
    people: dict[str, Person]
    tokens: dict[str, str]

    @cached_property
    def membership(self) -> Membership:
        """A member of the team who is none of the cast."""
        return MembershipFactory(team=self.team)

    @cached_property
    def group(self) -> TeamGroup:
        return TeamGroup.objects.create(name=f"Group {self.team.pk}")

    @cached_property
    def invitation(self) -> tuple[Invitation, str]:
        """An open invitation to the team, and the secret of its link."""
        return invite(team=self.team, role="editor", job_role="", email="", by=self.people["administrator"])

    @cached_property
    def service(self) -> Service:
        """A connected repository."""
        return ServiceFactory(source__connection__team=self.team)

    @cached_property
    def deployment(self) -> Deployment:
        """One that counts."""
        return DeploymentFactory(service=self.service, finished_at=clock.now() - timedelta(days=2))

    @cached_property
    def incident(self) -> Incident:
        """Begun after it."""
        began = clock.now() - timedelta(days=1)
        return IncidentFactory(service=self.deployment.service, began_at=began)

    @property
    def correction(self) -> Correction:
        """What the administrator said of the deployment, and nobody took back yet."""
        found = Correction.objects.of(self.team).in_force().first()
        return found or correcting.correct(
            team=self.team, kind="failed", reason="x", deployment=self.deployment, by=self.people["administrator"]
        )

    @cached_property
    def draft(self) -> Draft:
        """A repository that is being connected."""
        return DraftFactory(team=self.team, created_by=self.people["administrator"])

    @property
    def common(self) -> Connection:
        """A connection of the organisation's, that asks no host."""
        name = f"GitHub {self.team.pk}"
        found = Connection.objects.filter(team=None, name=name).first()
        return found or ConnectionFactory(team=None, credential=None, name=name)

    @property
    def grant(self) -> Grant:
        """A repository that the team may take of it."""
        return self.common.grants.first() or GrantFactory(connection=self.common, team=self.team)

    @property
    def roadmap(self) -> Roadmap:
        """The team's roadmap, started when it is first asked for."""
        found = Roadmap.objects.filter(team=self.team).first()
        return found or started(self.team, self.people["administrator"])

    @property
    def round(self) -> Assessment:
        """The team's round of answers, started when it is first asked for."""
        found = Assessment.objects.of_team(self.team.pk).first()
        return found or assessing.start_round(team=self.team, by=self.people["administrator"])

    @property
    def exemption(self) -> Exemption:
        """A request of the editor that waits for a decision."""
        found = Exemption.objects.of_team(self.team.pk).first()
        return found or assessing.ask_exemption(
            team=self.team, criterion="data.versioning", reason="x", until=date(2100, 1, 1), by=self.people["editor"]
        )

    @property
    def answer_comment(self) -> Comment:
        """What the administrator wrote beside an answer."""
        answer = assessing.answer(
            assessment=self.round, criterion="data.versioning", state=1, by=self.people["administrator"], comment="x"
        )
        assert answer.comment is not None
        return answer.comment

    def key_result_of(self, team: Team | None) -> KeyResult:
        """A key result of the team, or of the organisation, made when it is first asked for."""
        found = KeyResult.objects.filter(objective__team=team).order_by("pk").first()
        if found is not None:
            return found
        by = self.people["administrator"]
        cycle = Cycle.objects.filter(team=None).first() or okrs.quarter(by)
        made = okrs.key_result_of(okrs.objective_in(cycle, by, team), by, owner=None)
        ApiToken.objects.filter(team=team, scope=TokenScope.KEY_RESULT).update(key_result_id=made.pk)
        return made

    @cached_property
    def own_cycle(self) -> Cycle:
        """A cycle of the team's own, of other days than the organisation's."""
        return okrs.quarter(self.people["administrator"], self.team, date(2026, 10, 2), date(2026, 12, 31))

    @property
    def remark(self) -> Remark:
        """What the administrator wrote beside a check-in of the team's key result."""
        key_result = self.key_result_of(self.team)
        found = Remark.objects.filter(check_in__key_result=key_result).first()
        if found is not None:
            return found
        by = self.people["administrator"]
        made: CheckIn = okrs.checked_in(key_result, by, okrs.noon(10, 5), 1, comment="written by the administrator")
        return made.remark

    def comment_on(self, kind: str, team: Team | None, key: str) -> Said:
        """What the administrator said there."""
        topic = topics.find(kind, team, key)
        assert topic is not None
        found: Said | None = Said.objects.about(topic).first()
        return found or commenting.write(topic=topic, text="by the administrator", by=self.people["administrator"])

    @cached_property
    def calendar(self) -> str:
        """The secret of a reader's calendars, who is none of the cast."""
        return calendars.renew(person=PersonFactory()).secret

    @property
    def set_aside(self) -> SetAsideObject:
        """An object of the team's repository that nobody could understand, nor can ask for."""
        told = {"reason": "missing_value", "first_seen_at": clock.now(), "last_seen_at": clock.now()}
        found = SetAsideObject.objects.filter(source=self.service.source).first()
        return found or SetAsideObject.objects.create(source=self.service.source, key="issue:?", **told)

    @property
    def channel(self) -> Channel:
        """A webhook of the team's, to a host that there is not."""
        told = {"name": "#ml", "host": "x", "address": "https://hooks.invalid/team", "secret": "whsec_c2VjcmV0"}
        return Channel.objects.get_or_create(team=self.team, kind="webhook", defaults=told)[0]

    def notice_of(self, person: Person) -> Notice:
        """A notice about the team, told to this person."""
        facts = {"team": self.team, "url": "/"}
        return Notice.objects.get_or_create(person=person, kind="k", key=str(self.team.pk), defaults=facts)[0]

    def elsewhere(self) -> World:
        """The same world seen from the other team."""
        return World(self.other_team, self.team, self.people, self.tokens)


def make_token(team: Team, maker: Person, scope: str, secret: str) -> str:
    ApiToken.objects.create(
        team=team,
        maker=maker,
        name=secret,
        scope=scope,
        key_result_id=0 if scope == TokenScope.KEY_RESULT else None,
        digest=digest(secret),
        hint=secret[:4],
    )
    return secret


def token_cast(team: Team, team_admin: Person, other_team: Team, outsider: Person) -> dict[str, str]:
    return {
        "read_token": make_token(team, team_admin, TokenScope.READ, "secret-of-the-reading-token"),
        "write_token": make_token(team, team_admin, TokenScope.WRITE, "secret-of-the-writing-token"),
        "foreign_token": make_token(other_team, outsider, TokenScope.WRITE, "secret-of-the-foreign-token"),
        "key_result_token": make_token(team, team_admin, TokenScope.KEY_RESULT, "secret-of-the-key-result-token"),
    }
