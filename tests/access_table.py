"""Who gets what answer from every address of the portal. tests/test_access.py walks this table and fails when a route is missing.

Add one line for each new route, in the section of its room:

    page("member", lambda w: [w.team.pk, w.membership.pk], post=ADMINISTER_TEAM),
    api("api-team-list", get=READ),

- The name is the one of the URL pattern (`reverse(name)`); `page` is for people with a session, `api` for /api/v1/.
- The lambda gives the arguments of the URL. It gets the world `w` below and may make rows with any factory, for `w.team`. Where
  the first argument is the team, the test also mixes it with the rest of another team's arguments, which must be a 404.
- Name each method that the route knows, with who may use it; every other method must answer 405.
- The data of a POST is empty: permission must be decided before the form is looked at. "May" therefore means any of
  2xx, 302 (not to sign-in), 400, 409 and 422; for GET it means 2xx or a redirect.
- `alike=False`: the row behind the arguments is found by something that no integer replaces (a secret in the URL).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from assessments import services as assessing
from assessments.models import Assessment, Comment, Exemption
from backups import shelf
from connections.models import Draft
from core import clock, pulse
from core.crypto import digest
from delivery.models import Service
from notices import unsubscribing
from notices.models import Channel, Notice
from okrs.models import CheckIn, Cycle, KeyResult, Objective, Remark
from roadmaps.models import Roadmap
from teams.models import ApiToken, Invitation, Membership, Person, Team, TeamGroup, TokenScope
from teams.services.invitations import invite
from tests.connections.factories import DraftFactory, ServiceFactory
from tests.factories import MembershipFactory
from tests.okrs import factories as okrs
from tests.roadmaps.factories import started

# -- The cast -------------------------------------------------------------------------------------------------------

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
    def draft(self) -> Draft:
        """A repository that is being connected."""
        return DraftFactory(team=self.team, created_by=self.people["administrator"])

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
        """A cycle of the team's own."""
        return okrs.quarter(self.people["administrator"], self.team)

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

    @cached_property
    def channel(self) -> Channel:
        """A webhook of the team's, to a host that there is not."""
        address, secret = "https://hooks.invalid/team", "whsec_c2VjcmV0"
        return Channel.objects.create(
            team=self.team, kind="webhook", name="#ml", host="x", address=address, secret=secret
        )

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


# -- What an answer can be ------------------------------------------------------------------------------------------

MAY, SIGN_IN, FORBIDDEN, MISSING = "may", "sign in", "403", "404"


@dataclass(frozen=True)
class Rule:
    """The answer for each of the cast. Pages take no tokens: there a token is nobody."""

    name: str
    people: dict[str, str]
    tokens: dict[str, str]
    nobody: str = SIGN_IN

    def answer(self, who: str, kind: str) -> str:
        if who in PEOPLE:
            return self.people[who]
        if who in TOKENS and kind == "api":
            return self.tokens[who]
        return self.nobody


def _people(*allowed: str, others: str = FORBIDDEN) -> dict[str, str]:
    return {who: MAY if who in allowed else others for who in PEOPLE}


def _tokens(read: str, write: str, foreign: str, key_result: str = FORBIDDEN) -> dict[str, str]:
    return {"read_token": read, "write_token": write, "foreign_token": foreign, "key_result_token": key_result}


