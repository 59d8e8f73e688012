"""The API's ways in: pushed deployments and incidents, and Alertmanager's webhook. docs/ways-in.md shows how to call them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from connectors.records import ChangeRecord, DeploymentRecord, IncidentRecord, Outcome
from core.api import rule
from core.api_schema import BLANKS
from core.sizes import MB
from delivery.models import EnvironmentClass, OutcomeChoice
from delivery.pushing import alerts, changes, deployments, incidents, keys
from delivery.pushing.refusals import PushRefused
from delivery.sanity import NO_PAGE, PAGE, fits_page, is_page
from teams.api_team import TeamView

LARGEST = MB  # of a body
ID = 90  # letters: with what is put before it, it fits into a key
_KEY = re.compile(r"[!-~]{1,255}")
_HOW = "ISO 8601 with a time zone, as 2026-11-02T09:42:00Z."
_UPDATED = (
    "When the sender knew this; the newest word stands, in whatever order they arrive. Left out: the last instant told."
)


class Instant(serializers.DateTimeField):
    """An instant that says its time zone: what a program means must not depend on where the portal stands."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _HOW)
        super().__init__(**kwargs)

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValidationError(_("Say the time zone, as 2026-11-02T09:42:00Z."), code="rule")
        return super().enforce_timezone(value)


class Text(serializers.CharField):
    """A text that may be left out, and may be empty."""

    def __init__(self, most: int, **kwargs: Any) -> None:
        super().__init__(max_length=most, required=False, allow_blank=True, default="", **kwargs)


LONGEST_PAGE = 1000


_ADDRESS = {"type": "string", "maxLength": LONGEST_PAGE, "pattern": rf"^{BLANKS}{PAGE}"}


@extend_schema_field({"oneOf": [_ADDRESS, {"type": "string", "maxLength": LONGEST_PAGE, "pattern": rf"^{BLANKS}$"}]})
class Page(Text):
    """The address of a page where people read more."""

    def __init__(self) -> None:
        super().__init__(LONGEST_PAGE)

    def to_internal_value(self, data: Any) -> str:
        url: str = super().to_internal_value(data)
        if url and not is_page(url):
            # Which host can be read out of an address, no pattern says.
            raise ValidationError(str(NO_PAGE), code="rule" if fits_page(url) else "invalid")
        return url


class ChangeEntry(serializers.Serializer[Any]):
    """A merged pull request."""

    id = serializers.CharField(max_length=ID, help_text="What names it in the service, as the pull request's number.")
    number = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    title = Text(500)
    author = Text(255)
    branch = Text(255)
    sha = Text(64, help_text="The commit that merged it.")
    url = Page()
    first_commit_at = Instant(help_text="When its first commit was authored: lead time begins here.")
    opened_at = Instant()
    first_review_at = Instant(required=False, allow_null=True, help_text="By somebody else than its author.")
    merged_at = Instant()


class DeploymentEntry(serializers.Serializer[Any]):
    """All that is known of one deployment."""

    id = serializers.CharField(
        max_length=ID, help_text="What names it where it comes from; the same id is the same deployment."
    )
    service = serializers.CharField(max_length=255, help_text="A new name makes a service that programs push to.")
    environment = serializers.CharField(max_length=255)
    environment_class = serializers.ChoiceField(
        EnvironmentClass.choices,
        required=False,
        help_text="For an environment that the service's rules do not know yet.",
    )
    outcome = serializers.ChoiceField(OutcomeChoice.choices, default=OutcomeChoice.SUCCEEDED)
    created_at = Instant(required=False, help_text="When it began. Left out: when it finished.")
    finished_at = Instant(required=False, allow_null=True)
    attempt = serializers.IntegerField(
        default=1, min_value=1, max_value=2**31 - 1, help_text="Of a run that was started again; the highest stands."
    )
    sha = Text(64, help_text="The commit, or the version.")
    branch = Text(255)
    title = Text(500)
    url = Page()
    updated_at = Instant(required=False, help_text=_UPDATED)
    changes = serializers.ListField(
        child=ChangeEntry(),
        required=False,
        max_length=changes.MOST,
        help_text=(
            "What it brings, for lead time: the whole list. Told later it takes the place of the one before, also where it is"
            " empty. Left out: nothing is said of changes."
        ),
    )


