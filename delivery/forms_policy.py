"""The team's attribution policy as a form: what is a failure, whose it is, and by which edition it is judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.edits import SeenForm
from delivery.forms import PatternsField
from delivery.models import Edition, Scope

LONGEST_LOOK_BACK = 3650  # days


class PolicyForm(SeenForm):
    """`current` is the policy in force, stored or by default, by field."""

    scope = forms.ChoiceField(
        label=_("Whose deployments"),
        widget=forms.RadioSelect,
        choices=Scope.choices,
        help_text=_("An incident that names no service is always looked at in the whole team."),
    )
    look_back_days = forms.IntegerField(
        label=_("Look-back in days"),
        required=False,
        min_value=1,
        max_value=LONGEST_LOOK_BACK,
        help_text=_("How long before an incident its deployment may lie. Left empty: without limit."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    rollbacks = forms.BooleanField(
        label=_("A rollback is a failure of what it took back: an older version deployed again"), required=False
    )
    reverts = forms.BooleanField(label=_("A revert is a failure of what it reverts"), required=False)
    hotfixes = forms.BooleanField(label=_("A hotfix is a failure of the deployment before it"), required=False)
    hotfix_labels = PatternsField(
        label=_("Labels of hotfixes"),
        required=False,
        help_text=_("Labels of a change, names or patterns. What brings such a change is a hotfix: rework."),
    )
    hotfix_branches = PatternsField(
        label=_("Branches of hotfixes"),
        required=False,
        help_text=_("Names or patterns such as hotfix/*, one on each line."),
    )
    edition = forms.ChoiceField(
        label=_("Judged by the edition"),
        widget=forms.RadioSelect,
        choices=Edition.choices,
        help_text=_(
            "Which year's thresholds the bands read. 2025 knows no bands: a score of 0 to 10 beside the industry's mean."
        ),
    )

    def __init__(self, data: Any = None, *, current: Mapping[str, Any]) -> None:
        super().__init__(data, current=current)
