"""What the API's routes of figures take and answer with."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api import IdField
from delivery import attributing, told
from delivery.board import LENGTHS
from delivery.editions import EDITIONS
from delivery.figures import Band
from delivery.models import Correction, CorrectionKind, Scope
from delivery.side_by_side import SHOWS, SORTS

FIGURES = list(told.TITLES)
KINDS = [kind for kind in CorrectionKind.values if kind != CorrectionKind.WITHDRAW]

# -- What is answered -----------------------------------------------------------------------------------------------


SCOPES = list(Scope.values)  # the schema names them (settings, ENUM_NAME_OVERRIDES)


class NumberSerializer(serializers.Serializer[Any]):
    """One figure. What numerator and denominator count stands in the definitions."""

    id = serializers.ChoiceField(choices=FIGURES)
    title = serializers.CharField()
    unit = serializers.CharField()
    value = serializers.FloatField(source="number", allow_null=True, help_text='null is "no data", never 0.')
    numerator = serializers.IntegerField(allow_null=True)
    denominator = serializers.IntegerField(allow_null=True)
    also = serializers.DictField(
        child=serializers.FloatField(allow_null=True),
        help_text=(
            "What pages say beside it: `per_month` deployment days, which they tell where the week's are 0; medians of MTTR and"
            " of the stages of lead time and recovery, in hours; incidents `still_open`."
        ),
    )
    band = serializers.ChoiceField(
        source="judged.band", choices=[each.value for each in Band], allow_null=True, help_text="By the edition."
    )
    score = serializers.FloatField(source="judged.score", allow_null=True, help_text="0 to 10, of 2025.")
    industry_mean = serializers.FloatField(source="judged.mean", allow_null=True, help_text="Of the score, in 2025.")


class OverallSerializer(serializers.Serializer[Any]):
    """The mean of the figures' scores, over those that have one."""

    score = serializers.FloatField(source="judged.score", allow_null=True, help_text='null is "no data", never 0.')
    industry_mean = serializers.FloatField(source="judged.mean", allow_null=True, help_text="Over the same figures.")
    figures = serializers.SerializerMethodField(help_text="The ids of the figures that it is the mean of.")
    of = serializers.IntegerField(help_text="How many figures the edition knows.")

    def get_figures(self, overall: told.Overall) -> list[str]:
        return [each.id for each in overall.scored]


class PolicySerializer(serializers.Serializer[Any]):
    scope = serializers.ChoiceField(choices=SCOPES)
    look_back_days = serializers.IntegerField(allow_null=True, help_text="null: without limit.")
    rollbacks = serializers.BooleanField()
    reverts = serializers.BooleanField()
    hotfixes = serializers.BooleanField()
    hotfix_labels = serializers.ListField(child=serializers.CharField())
    hotfix_branches = serializers.ListField(child=serializers.CharField())
    edition = serializers.ChoiceField(choices=EDITIONS)


class PointSerializer(serializers.Serializer[Any]):
    """One week or month of the charts; the parts at the edges may be cut."""

    first = serializers.DateField()
    last = serializers.DateField()
    figures = NumberSerializer(many=True)


class BoardSerializer(serializers.Serializer[Any]):
    """The figures of a team, as its page shows them."""

    first = serializers.DateField(source="period.first")
    last = serializers.DateField(source="period.last")
    time_zone = serializers.CharField(source="zone.key")
    edition = serializers.ChoiceField(choices=EDITIONS)
    policy = PolicySerializer(source="shown_policy")
    figures = NumberSerializer(many=True)
    before = NumberSerializer(
        many=True, allow_null=True, help_text="Of the 13 weeks before; null where the period is not the usual 13 weeks."
    )
    overall = OverallSerializer(allow_null=True, help_text="Of 2025; null by an edition that knows none.")
    points = PointSerializer(many=True)