class DeploymentsSerializer(serializers.Serializer[Any]):
    """Deployments, all taken or none."""

    deployments = serializers.ListField(child=DeploymentEntry(), min_length=1, max_length=deployments.MOST)


class IncidentEntry(serializers.Serializer[Any]):
    """All that is known of one incident."""

    id = serializers.CharField(
        max_length=ID, help_text="What names it where it comes from; the same id is the same incident."
    )
    service = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=255,
        help_text="One of the team's services; left out: the whole team's.",
    )
    title = Text(500)
    began_at = Instant()
    resolved_at = Instant(required=False, allow_null=True, help_text="Left out or null while it is open.")
    url = Page()
    updated_at = Instant(required=False, help_text=_UPDATED)


class IncidentsSerializer(serializers.Serializer[Any]):
    """Incidents, all taken or none."""

    incidents = serializers.ListField(child=IncidentEntry(), min_length=1, max_length=deployments.MOST)


class PushedSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    service = serializers.CharField(allow_null=True)
    result = serializers.ChoiceField(
        choices=[deployments.NEW, deployments.CHANGED, deployments.SAME, deployments.OLDER],
        help_text="`older`: a newer word is stored already, and stands.",
    )


class PushedDeploymentSerializer(PushedSerializer):
    environment_class = serializers.ChoiceField(EnvironmentClass.choices)
    counts = serializers.BooleanField(help_text="It is in deployment frequency.")


class PushedDeploymentsSerializer(serializers.Serializer[Any]):
    deployments = PushedDeploymentSerializer(many=True)


class PushedIncidentsSerializer(serializers.Serializer[Any]):
    incidents = PushedSerializer(many=True)


KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": r"^[!-~]{1,255}$"},
    OpenApiParameter.HEADER,
    description=(
        f"The same key with the same body is done once and answered alike for {keys.KEPT.days} days; with another body it is"
        " a 409."
    ),
)


class _PushView(TeamView):
    """A view that programs push to: all entries of a body or none."""

    def _pushed(self, name: str, push: Callable[..., list[dict[str, Any]]], entries: list[Any]) -> Response:
        team = self.team("team.edit")
        try:
            done = push(
                team=team,
                entries=entries,
                by=self.person,
                key=self._key(),
                digest=keys.digest_of(name, self.request.data),
            )
        except PushRefused as error:
            raise _at(name, error) from None
        return Response({name: done})

    def _key(self) -> str:
        sent = self.request.headers.get("Idempotency-Key")
        if sent is None:
            return ""
        if not _KEY.fullmatch(sent):
            raise ValidationError(
                {"detail": _("An Idempotency-Key has 1 to 255 visible ASCII characters.")}, code="rule"
            )
        return str(sent)


def _at(name: str, error: PushRefused) -> ValidationError:
    """Told at its entry, by number from 0, as a field is that cannot be understood."""
    told: Any = [error.message]
    for part in reversed([str(error.index), *(error.field or "detail").split(".")]):
        told = {part: told}
    return ValidationError({name: told}, code="rule")


class PushDeployments(_PushView):
    """Beside the list of deployments: the same address takes new ones."""

    @extend_schema(
        operation_id="teams_deployments_push",
        request=DeploymentsSerializer,
        responses={200: PushedDeploymentsSerializer},
        parameters=[KEY],
        description=(
            f"Push up to {deployments.MOST} deployments of services that programs push to, in any order and as often as you"
            " like: each entry says all that is known of its deployment, and of several about the same one the newest stands."
            " All entries are taken or none. At most 1 MB (413)."
        ),
    )
    def post(self, request: Any, **_named: Any) -> Response:
        self.team("team.edit")
        entries = [_deployment(each) for each in self.sent(DeploymentsSerializer)["deployments"]]
        return self._pushed("deployments", deployments.push_deployments, entries)


class PushIncidents(_PushView):
    @extend_schema(
        operation_id="teams_incidents_push",
        request=IncidentsSerializer,
        responses={200: PushedIncidentsSerializer},
        parameters=[KEY],
        description=(
            f"Push up to {deployments.MOST} incidents of a service or of the team, in any order and as often as you like:"
            " each entry says all that is known of its incident, and of several about the same one the newest stands. All"
            " entries are taken or none. At most 1 MB (413)."
        ),
    )
    def post(self, request: Any, **_named: Any) -> Response:
        self.team("team.edit")
        entries = [_incident(each) for each in self.sent(IncidentsSerializer)["incidents"]]
        return self._pushed("incidents", incidents.push_incidents, entries)


