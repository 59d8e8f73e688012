"""The API's route of a service's delivery rules: what of a repository counts; docs/definitions.md, Deployment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from connectors.records import DeploymentSource
from core.api_edits import EditView
from delivery import rules as rule
from delivery import services
from delivery.models import Service
from delivery.rules import CLASSES
from teams.access import require
from teams.api_team import TeamView


def _name() -> serializers.CharField:
    return serializers.CharField(max_length=255)


class EnvironmentsSerializer(serializers.Serializer[Any]):
    """Names of environments, or patterns with * and ?, by class."""

    def get_fields(self) -> dict[str, Any]:
        return {each.value: serializers.ListField(child=_name(), required=False) for each in CLASSES}


@extend_schema_field({"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "string", "pattern": r"\S"}})
class WorkflowField(serializers.ListField):
    """[id, name], as ["41", "Release"]."""

    child = _name()

    def to_internal_value(self, data: Any) -> Any:
        found = super().to_internal_value(data)
        if len(found) != 2:
            raise ValidationError(["Send pairs of an id and a name."], code="rule")
        return tuple(found)


class RulesFieldsSerializer(serializers.Serializer[Any]):
    deployments = serializers.ChoiceField(choices=[each.value for each in DeploymentSource], required=False)
    environments = EnvironmentsSerializer(required=False)
    branches = serializers.ListField(child=_name(), required=False, help_text="Production, for workflow runs.")
    workflows = serializers.ListField(child=WorkflowField(), required=False, help_text='As [["41", "Release"]].')
    incident_labels = serializers.ListField(child=_name(), required=False)
    since = serializers.DateField(required=False, allow_null=True)


class RulesSerializer(RulesFieldsSerializer):
    """The fields to change, and in `seen` the value that was seen of each of them, unless `If-Match` says it."""

    seen = RulesFieldsSerializer(required=False)


class RulesView(TeamView, EditView):
    def service(self) -> Service:
        services_seen = Service.objects.visible_to(self.person).listed()
        return get_object_or_404(services_seen, pk=self.kwargs["service_id"], team=self.kwargs["team_id"])

    def _told(self, service: Service) -> Response:
        parts = rule.parts_of(rule.of_service(service))
        return self.told(RulesFieldsSerializer(parts).data, parts)

    @extend_schema(responses=RulesFieldsSerializer)
    def get(self, request: Request, team_id: int, service_id: int) -> Response:
        """What of a service's repository counts."""
        return self._told(self.service())

    @extend_schema(request=RulesSerializer, responses={200: RulesFieldsSerializer})
    def patch(self, request: Request, team_id: int, service_id: int) -> Response:
        """Change what counts. What is stored is counted anew at once; what the old rules did not read is read next."""
        found = self.service()
        require(self.person, "team.administer", found.team)
        before = rule.of_service(found)
        wanted, seen = self.edit(RulesSerializer, rule.parts_of(before))
        if "deployments" in wanted:
            wanted["deployments"] = DeploymentSource(wanted["deployments"])
        seen = {**rule.parts_of(before), **seen}  # of a part that is left alone, what stands there
        rules = replace(before, **wanted)
        return self._told(services.change_rules(service_id=found.pk, rules=rules, seen=seen, by=self.person))


urlpatterns = [
    path("services/<int:service_id>/rules/", RulesView.as_view(), name="api-delivery-rules"),
]