class TeamNumbersSerializer(serializers.Serializer[Any]):
    """One team over the 13 complete weeks before its present day."""

    team = serializers.IntegerField(source="team.pk")
    name = serializers.CharField(source="team.name")
    group = serializers.CharField(source="team.group.name", default=None, allow_null=True)
    first = serializers.DateField(source="standing.period.first")
    last = serializers.DateField(source="standing.period.last")
    edition = serializers.ChoiceField(source="standing.edition", choices=EDITIONS)
    figures = NumberSerializer(many=True)


class FailureSerializer(serializers.Serializer[Any]):
    shown_by = serializers.CharField(source="text", help_text="The incident, deployment or change that shows it.")
    how = serializers.CharField(allow_blank=True)
    url = serializers.CharField(allow_blank=True)


class WhySerializer(serializers.Serializer[Any]):
    counts = serializers.BooleanField(
        source="why.counts",
        help_text="Whether it is in a figure: an open incident is in change failure rate alone, and only if attributed.",
    )
    why = serializers.ListField(source="why.sentences", child=serializers.CharField())


class BehindDeploymentSerializer(WhySerializer):
    id = serializers.IntegerField(source="row.pk")
    service = serializers.CharField(source="row.service.name")
    title = serializers.CharField(source="row.title", allow_blank=True)
    outcome = serializers.CharField(source="row.outcome")
    finished_at = serializers.DateTimeField(source="row.finished_at", allow_null=True)
    hotfix = serializers.BooleanField(source="row.hotfix")
    excluded = serializers.BooleanField(source="row.excluded")
    failures = FailureSerializer(many=True)
    url = serializers.CharField(source="row.url", allow_blank=True)


class BehindIncidentSerializer(WhySerializer):
    id = serializers.IntegerField(source="row.pk")
    service = serializers.CharField(source="row.service.name", default=None, allow_null=True)
    title = serializers.CharField(source="row.title", allow_blank=True)
    began_at = serializers.DateTimeField(source="row.began_at")
    resolved_at = serializers.DateTimeField(source="row.resolved_at", allow_null=True)
    hours = serializers.FloatField(source="row.hours", allow_null=True)
    deployment = serializers.IntegerField(
        source="deployment.pk", default=None, allow_null=True, help_text="Of the one it is attributed to."
    )
    recovery_hours = serializers.FloatField(source="recovery", allow_null=True, help_text="From that one's finish.")
    url = serializers.CharField(source="row.url", allow_blank=True)


class StageSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(source="id")
    hours = serializers.FloatField()


class BehindChangeSerializer(WhySerializer):
    id = serializers.IntegerField(source="row.pk")
    service = serializers.CharField(source="row.service.name")
    title = serializers.CharField(source="row.title", allow_blank=True)
    author = serializers.CharField(source="row.author", allow_blank=True)
    merged_at = serializers.DateTimeField(source="row.merged_at")
    deployed_at = serializers.DateTimeField(source="row.deployed_at", allow_null=True)
    deployment = serializers.IntegerField(source="row.deployment_id", allow_null=True)
    hours = serializers.FloatField(allow_null=True, help_text="Lead time.")
    stages = StageSerializer(many=True)
    url = serializers.CharField(source="row.url", allow_blank=True)


class BehindSerializer(serializers.Serializer[Any]):
    """What is behind the figures of some days; of each list 100 rows at most, and how many there are."""

    first = serializers.DateField()
    last = serializers.DateField()
    figures = NumberSerializer(many=True)
    deployments = BehindDeploymentSerializer(many=True)
    incidents = BehindIncidentSerializer(many=True)
    changes = BehindChangeSerializer(many=True)
    count = serializers.DictField(child=serializers.IntegerField())


class CorrectionSerializer(serializers.ModelSerializer[Correction]):
    by_name = serializers.CharField(source="by", read_only=True)
    withdrawn_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = Correction
        fields = (
            "id",
            "kind",
            "deployment",
            "incident",
            "target",
            "reason",
            "by",
            "by_name",
            "recorded_at",
            "withdrawn_at",
        )
        read_only_fields = fields


