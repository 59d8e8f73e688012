"""What people say by hand about one deployment or incident: what it is instead, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import RequestForm
from delivery.models import CorrectionKind, Deployment
from delivery.words import deployment_text

REASON_LENGTH = 500
NOBODY = "none"  # "attribute to" no deployment at all
DEPLOYMENT_KINDS = {
    CorrectionKind.FAILED: _("Mark as failed: it broke something, whether there is an incident or not"),
    CorrectionKind.HOTFIX: _("It is a hotfix: unplanned work on production"),
    CorrectionKind.NOT_HOTFIX: _("It is no hotfix, whatever its label or branch says"),
    CorrectionKind.EXCLUDE: _("Exclude it from all figures"),
}
INCIDENT_KINDS = {
    CorrectionKind.ATTRIBUTE: _("Attribute it to a deployment"),
    CorrectionKind.NOT_INCIDENT: _("It is not an incident: leave it out of all figures"),
}


class CorrectForm(RequestForm):
    """One of the kinds that fit, and the reason."""

    kind = forms.ChoiceField(label=_("What is it really?"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why"),
        max_length=REASON_LENGTH,
        help_text=_("Everyone who looks at this number reads it."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    field_order = ["kind", "target", "reason"]

    @property
    def fits(self) -> bool:
        """Whether anything can be said."""
        return bool(self.fields["kind"].choices)  # type: ignore[attr-defined]

    @property
    def sent(self) -> dict[str, Any]:
        """The arguments of correcting.correct."""
        return {name: self.cleaned_data[name] for name in ("kind", "reason", "request_id")}


class CorrectDeploymentForm(CorrectForm):
    """Only what counts can be said to be something else."""

    def __init__(self, data: Any = None, *, row: Deployment) -> None:
        super().__init__(data)
        other = CorrectionKind.HOTFIX if row.hotfix else CorrectionKind.NOT_HOTFIX
        kinds = DEPLOYMENT_KINDS.items() if row.counts else ()
        self.fields["kind"].choices = [(kind.value, label) for kind, label in kinds if kind != other]  # type: ignore[attr-defined]


class CorrectIncidentForm(CorrectForm):
    """`candidates` are the counted deployments that it may belong to, the likeliest first."""

    target = forms.TypedChoiceField(label=_("Deployment"), required=False, coerce=str, empty_value="")

    def __init__(self, data: Any = None, *, candidates: Sequence[Deployment], present: int | None) -> None:
        super().__init__(data)
        self.by_pk = {str(row.pk): row for row in candidates}
        self.fields["kind"].choices = [(kind.value, label) for kind, label in INCIDENT_KINDS.items()]  # type: ignore[attr-defined]
        self.fields["target"].choices = [  # type: ignore[attr-defined]
            *((pk, deployment_text(row)) for pk, row in self.by_pk.items()),
            (NOBODY, _("no deployment: something else caused it")),
        ]
        self.initial["target"] = str(present) if present else NOBODY

    @property
    def sent(self) -> dict[str, Any]:
        sent = super().sent
        if sent["kind"] == CorrectionKind.ATTRIBUTE:
            sent["target"] = self.by_pk.get(self.cleaned_data["target"])
        return sent
