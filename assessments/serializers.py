"""What the API's routes of maturity send and take."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from assessments import library
from assessments.models import Answer, Assessment, Decision, Exemption, Kind, Snapshot, Target
from core.api import rule
from core.content import text


class MaturityStateSerializer(serializers.Serializer[Any]):
    n = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    looks_like = serializers.CharField()


class MaturityCriterionSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    area = serializers.CharField()
    title = serializers.CharField()
    question = serializers.CharField()
    valid_days = serializers.IntegerField()
    states = MaturityStateSerializer(many=True)


class MaturityModelSerializer(serializers.Serializer[Any]):
    """A maturity model in its present version."""

    id = serializers.CharField()
    version = serializers.IntegerField()
    title = serializers.CharField()
    levels = serializers.ListField(child=serializers.CharField(), help_text="Their titles, from level 0 on.")
    criteria = MaturityCriterionSerializer(many=True)


def told(model: library.MaturityModel) -> dict[str, Any]:
    """The model in the language of the request."""
    return {
        "id": model.id,
        "version": model.version,
        "title": text(model.title),
        "levels": [text(level.title) for level in model.levels],
        "criteria": [
            {
                "id": criterion.id,
                "area": criterion.area,
                "title": text(criterion.title),
                "question": text(criterion.question),
                "valid_days": criterion.valid_days,
                "states": [
                    {"n": state.n, "label": text(state.label), "looks_like": text(state.looks_like)}
                    for state in criterion.states
                ],
            }
            for criterion in model.criteria
        ],
    }


class AreaSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    level = serializers.IntegerField(allow_null=True)
    met = serializers.IntegerField(help_text="Criteria at the next level already.")
    applicable = serializers.IntegerField()
    known = serializers.IntegerField()
    change = serializers.IntegerField(allow_null=True, help_text="Against 13 weeks ago.")
    target = serializers.IntegerField(allow_null=True)
    target_due = serializers.DateField(allow_null=True)


class NextStepSerializer(serializers.Serializer[Any]):
    criterion = serializers.CharField()
    area = serializers.CharField()
    level = serializers.IntegerField(help_text="The level that it leads to.")
    title = serializers.CharField()
    why = serializers.CharField()
    url = serializers.CharField()
    item_url = serializers.CharField(allow_null=True, help_text="The roadmap's open item that does it.")


class MaturitySerializer(serializers.Serializer[Any]):
    """A team on its present day."""

    team = serializers.IntegerField(source="team.pk")
    today = serializers.DateField()
    overall = serializers.IntegerField(allow_null=True, help_text="The lowest area level.")
    known = serializers.IntegerField()
    applicable = serializers.IntegerField()
    stale = serializers.IntegerField()
    areas = AreaSerializer(many=True)
    next_step = NextStepSerializer(allow_null=True)


class AssessmentSerializer(serializers.ModelSerializer[Assessment]):
    started_by_name = serializers.CharField(source="started_by", read_only=True)

    class Meta:
        model = Assessment
        fields = (
            "id", "number", "model_id", "model_version", "state", "started_on", "started_by", "started_by_name",
        )  # fmt: skip
        read_only_fields = fields


class AnswerSerializer(serializers.ModelSerializer[Answer]):
    person_name = serializers.CharField(source="person", read_only=True)
    comment = serializers.CharField(source="comment.text", default="", read_only=True)

    class Meta:
        model = Answer
        fields = (
            "id", "assessment", "criterion", "version", "kind", "state", "valid_until", "link", "comment", "provider",
            "source", "person", "person_name", "effective_on", "recorded_at",
        )  # fmt: skip
        read_only_fields = fields


class AnswersAskedSerializer(serializers.Serializer[Any]):
    criterion = serializers.CharField(required=False, allow_blank=True, help_text="Only those of this criterion.")


class SayingSerializer(serializers.Serializer[Any]):
    criterion = serializers.CharField(max_length=80)
    state = serializers.IntegerField(required=False, min_value=0, help_text="Unless `kind` says something else.")
    kind = serializers.ChoiceField(choices=[Kind.UNKNOWN, Kind.NOT_APPLICABLE], required=False)
    seen = serializers.IntegerField(min_value=0, help_text="The criterion's newest `version` that was seen; 0: none.")
    comment = serializers.CharField(required=False, allow_blank=True)
    link = serializers.CharField(required=False, allow_blank=True, help_text="http(s)")
    valid_until = serializers.DateField(required=False)
    on = serializers.DateField(required=False, help_text="The team's day on which it took effect.")
    model_version = serializers.IntegerField(required=False)
    request_id = serializers.CharField(max_length=64, required=False, help_text="Sent again: nothing happens again.")

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if ("state" in sent) == ("kind" in sent):
            raise rule("state", "Send either `state` or `kind`.")
        return sent


class TargetSerializer(serializers.ModelSerializer[Target]):
    class Meta:
        model = Target
        fields = ("area", "version", "level", "due", "person", "effective_on", "recorded_at")
        read_only_fields = fields


class SetTargetSerializer(serializers.Serializer[Any]):
    area = serializers.CharField(max_length=40)
    level = serializers.IntegerField(allow_null=True, help_text="null: no target any more.")
    due = serializers.DateField(allow_null=True, required=False, default=None)
    seen = serializers.IntegerField(min_value=0, help_text="The area's newest `version` that was seen; 0: none.")


class SnapshotSerializer(serializers.ModelSerializer[Snapshot]):
    class Meta:
        model = Snapshot
        fields = ("area", "day", "level", "met", "applicable", "known", "target")
        read_only_fields = fields


class SnapshotsAskedSerializer(serializers.Serializer[Any]):
    area = serializers.CharField(required=False, allow_blank=True, help_text="Only those of this area.")


class ExemptionSerializer(serializers.ModelSerializer[Exemption]):
    class Meta:
        model = Exemption
        fields = ("id", "criterion", "reason", "until", "asked_by", "asked_at", "decision", "decided_by", "decided_at")
        read_only_fields = ("id", "asked_by", "asked_at", "decision", "decided_by", "decided_at")


class DecideSerializer(serializers.Serializer[Any]):
    decision = serializers.ChoiceField(choices=Decision.choices)