class MoveSerializer(serializers.Serializer[Any]):
    figure = serializers.CharField(source="id")
    before = serializers.FloatField(source="was", allow_null=True)
    after = serializers.FloatField(source="now", allow_null=True)


class PolicyChangedSerializer(PolicySerializer):
    """`moved`: what it did to the figures of the last 13 complete weeks."""

    moved = MoveSerializer(many=True)


class CorrectedSerializer(serializers.Serializer[Any]):
    """`moved`: what it did to the figures of the last 13 complete weeks."""

    correction = CorrectionSerializer()
    moved = MoveSerializer(many=True)


# -- What is sent ---------------------------------------------------------------------------------------------------


class BoardAskedSerializer(serializers.Serializer[Any]):
    period = serializers.ChoiceField(LENGTHS, required=False, help_text="13 weeks, unless told.")
    by = serializers.ChoiceField(["week", "month"], required=False, help_text="Of the points.")
    edition = serializers.ChoiceField(EDITIONS, required=False, help_text="That of the team's policy, unless told.")


class DaysAskedSerializer(serializers.Serializer[Any]):
    figure = serializers.ChoiceField(FIGURES, required=False, help_text="Rows that this one speaks of come first.")
    edition = serializers.ChoiceField(EDITIONS, required=False, help_text="That of the team's policy, unless told.")

    def get_fields(self) -> dict[str, Any]:
        days = {
            "from": serializers.DateField(required=False, help_text="First day, in the team's time zone."),
            "to": serializers.DateField(
                required=False, help_text="Last day, included. Without both: the last whole week."
            ),
        }
        return {**super().get_fields(), **days}


class TeamsAskedSerializer(serializers.Serializer[Any]):
    q = serializers.CharField(
        required=False, allow_blank=True, help_text="In the name of the team, of its group or of a product owner."
    )
    group = serializers.CharField(required=False, allow_blank=True, help_text='A group\'s id, or "none".')
    show = serializers.ChoiceField([value for value, _label in SHOWS if value], required=False, help_text="Only these.")
    edition = serializers.ChoiceField(EDITIONS, required=False, help_text="Each team's own, unless told.")
    sort = serializers.ChoiceField([value for value, _label in SORTS if value], required=False, help_text="Name.")


class PolicyFieldsSerializer(serializers.Serializer[Any]):
    scope = serializers.ChoiceField(choices=SCOPES, required=False)
    look_back_days = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=attributing.LONGEST_LOOK_BACK
    )
    rollbacks = serializers.BooleanField(required=False)
    reverts = serializers.BooleanField(required=False)
    hotfixes = serializers.BooleanField(required=False)
    hotfix_labels = serializers.ListField(
        child=serializers.CharField(max_length=255), required=False, max_length=attributing.MOST_PATTERNS
    )
    hotfix_branches = serializers.ListField(
        child=serializers.CharField(max_length=255), required=False, max_length=attributing.MOST_PATTERNS
    )
    edition = serializers.ChoiceField(choices=EDITIONS, required=False)


class PolicyEditSerializer(PolicyFieldsSerializer):
    """The fields to change, and in `seen` the value that was seen of each of them, unless `If-Match` says it."""

    seen = PolicyFieldsSerializer(required=False)


class CorrectSerializer(serializers.Serializer[Any]):
    """Of one deployment or one incident."""

    kind = serializers.ChoiceField(choices=KINDS)
    deployment = IdField(required=False)
    incident = IdField(required=False)
    target = IdField(
        required=False,
        allow_null=True,
        help_text="To which deployment an incident is attributed; null: to none. `attribute` needs it.",
    )
    reason = serializers.CharField(max_length=500)
    request_id = serializers.CharField(max_length=64, required=False, help_text="Sent again: it is said once.")