def _deployment(sent: dict[str, Any]) -> deployments.Pushed:
    finished = sent.get("finished_at")
    began = sent.get("created_at") or finished
    if began is None:
        raise rule("deployments", _("Say of each deployment when it began or finished."))
    texts = {name: sent[name] for name in ("environment", "branch", "sha", "title", "url", "attempt")}
    record = DeploymentRecord(
        key=sent["id"], outcome=Outcome(sent["outcome"]), created_at=began, finished_at=finished,
        told_at=sent.get("updated_at"), **texts,
    )  # fmt: skip
    told = tuple(_change(each) for each in sent["changes"]) if "changes" in sent else None
    return deployments.Pushed(sent["service"], record, sent.get("environment_class", ""), told)


def _change(sent: dict[str, Any]) -> ChangeRecord:
    return ChangeRecord(
        key=sent["id"],
        number=sent.get("number", 0),
        title=sent["title"],
        merged_at=sent["merged_at"],
        opened_at=sent["opened_at"],
        merge_sha=sent["sha"],
        first_commit_at=sent["first_commit_at"],
        first_review_at=sent.get("first_review_at"),
        author=sent["author"],
        branch=sent["branch"],
        url=sent["url"],
    )


def _incident(sent: dict[str, Any]) -> incidents.PushedIncident:
    record = IncidentRecord(
        key=sent["id"], title=sent["title"], began_at=sent["began_at"], resolved_at=sent.get("resolved_at"),
        url=sent["url"], told_at=sent.get("updated_at"),
    )  # fmt: skip
    return incidents.PushedIncident(sent.get("service") or "", record)


# -- Alertmanager -----------------------------------------------------------------------------------------------------


class Labels(serializers.DictField):
    child = serializers.CharField(allow_blank=True, max_length=10_000, trim_whitespace=False)


class AlertEntry(serializers.Serializer[Any]):
    """One alert; what else Alertmanager tells of it is not needed."""

    takes_more = True

    status = serializers.ChoiceField(choices=["firing", "resolved"])
    labels = Labels()
    annotations = Labels(required=False)
    startsAt = Instant()
    endsAt = serializers.CharField(required=False, allow_blank=True, max_length=100)
    generatorURL = Text(10_000)
    fingerprint = serializers.CharField(max_length=64)


class AlertsSerializer(serializers.Serializer[Any]):
    takes_more = True  # Alertmanager sends the same to everybody

    version = serializers.ChoiceField(choices=["4"])
    alerts = serializers.ListField(child=AlertEntry(), max_length=alerts.MOST)


class RefusedAlertSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField(min_value=0, help_text="Which of the alerts that were sent, from 0.")
    field = serializers.CharField()
    reason = serializers.CharField()


class AlertsTakenSerializer(serializers.Serializer[Any]):
    incidents = PushedSerializer(many=True)
    passed_over = serializers.IntegerField(help_text="Alerts that are no incidents by the team's rule.")
    refused = RefusedAlertSerializer(many=True, help_text="Alerts that could not be taken; the others were.")


class AlertsView(_PushView):
    """Alertmanager's webhook: an alert is told apart by its fingerprint and its start."""

    @extend_schema(
        request=AlertsSerializer,
        responses={200: AlertsTakenSerializer},
        description=(
            "Takes the webhook of Prometheus Alertmanager (version 4), with a token of the team as bearer. Firing and resolved"
            " come in any order and repeated; fingerprint and start tell alerts apart. Those are incidents that the team's rule"
            " names; the label `service` names one of the team's services. What can be taken is: alerts that cannot (that begin"
            " in the future, for instance) stand in `refused`, each with the reason, and only where not one incident could be"
            " taken the answer is 400. At most 1 MB (413)."
        ),
    )
    def post(self, request: Any, **_named: Any) -> Response:
        team = self.team("team.edit")
        sent = self.sent(AlertsSerializer)["alerts"]
        try:
            taken = alerts.take_alerts(team=team, entries=sent)
        except PushRefused as error:
            raise _at("alerts", error) from None
        refused = [
            {"index": each.index, "field": each.field or "detail", "reason": each.message} for each in taken.refused
        ]
        return Response({"incidents": taken.incidents, "passed_over": taken.passed_over, "refused": refused})