# Nobody needs to be signed in.
OPEN = Rule("open", _people(*PEOPLE), _tokens(MAY, MAY, MAY), nobody=MAY)
# Everyone signed in, about the whole organisation or about oneself; a token sees its own team's part.
READ = Rule("read", _people(*PEOPLE), _tokens(MAY, MAY, MAY))
# Everyone signed in, on one's own account. Tokens have none.
OWN = Rule("own", _people(*PEOPLE), _tokens(FORBIDDEN, FORBIDDEN, FORBIDDEN))
# One team's pages: everyone signed in reads every team, a token only its own.
READ_TEAM = Rule("read the team", _people(*PEOPLE), _tokens(MAY, MAY, MISSING))
EDIT_TEAM = Rule("edit the team", _people("editor", "team_admin", "administrator"), _tokens(FORBIDDEN, MAY, MISSING))
# The routes that a token for one key result may use; what is the organisation's it does not find.
READ_KEY_RESULT = Rule("read a key result", READ_TEAM.people, _tokens(MAY, MAY, MISSING, MAY))
CHECK_IN = Rule("check in on a key result", EDIT_TEAM.people, _tokens(FORBIDDEN, MAY, MISSING, MAY))
REVIEW_TEAM = Rule("review the team", _people("manager", "administrator"), _tokens(FORBIDDEN, FORBIDDEN, MISSING))
ADMINISTER_TEAM = Rule(
    "administer the team", _people("team_admin", "administrator"), _tokens(FORBIDDEN, FORBIDDEN, MISSING)
)
ADMINISTER_ORGANISATION = Rule(
    "administer the organisation", _people("administrator"), _tokens(FORBIDDEN, FORBIDDEN, FORBIDDEN)
)
EDIT_ORGANISATION_OKRS = Rule(
    "edit the organisation's OKRs", _people("manager", "administrator"), _tokens(FORBIDDEN, FORBIDDEN, FORBIDDEN)
)
READ_ORGANISATION_OKR = Rule("read one of the organisation's OKRs", READ.people, _tokens(MAY, MAY, MAY, MISSING))
EDIT_ORGANISATION_OKR = Rule(
    "edit one of the organisation's OKRs",
    EDIT_ORGANISATION_OKRS.people,
    _tokens(FORBIDDEN, FORBIDDEN, FORBIDDEN, MISSING),
)
# One's own notices: a token marks those that are about its team.
MARK_OWN = Rule("mark one's own notices", _people(*PEOPLE), _tokens(FORBIDDEN, MAY, MAY))
# A notice of the administrator's: everybody else is told that it is not there.
ADMINISTRATORS_OWN = Rule(
    "the administrator's own", _people("administrator", others=MISSING), _tokens(FORBIDDEN, MISSING, MISSING)
)
# Somebody else's, which is told to nobody.
NOT_ONES_OWN = Rule("somebody else's", _people(others=MISSING), _tokens(MISSING, MISSING, MISSING))
# Not there for anybody (any more).
GONE = Rule("gone", _people(others=MISSING), _tokens(MISSING, MISSING, MISSING), nobody=MISSING)


# -- The table ------------------------------------------------------------------------------------------------------

METHODS = ("get", "post", "put", "patch", "delete")
Arguments = Callable[[World], Sequence[Any]]


@dataclass(frozen=True)
class Route:
    name: str
    kind: str  # "page" or "api"
    args: Arguments
    methods: dict[str, Rule]
    alike: bool = True


def page(name: str, args: Arguments = lambda _: [], *, alike: bool = True, **methods: Rule) -> Route:
    assert methods.keys() <= set(METHODS), f"{name}: these are no methods"
    return Route(name, "page", args, methods, alike)


def api(name: str, args: Arguments = lambda _: [], *, alike: bool = True, **methods: Rule) -> Route:
    assert methods.keys() <= set(METHODS), f"{name}: these are no methods"
    return Route(name, "api", args, methods, alike)


def _team(w: World) -> list[Any]:
    return [w.team.pk]


def _roadmap_item(w: World) -> list[Any]:
    return [w.roadmap.team_id, w.roadmap.items.order_by("pk")[0].pk]


def _roadmap_note(w: World) -> list[Any]:
    item = w.roadmap.items.order_by("pk")[0]
    note, _made = item.notes.get_or_create(text="written by the administrator", person=w.people["administrator"])
    return [w.roadmap.team_id, note.pk]


def _round(w: World) -> list[Any]:
    return [w.team.pk, w.round.pk]


def _criterion(w: World) -> list[Any]:
    return [w.team.pk, "data.versioning"]


def _exemption(w: World) -> list[Any]:
    return [w.team.pk, w.exemption.pk]


def _source(w: World) -> list[Any]:
    return [w.team.pk, w.service.source_id]


def _service(w: World) -> list[Any]:
    return [w.team.pk, w.service.pk]


def _draft(w: World) -> list[Any]:
    return [w.team.pk, w.draft.pk]


def _objective(w: World) -> list[Any]:
    return [w.key_result_of(w.team).objective_id]


def _key_result(w: World) -> list[Any]:
    return [w.key_result_of(w.team).pk]


def _team_cycle(w: World) -> list[Any]:
    return [w.team.pk, w.own_cycle.pk]


def _organisation_cycle(w: World) -> list[Any]:
    return [w.key_result_of(None).cycle.pk]


def _team_objective(w: World) -> list[Any]:
    return [w.team.pk, *_objective(w)]


def _team_key_result(w: World) -> list[Any]:
    return [w.team.pk, *_key_result(w)]


def _organisation_objective(w: World) -> list[Any]:
    return [Objective.objects.get(key_results=w.key_result_of(None)).pk]


