"""Who gets what answer from every address of the portal. tests/test_access.py walks this table and fails when a route is missing.

Add one line for each new route, in the section of its room:

    page("member", lambda w: [w.team.pk, w.membership.pk], post=ADMINISTER_TEAM),
    api("api-team-list", get=READ),

- The name is the one of the URL pattern (`reverse(name)`); `page` is for people with a session, `api` for /api/v1/.
- The lambda gives the arguments of the URL. It gets the world `w` (tests/access_world.py) and may make rows with any factory,
  for `w.team`. Where the first argument is the team, the test also mixes it with the rest of another team's arguments, which
  must be a 404.
- Name each method that the route knows, with who may use it (tests/access_rules.py); every other method must answer 405.
- The data of a POST is empty: permission must be decided before the form is looked at. "May" therefore means any of
  2xx, 302 (not to sign-in), 400, 409, 422 and 428; for GET it means 2xx or a redirect.
- `alike=False`: the row behind the arguments is found by something that no integer replaces (a secret in the URL).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from backups import shelf
from core import clock, pulse, undo
from core.models import UndoOffer
from delivery.models import Deployment, Incident
from notices import unsubscribing
from okrs.models import Objective
from roadmaps import services as ticking
from tests.access_rules import (
    ADMINISTER_ORGANISATION,
    ADMINISTER_TEAM,
    ADMINISTRATORS_OWN,
    CHECK_IN,
    EDIT_ORGANISATION_OKR,
    EDIT_ORGANISATION_OKRS,
    EDIT_TEAM,
    GONE,
    MARK_OWN,
    NOT_ONES_OWN,
    OPEN,
    OWN,
    READ,
    READ_KEY_RESULT,
    READ_ORGANISATION_OKR,
    READ_TEAM,
    REVIEW_TEAM,
    SIGNED,
    Rule,
)
from tests.access_world import World
from tests.delivery.factories import DeploymentFactory, IncidentFactory, ServiceFactory
from tests.imports.files import brought

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
    note = item.notes.first()
    if note is None:
        by, said = w.people["administrator"], {"wanted": "done", "note": "written by the administrator"}
        ticking.tick(item=item, by=by, seen_version=item.version, **said)
        note = item.notes.get()
    return [w.roadmap.team_id, note.pk]


def _comment(w: World) -> list[Any]:
    return [w.comment_on("criterion", w.team, "data.versioning").pk]


def _organisation_topic(w: World) -> list[Any]:
    return ["key_result", str(w.key_result_of(None).pk)]


def _organisation_comment(w: World) -> list[Any]:
    kind, key = _organisation_topic(w)
    return [w.comment_on(kind, None, key).pk]


def _offer(w: World) -> UndoOffer:
    """Of somebody who is none of the cast."""
    until = clock.now() + undo.LASTS
    return UndoOffer.objects.create(kind="team.archive", person=w.membership.person, data={"team": 0}, until=until)


def _round(w: World) -> list[Any]:
    return [w.team.pk, w.round.pk]


def _criterion(w: World) -> list[Any]:
    return [w.team.pk, "data.versioning"]


def _exemption(w: World) -> list[Any]:
    return [w.team.pk, w.exemption.pk]


def _source(w: World) -> list[Any]:
    return [w.team.pk, w.service.source_id]


def _deployment_by_hand(w: World) -> list[Any]:
    kind = {"source__connection__team": w.team, "source__connection__kind": "imported"}
    found = Deployment.objects.filter(service__team=w.team, key="hand:1").first()
    ended = datetime(2026, 1, 2, 9, 42, tzinfo=UTC)
    return [w.team.pk, (found or DeploymentFactory(service=ServiceFactory(**kind), key="hand:1", finished_at=ended)).pk]


def _incident_by_hand(w: World) -> list[Any]:
    found = Incident.objects.filter(team=w.team, key="hand:1").first()
    began = datetime(2026, 1, 2, 9, 42, tzinfo=UTC)
    return [w.team.pk, (found or IncidentFactory(team=w.team, service=None, key="hand:1", began_at=began)).pk]


def _deployment(w: World) -> list[Any]:
    return [w.team.pk, w.deployment.pk]


def _incident(w: World) -> list[Any]:
    return [w.team.pk, w.incident.pk]


def _correction(w: World) -> list[Any]:
    return [w.team.pk, w.correction.pk]


def _set_aside(w: World) -> list[Any]:
    return [w.team.pk, w.service.source_id, w.set_aside.pk]


def _github(w: World) -> list[Any]:
    """A repository of a host that has webhooks."""
    return [w.team.pk, ServiceFactory(source__connection__team=w.team, source__connection__kind="github").source_id]


def _service(w: World) -> list[Any]:
    return [w.team.pk, w.service.pk]


def _common(w: World) -> list[Any]:
    return [w.common.pk]


def _grant(w: World) -> list[Any]:
    return [w.common.pk, w.grant.pk]


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


def _upload(w: World) -> list[Any]:
    """A file that was brought and is not imported yet."""
    by = w.people["administrator"]
    return [w.roadmap.team_id, brought(w.team, by, "roadmap-items", b"Section,Item\n1,Brought\n").pk]


ROUTES: list[Route] = [
    # -- core
    page("livez", get=OPEN),
    page("readyz", signs_of_life, get=OPEN),
    page("definitions", get=READ),
    page("undo", lambda w: [_offer(w).pk], post=NOT_ONES_OWN),
    page("live", lambda w: [w.team.pk, "roadmaps+teams"], get=READ_TEAM),
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
    page("security-rename", lambda _: [1], post=NOT_ONES_OWN),
    page("security-remove", lambda _: [1], post=NOT_ONES_OWN),
    page("session-end", lambda _: [1], post=NOT_ONES_OWN),
    page("sessions-end-others", post=OWN),
    page("account-address", get=OWN, post=OWN),
    page("account-move", lambda _: ["no-such-link"], alike=False, get=NOT_ONES_OWN, post=NOT_ONES_OWN),
    page("organisation", get=ADMINISTER_ORGANISATION, post=ADMINISTER_ORGANISATION),
    page("organisation-tokens", get=ADMINISTER_ORGANISATION),
    page("organisation-token-revoke", lambda w: [w.team.tokens.first().pk], post=ADMINISTER_ORGANISATION),
    page("audit-log", get=ADMINISTER_ORGANISATION),
    # -- calendars: the secret says who reads, nobody is signed in
    page("calendar", get=OWN),
    page("calendar-renew", post=OWN),
    page("calendar-off", post=OWN),
    page("calendar-feed", lambda w: [w.calendar], alike=False, get=OPEN),
    page("calendar-team-feed", lambda w: [w.calendar, w.team.pk], alike=False, get=OPEN),
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
    page("roadmap-blank-note", _roadmap_note, post=ADMINISTER_TEAM),  # an editor may blank words of their own
    # -- assessments
    page("assessment", _team, get=READ_TEAM),
    page("assessment-levels-csv", _team, get=READ_TEAM),
    page("assessment-start", _team, post=EDIT_TEAM),
    page("assessment-round", _round, get=READ_TEAM),
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
    page("okr-check-ins-csv", _team, get=READ_TEAM),
    page("okr-cycle-add", _team, get=EDIT_TEAM, post=EDIT_TEAM),
    page("okr-objective-add", _team_cycle, get=EDIT_TEAM, post=EDIT_TEAM),
    page("okr-example", _team_cycle, get=EDIT_TEAM, post=EDIT_TEAM),
    page("okr-carry-over", _team_cycle, get=EDIT_TEAM, post=EDIT_TEAM),
    page("check-ins", get=OWN),
    page("organisation-okrs", get=READ),
    page("organisation-check-ins-csv", get=READ),
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
    # -- comments
    page("comments", lambda w: [w.team.pk, "criterion", "data.versioning"], get=READ_TEAM, post=EDIT_TEAM),
    page("comment-people", lambda w: [w.team.pk, "criterion", "data.versioning"], get=READ_TEAM),
    page("comment-blank", _comment, post=ADMINISTER_TEAM),  # or one's own
    page(
        "organisation-comments",
        _organisation_topic,
        get=READ,
        post=EDIT_ORGANISATION_OKRS,  # or the owner's
    ),
    page("organisation-comment-people", _organisation_topic, get=READ),
    # -- connections
    page("connections", _team, get=READ_TEAM),
    page("connection", _source, get=READ_TEAM),
    page("connection-sync", _source, post=ADMINISTER_TEAM),
    page("connection-retry", _set_aside, post=ADMINISTER_TEAM),
    page("connection-pause", _source, post=ADMINISTER_TEAM),
    page("connection-resume", _source, post=ADMINISTER_TEAM),
    page("connection-access", _source, get=ADMINISTER_TEAM, post=ADMINISTER_TEAM),
    page("connection-webhook", _github, get=ADMINISTER_TEAM, post=ADMINISTER_TEAM),
    # A webhook that there is not is refused like one that is signed by somebody else.
    page("hook", lambda w: [w.service.source.connection_id], alike=False, post=SIGNED),
    page("connection-disconnect", _source, get=ADMINISTER_TEAM, post=ADMINISTER_TEAM),
    page("organisation-connections", get=ADMINISTER_ORGANISATION),
    page("organisation-connection-new", get=ADMINISTER_ORGANISATION, post=ADMINISTER_ORGANISATION),
    page("organisation-connection", _common, get=ADMINISTER_ORGANISATION),
    page("organisation-connection-access", _common, get=ADMINISTER_ORGANISATION, post=ADMINISTER_ORGANISATION),
    page("organisation-connection-give", _common, get=ADMINISTER_ORGANISATION, post=ADMINISTER_ORGANISATION),
    page("organisation-grant-end", _grant, post=ADMINISTER_ORGANISATION),
    page("organisation-connection-end", _common, get=ADMINISTER_ORGANISATION, post=ADMINISTER_ORGANISATION),
    api("api-connections", get=ADMINISTER_ORGANISATION),
    api("api-grants", _common, get=ADMINISTER_ORGANISATION, post=ADMINISTER_ORGANISATION),
    api("api-grant", _grant, delete=ADMINISTER_ORGANISATION),
    # -- imports
    page("imports", _team, get=EDIT_TEAM),
    page("import-new", lambda w: [w.roadmap.team_id, "roadmap-items"], get=EDIT_TEAM, post=EDIT_TEAM),
    page("import-template", lambda w: [w.team.pk, "roadmap-items"], get=READ_TEAM),
    page("import-rows", lambda w: [w.roadmap.team_id, "roadmap-items"], get=READ_TEAM),
    page("import", _upload, get=EDIT_TEAM),
    page("import-apply", _upload, post=EDIT_TEAM),
    page("import-check", _upload, post=EDIT_TEAM),
    page("import-throw-away", _upload, post=EDIT_TEAM),
    # -- delivery
    page("delivery", _team, get=READ_TEAM),
    page("delivery-teams", get=READ),
    page("delivery-chart", lambda w: [w.team.pk, "mttr"], get=READ_TEAM),
    page("delivery-point", _team, get=READ_TEAM),
    page("delivery-policy", _team, get=READ_TEAM, post=ADMINISTER_TEAM),
    page("deployments", _team, get=READ_TEAM),
    page("deployment", _deployment, get=READ_TEAM, post=EDIT_TEAM),
    page("incidents", _team, get=READ_TEAM),
    page("ways-in", _team, get=READ_TEAM),
    page("alert-rule", _team, get=ADMINISTER_TEAM, post=ADMINISTER_TEAM),
    page("deployment-new", _team, get=EDIT_TEAM, post=EDIT_TEAM),
    page("deployment-edit", _deployment_by_hand, get=EDIT_TEAM, post=EDIT_TEAM),
    page("deployment-withdraw", _deployment_by_hand, post=EDIT_TEAM),
    page("incident-new", _team, get=EDIT_TEAM, post=EDIT_TEAM),
    page("incident-edit", _incident_by_hand, get=EDIT_TEAM, post=EDIT_TEAM),
    page("incident-withdraw", _incident_by_hand, post=EDIT_TEAM),
    page("incident", _incident, get=READ_TEAM, post=EDIT_TEAM),
    page("changes", _team, get=READ_TEAM),
    page("correction-withdraw", _correction, post=EDIT_TEAM),
    page("connect", _team, get=ADMINISTER_TEAM, post=ADMINISTER_TEAM),
    page("connect-rules", _draft, get=ADMINISTER_TEAM, post=ADMINISTER_TEAM),
    page("repositories-add", _team, get=ADMINISTER_TEAM, post=ADMINISTER_TEAM),
    page("service-add", _source, get=ADMINISTER_TEAM, post=ADMINISTER_TEAM),
    page("service-end", _service, get=ADMINISTER_TEAM, post=ADMINISTER_TEAM),
    api("api-repositories", _team, get=READ_TEAM, post=ADMINISTER_TEAM),
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
    api("api-set-aside", _source, get=READ_TEAM),
    api("api-set-aside-retry", _set_aside, post=ADMINISTER_TEAM),
    api("api-assessment-submit", _round, post=EDIT_TEAM),
    api("api-assessment-review", _round, post=REVIEW_TEAM),
    api("api-assessment-reopen", _round, post=REVIEW_TEAM),
    api("api-assessment-answers", _round, get=READ_TEAM, post=EDIT_TEAM),
    api("api-answers", _team, get=READ_TEAM),
    api("api-targets", _team, get=READ_TEAM, post=EDIT_TEAM),
    api("api-snapshots", _team, get=READ_TEAM),
    api("api-exemptions", _team, get=READ_TEAM, post=EDIT_TEAM),
    api("api-imports", _team, get=EDIT_TEAM, post=EDIT_TEAM),
    api("api-import", _upload, get=EDIT_TEAM, delete=EDIT_TEAM),
    api("api-import-apply", _upload, post=EDIT_TEAM),
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
    api("api-comments", _team, get=READ_TEAM),
    api("api-comments-of", lambda w: [w.team.pk, "criterion", "data.versioning"], get=READ_TEAM, post=EDIT_TEAM),
    api("api-comment-blank", lambda w: [w.team.pk, *_comment(w)], post=ADMINISTER_TEAM),
    api("api-organisation-comments", get=READ),
    api(
        "api-organisation-comments-of",
        _organisation_topic,
        get=READ,
        post=EDIT_ORGANISATION_OKRS,
    ),
    api("api-organisation-comment-blank", _organisation_comment, post=EDIT_ORGANISATION_OKRS),
    api("api-deployments", _team, get=READ_TEAM, post=EDIT_TEAM),
    api("api-incidents", _team, get=READ_TEAM, post=EDIT_TEAM),
    api("api-alerts", _team, post=EDIT_TEAM),
    api("api-changes", _team, get=READ_TEAM),
    api("api-delivery", _team, get=READ_TEAM),
    api("api-delivery-behind", _team, get=READ_TEAM),
    api("api-delivery-policy", _team, get=READ_TEAM, patch=ADMINISTER_TEAM),
    api("api-delivery-corrections", _team, get=READ_TEAM, post=EDIT_TEAM),
    api("api-delivery-withdraw", _correction, post=EDIT_TEAM),
    api("api-delivery-teams", get=READ),
    api("api-figures", _team, get=READ_TEAM),
    api("api-figure", lambda w: [w.team.pk, "mttr"], get=READ_TEAM),
    api("api-portfolio", get=READ),
    api("api-trends", get=READ),
]