def _organisation_key_result(w: World) -> list[Any]:
    return [w.key_result_of(None).pk]


def signs_of_life(_: World) -> list[Any]:
    """/readyz answers 200 only where beat and a worker live."""
    for name in (pulse.BEAT, pulse.WORKER, pulse.QUEUE):
        pulse.note(name, clock.now())
    return []


def _notice(w: World) -> list[Any]:
    return [w.notice_of(w.people["administrator"]).pk]


def _unsubscribing(w: World) -> str:
    return unsubscribing.link_for(w.membership.person_id, "").strip("/").rpartition("/")[2]


def _channel(w: World) -> list[Any]:
    return [w.team.pk, w.channel.pk]


def _archive(w: World) -> list[Any]:
    """A file among the archives; nobody looks into it."""
    path = shelf.new("archive")
    path.write_bytes(b"an archive")
    return [path.name]


ROUTES: list[Route] = [
    # -- core
    page("livez", get=OPEN),
    page("readyz", signs_of_life, get=OPEN),
    page("definitions", get=READ),
    # -- insights
    page("home", get=READ),
    page("portfolio", get=READ),
    page("trends", get=READ),
    page("team", _team, get=READ_TEAM),
    # -- teams
    page("setup", get=GONE, post=GONE),
    page("language", post=OPEN),
    page("invitation", lambda w: [w.invitation[1]], alike=False, get=OPEN, post=OPEN),
    page("account_login", get=OPEN, post=OPEN),
    page("account_logout", get=OPEN, post=OPEN),
    page("account_inactive", get=OPEN),
    page("mfa_authenticate", get=OPEN, post=OPEN),
    page("passkey-sign-in", get=OPEN, post=OPEN),
    page("account_reauthenticate", get=OWN, post=OWN),
    page("account_reset_password", get=OPEN, post=OPEN),
    page("account_reset_password_done", get=OPEN),
    page("account_reset_password_from_key", lambda _: ["1", "no-key"], get=OPEN, post=OPEN),
    page("account_reset_password_from_key_done", get=OPEN),
    page("teams", get=READ),
    page("team-new", get=ADMINISTER_ORGANISATION, post=ADMINISTER_ORGANISATION),
    page("team-groups", get=ADMINISTER_ORGANISATION, post=ADMINISTER_ORGANISATION),
    page("team-group", lambda w: [w.group.pk], post=ADMINISTER_ORGANISATION),
    page("team-group-delete", lambda w: [w.group.pk], post=ADMINISTER_ORGANISATION),
    page("team-settings", _team, get=ADMINISTER_TEAM, post=ADMINISTER_TEAM),
    page("team-archive", _team, post=ADMINISTER_ORGANISATION),
    page("team-restore", _team, post=ADMINISTER_ORGANISATION),
    page("members", _team, get=READ_TEAM, post=ADMINISTER_TEAM),
    page("team-join", _team, post=ADMINISTER_ORGANISATION),
    page("member", lambda w: [w.team.pk, w.membership.pk], post=ADMINISTER_TEAM),
    page("member-remove", lambda w: [w.team.pk, w.membership.pk], post=ADMINISTER_TEAM),
    page("invitation-renew", lambda w: [w.team.pk, w.invitation[0].pk], post=ADMINISTER_TEAM),
    page("invitation-revoke", lambda w: [w.team.pk, w.invitation[0].pk], post=ADMINISTER_TEAM),
    page("team-tokens", _team, get=ADMINISTER_TEAM, post=ADMINISTER_TEAM),
    page("team-token-revoke", lambda w: [w.team.pk, w.team.tokens.first().pk], post=ADMINISTER_TEAM),
    page("people", get=READ),
    page("person", lambda w: [w.membership.person_id], get=READ, post=ADMINISTER_ORGANISATION),
    page("person-deactivate", lambda w: [w.membership.person_id], post=ADMINISTER_ORGANISATION),
    page("person-reactivate", lambda w: [w.membership.person_id], post=ADMINISTER_ORGANISATION),
    page("person-address", lambda w: [w.membership.person_id], post=ADMINISTER_ORGANISATION),
    page("person-reset", lambda w: [w.membership.person_id], post=ADMINISTER_ORGANISATION),
    page(
        "person-remove",
        lambda w: [w.membership.person_id],
        get=ADMINISTER_ORGANISATION,
        post=ADMINISTER_ORGANISATION,
    ),
    page("person-export", lambda w: [w.membership.person_id], post=ADMINISTER_ORGANISATION),
    page("account", get=OWN, post=OWN),
    page("account-data", get=OWN, post=OWN),
    page("account-password", get=OWN, post=OWN),
    page("security", get=OWN),
    page("security-app", get=OWN, post=OWN),
    page("security-passkey", get=OWN, post=OWN),
    page("security-codes", get=OWN, post=OWN),
    page("security-remove", lambda _: [1], post=NOT_ONES_OWN),
    page("session-end", lambda _: [1], post=NOT_ONES_OWN),
    page("sessions-end-others", post=OWN),
    page("account-address", get=OWN, post=OWN),
    page("account-move", lambda _: ["no-such-link"], alike=False, get=NOT_ONES_OWN, post=NOT_ONES_OWN),
    page("organisation", get=ADMINISTER_ORGANISATION, post=ADMINISTER_ORGANISATION),
    page("organisation-tokens", get=ADMINISTER_ORGANISATION),
    page("organisation-token-revoke", lambda w: [w.team.tokens.first().pk], post=ADMINISTER_ORGANISATION),
    page("audit-log", get=ADMINISTER_ORGANISATION),
    # -- notices
    page("inbox", get=OWN),
    page("inbox-read", post=OWN),
    page("notice", _notice, get=ADMINISTRATORS_OWN),
    page("notice-mark", _notice, post=ADMINISTRATORS_OWN),
    page("account-notices", get=OWN, post=OWN),
    page("account-notices-test", post=OWN),
    page("unsubscribe", lambda w: [_unsubscribing(w)], alike=False, get=OPEN, post=OPEN),
    page("organisation-notices", get=ADMINISTER_ORGANISATION),
    page("channels", _team, get=READ_TEAM),
    page("channel-new", _team, get=ADMINISTER_TEAM, post=ADMINISTER_TEAM),
    page("channel", _channel, get=ADMINISTER_TEAM, post=ADMINISTER_TEAM),
    page("channel-address", _channel, post=ADMINISTER_TEAM),
    page("channel-secret", _channel, post=ADMINISTER_TEAM),
    page("channel-resume", _channel, post=ADMINISTER_TEAM),
    page("channel-test", _channel, post=ADMINISTER_TEAM),
    page("channel-remove", _channel, post=ADMINISTER_TEAM),
    # -- backups
    page("backup", get=ADMINISTER_ORGANISATION),
    page("backup-make", post=ADMINISTER_ORGANISATION),
    page("backup-withdraw", post=ADMINISTER_ORGANISATION),
    page("backup-upload", post=ADMINISTER_ORGANISATION),
    page("backup-download", _archive, alike=False, get=ADMINISTER_ORGANISATION),
    page("backup-restore", _archive, alike=False, post=ADMINISTER_ORGANISATION),
    page("backup-delete", _archive, alike=False, post=ADMINISTER_ORGANISATION),
    # -- sample
    page("sample", get=ADMINISTER_ORGANISATION),
    page("sample-load", post=ADMINISTER_ORGANISATION),
    page("sample-remove", post=ADMINISTER_ORGANISATION),
    # -- roadmaps
    page("roadmap", _team, get=READ_TEAM),
    page("roadmap-start", _team, post=EDIT_TEAM),
    page("roadmap-start-date", lambda w: [w.roadmap.team_id], get=EDIT_TEAM, post=EDIT_TEAM),
    page("roadmap-items-csv", lambda w: [w.roadmap.team_id], get=READ_TEAM),
    page("roadmap-burn-up-csv", lambda w: [w.roadmap.team_id], get=READ_TEAM),
    page("roadmap-add-item", lambda w: [w.roadmap.team_id, 2], get=EDIT_TEAM, post=EDIT_TEAM),
    page("roadmap-item", _roadmap_item, get=READ_TEAM),
    page("roadmap-edit-item", _roadmap_item, post=EDIT_TEAM),
    page("roadmap-tick", _roadmap_item, post=EDIT_TEAM),
    page("roadmap-undo", _roadmap_item, post=EDIT_TEAM),
    page("roadmap-state", _roadmap_item, post=EDIT_TEAM),
    page("roadmap-drop", _roadmap_item, post=EDIT_TEAM),
    page("roadmap-add-note", _roadmap_item, post=EDIT_TEAM),
    page("roadmap-blank-note", _roadmap_note, post=ADMINISTER_TEAM),  # an editor may blank words of their own
    # -- assessments
    page("assessment", _team, get=READ_TEAM),
    page("assessment-levels-csv", _team, get=READ_TEAM),
    page("assessment-start", _team, post=EDIT_TEAM),
    page("assessment-round", _round, get=READ_TEAM),
    page("assessment-live", _round, get=READ_TEAM),
    page("assessment-answer", lambda w: [*_round(w), "data.versioning"], post=EDIT_TEAM),
    page("assessment-submit", _round, post=EDIT_TEAM),
    page("assessment-review", _round, post=REVIEW_TEAM),
    page("assessment-reopen", _round, post=REVIEW_TEAM),
    page("assessment-target", lambda w: [w.team.pk, "data"], get=EDIT_TEAM, post=EDIT_TEAM),
    page("assessment-criterion", _criterion, get=READ_TEAM),
    page("assessment-not-applicable", _criterion, post=EDIT_TEAM),
    page("assessment-inherit", _criterion, post=EDIT_TEAM),
    page("assessment-exemption", _criterion, post=EDIT_TEAM),
    page("assessment-to-roadmap", _criterion, post=EDIT_TEAM),
    page("assessment-exemption-approve", _exemption, post=REVIEW_TEAM),
    page("assessment-exemption-refuse", _exemption, post=REVIEW_TEAM),
    page("assessment-blank-comment", lambda w: [w.team.pk, w.answer_comment.pk], post=ADMINISTER_TEAM),
    # -- okrs
    page("okrs", _team, get=READ_TEAM),
    page("okr-cycle-add", _team, get=EDIT_TEAM, post=EDIT_TEAM),
    page("okr-objective-add", _team_cycle, get=EDIT_TEAM, post=EDIT_TEAM),
    page("okr-example", _team_cycle, get=EDIT_TEAM, post=EDIT_TEAM),
    page("okr-carry-over", _team_cycle, get=EDIT_TEAM, post=EDIT_TEAM),
    page("check-ins", get=OWN),
    page("organisation-okrs", get=READ),
    page("organisation-cycle-add", get=EDIT_ORGANISATION_OKRS, post=EDIT_ORGANISATION_OKRS),
    page("organisation-objective-add", _organisation_cycle, get=EDIT_ORGANISATION_OKRS, post=EDIT_ORGANISATION_OKRS),
    page("organisation-example", _organisation_cycle, get=EDIT_ORGANISATION_OKRS, post=EDIT_ORGANISATION_OKRS),
    page("organisation-carry-over", _organisation_cycle, get=EDIT_ORGANISATION_OKRS, post=EDIT_ORGANISATION_OKRS),
    page("okr-cycle", _organisation_cycle, get=EDIT_ORGANISATION_OKRS, post=EDIT_ORGANISATION_OKRS),
    page("okr-cycle-close", _organisation_cycle, get=EDIT_ORGANISATION_OKRS, post=EDIT_ORGANISATION_OKRS),
    page("okr-cycle-reopen", lambda w: [w.own_cycle.pk], post=EDIT_TEAM),
    page("okr-objective", _objective, get=EDIT_TEAM, post=EDIT_TEAM),
    page("okr-objective-archive", _objective, post=EDIT_TEAM),
    page("okr-objective-move", _objective, post=EDIT_TEAM),
    page("key-result-add", _objective, get=EDIT_TEAM, post=EDIT_TEAM),
    page("key-result", _key_result, get=READ),
    page("key-result-csv", _key_result, get=READ),
    page("key-result-check-in", _key_result, post=EDIT_TEAM),
    page("key-result-blank-remark", lambda w: [*_key_result(w), w.remark.pk], post=ADMINISTER_TEAM),  # or one's own
    page("key-result-edit", _key_result, get=EDIT_TEAM, post=EDIT_TEAM),
    page("key-result-entries", _key_result, post=EDIT_TEAM),
    page("key-result-archive", _key_result, post=EDIT_TEAM),
    page("key-result-move", _key_result, post=EDIT_TEAM),
    page("key-result-owner", _key_result, post=EDIT_TEAM),
    page("key-result-grade", _key_result, post=EDIT_TEAM),
    # -- connections
    page("connections", _team, get=READ_TEAM),
    page("connection", _source, get=READ_TEAM),
    page("connection-sync", _source, post=ADMINISTER_TEAM),
    page("connection-pause", _source, post=ADMINISTER_TEAM),
    page("connection-resume", _source, post=ADMINISTER_TEAM),
    page("connection-access", _source, get=ADMINISTER_TEAM, post=ADMINISTER_TEAM),
    page("connection-disconnect", _source, get=ADMINISTER_TEAM, post=ADMINISTER_TEAM),
    # -- delivery
    page("delivery", _team, get=READ_TEAM),
    page("delivery-frequency-csv", _team, get=READ_TEAM),
    page("delivery-mttr-csv", _team, get=READ_TEAM),
    page("deployments", _team, get=READ_TEAM),
    page("incidents", _team, get=READ_TEAM),
    page("connect", _team, get=ADMINISTER_TEAM, post=ADMINISTER_TEAM),
    page("connect-rules", _draft, get=ADMINISTER_TEAM, post=ADMINISTER_TEAM),
    page("delivery-rules", _service, get=ADMINISTER_TEAM, post=ADMINISTER_TEAM),
    # -- the API
    page("api-docs", get=READ),
    api("api-schema", get=READ),
    api("api-me", get=READ),
    api("api-inbox", get=READ),
    api("api-inbox-read", post=MARK_OWN),
    api("api-notice", _notice, patch=ADMINISTRATORS_OWN),
    api("api-team-list", get=READ),
    api("api-team-detail", _team, get=READ_TEAM),
    api("api-team-members", _team, get=READ_TEAM),
    api("api-models", get=READ),
    api("api-model", lambda _: ["mlops-guide"], get=READ),
    api("api-maturity", _team, get=READ_TEAM),
    api("api-assessments", _team, get=READ_TEAM, post=EDIT_TEAM),
    api("api-assessment", _round, get=READ_TEAM),
    api("api-assessment-submit", _round, post=EDIT_TEAM),
    api("api-assessment-review", _round, post=REVIEW_TEAM),
    api("api-assessment-reopen", _round, post=REVIEW_TEAM),
    api("api-assessment-answers", _round, get=READ_TEAM, post=EDIT_TEAM),
    api("api-answers", _team, get=READ_TEAM),
    api("api-targets", _team, get=READ_TEAM, post=EDIT_TEAM),
    api("api-snapshots", _team, get=READ_TEAM),
    api("api-exemptions", _team, get=READ_TEAM, post=EDIT_TEAM),
    api("api-roadmap", lambda w: [w.roadmap.team_id], get=READ_TEAM, post=EDIT_TEAM, patch=EDIT_TEAM),
    api("api-roadmap-items", lambda w: [w.roadmap.team_id], get=READ_TEAM, post=EDIT_TEAM),
    api("api-roadmap-item", _roadmap_item, get=READ_TEAM, patch=EDIT_TEAM),
    api("api-roadmap-tick", _roadmap_item, post=EDIT_TEAM),
    api("api-roadmap-undo", _roadmap_item, post=EDIT_TEAM),
    api("api-roadmap-ticks", lambda w: [w.roadmap.team_id], get=READ_TEAM),
    api("api-okr-cycles", _team, get=READ_TEAM, post=EDIT_TEAM),
    api("api-okr-objectives", _team, get=READ_TEAM, post=EDIT_TEAM),
    api("api-okr-objective", _team_objective, get=READ_KEY_RESULT, patch=EDIT_TEAM),
    api("api-okr-key-results", _team, post=EDIT_TEAM),
    api("api-okr-key-result", _team_key_result, get=READ_KEY_RESULT, patch=EDIT_TEAM),
    api("api-okr-check-ins", _team_key_result, get=READ_KEY_RESULT, post=CHECK_IN),
    api("api-organisation-okr-cycles", get=READ, post=EDIT_ORGANISATION_OKRS),
    api("api-organisation-okr-objectives", get=READ, post=EDIT_ORGANISATION_OKRS),
    api(
        "api-organisation-okr-objective",
        _organisation_objective,
        get=READ_ORGANISATION_OKR,
        patch=EDIT_ORGANISATION_OKR,
    ),
    api("api-organisation-okr-key-results", post=EDIT_ORGANISATION_OKRS),
    api(
        "api-organisation-okr-key-result",
        _organisation_key_result,
        get=READ_ORGANISATION_OKR,
        patch=EDIT_ORGANISATION_OKR,
    ),
    api(
        "api-organisation-okr-check-ins",
        _organisation_key_result,
        get=READ_ORGANISATION_OKR,
        post=EDIT_ORGANISATION_OKR,
    ),
    api("api-deployments", _team, get=READ_TEAM),
    api("api-incidents", _team, get=READ_TEAM),
    api("api-figures", _team, get=READ_TEAM),
    api("api-figure", lambda w: [w.team.pk, "mttr"], get=READ_TEAM),
    api("api-portfolio", get=READ),
    api("api-trends", get=READ),
]
