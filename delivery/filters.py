"""The filters of the lists, read from the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from django import forms
from django.db.models import F, Model, QuerySet
from django.db.models.expressions import OrderBy
from django.utils.translation import gettext_lazy as _

from delivery.models import Change, Deployment, EnvironmentClass, Incident, OutcomeChoice
from teams.models import Team

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Heading:
    """A column of the list. `turned`: the value of ?sort= that a click on it asks for; "" where it does not sort."""

    label: Any
    turned: str = ""
    direction: str = ""  # "ascending" or "descending" where the list is sorted by it


class Filter(forms.Form, Generic[Row]):
    """`rows` of a valid filter. `sorts` maps the names in the address to columns; a "-" in front turns the order."""

    model: ClassVar[type[Any]]
    sorts: ClassVar[dict[str, str]]
    usual_sort: ClassVar[str]
    columns: ClassVar[list[tuple[str, Any]]]  # (name in `sorts` or "", label)
    importer: ClassVar[str] = ""  # the kind of file that brings such rows; "": none does

    field_order = ["q", "show", "environment"]

    q = forms.CharField(label=_("Search"), required=False, max_length=200)

    def __init__(self, data: Any, *, team: Team) -> None:
        super().__init__(data, auto_id="filter-%s")
        self.team = team
        for name, label in (("from", _("From")), ("to", _("To"))):
            widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            self.fields[name] = forms.DateField(label=label, required=False, widget=widget)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("from"), cleaned.get("to")
        if first and last and last < first:
            self.add_error("to", _("This day lies before the first one."))
        return cleaned

    @property
    def sort(self) -> str:
        """The order in force; nonsense is the usual one."""
        wanted = str(self.data.get("sort", ""))
        return wanted if wanted.lstrip("-") in self.sorts else self.usual_sort

    def ordering(self) -> tuple[OrderBy, OrderBy]:
        column, down = F(self.sorts[self.sort.lstrip("-")]), self.sort.startswith("-")
        first = column.desc(nulls_last=True) if down else column.asc(nulls_last=True)
        return first, F("pk").desc() if down else F("pk").asc()

    @property
    def headings(self) -> list[Heading]:
        return [self._heading(name, label) for name, label in self.columns]

    def _heading(self, name: str, label: Any) -> Heading:
        if not name:
            return Heading(label)
        down = self.sort == f"-{name}"
        direction = "descending" if down else "ascending" if self.sort == name else ""
        return Heading(label, name if down else f"-{name}" if self.sort == name else name, direction)

    @property
    def rows(self) -> QuerySet[Row]:
        raise NotImplementedError  # each list's own; a form's metaclass leaves no room for an abstract base class


class Show(forms.ChoiceField):
    """A choice that may be left open."""

    def __init__(self, choices: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(choices=[("", _("all")), *choices], required=False, **kwargs)


class DeploymentFilter(Filter[Deployment]):
    model = Deployment
    importer = "deployments"
    enter = "deployment-new"  # the page on which one is entered by hand
    sorts = {
        "finished": "finished_at",
        "began": "created_at",
        "outcome": "outcome",
        "environment": "environment",
        "service": "service__name",
        "title": "title",
    }
    usual_sort = "-finished"
    columns = [
        ("title", _("Deployment")),
        ("outcome", _("Outcome")),
        ("environment", _("Environment")),
        ("service", _("Service")),
        ("", _("Commit")),
        ("began", _("Began")),
        ("finished", _("Finished")),
    ]

    show = Show(
        [
            ("counted", _("counted")),
            ("failures", _("with a failure")),
            ("hotfixes", _("hotfixes")),
            ("excluded", _("excluded by hand")),
            *OutcomeChoice.choices,
        ],
        label=_("Outcome"),
    )
    environment = Show(EnvironmentClass.choices, label=_("Environment"))

    @property
    def rows(self) -> QuerySet[Deployment]:
        chosen, team = self.cleaned_data, self.team
        rows = Deployment.objects.in_scope().filter(service__team=team)
        rows = rows.showing(chosen["show"])
        if chosen["environment"]:
            rows = rows.filter(environment_class=chosen["environment"])
        rows = rows.dated(chosen["from"], chosen["to"], team.zone).search(chosen["q"])
        return rows.select_related("service").order_by(*self.ordering())


class IncidentFilter(Filter[Incident]):
    model = Incident
    importer = "incidents"
    enter = "incident-new"
    sorts = {
        "began": "began_at",
        "resolved": "resolved_at",
        "title": "title",
        "service": "service__name",
        "hours": "took",
    }
    usual_sort = "-began"
    columns = [
        ("title", _("Incident")),
        ("service", _("Service")),
        ("began", _("Began")),
        ("resolved", _("Resolved")),
        ("hours", _("Took")),
    ]

    show = Show(
        [
            ("resolved", _("resolved")),
            ("open", _("open")),
            ("attributed", _("of a deployment")),
            ("unattributed", _("of no deployment")),
            ("dismissed", _("no incident, by hand")),
        ],
        label=_("State"),
    )

    def __init__(self, data: Any, *, team: Team) -> None:
        super().__init__(data, team=team)
        self.fields["from"].label, self.fields["to"].label = _("Resolved from"), _("Resolved to")

    @property
    def rows(self) -> QuerySet[Incident]:
        chosen, team = self.cleaned_data, self.team
        rows = Incident.objects.of_teams([team]).with_took().showing(chosen["show"])
        rows = rows.resolved_within(chosen["from"], chosen["to"], team.zone).search(chosen["q"])
        return rows.select_related("service").order_by(*self.ordering())


class ChangeFilter(Filter[Change]):
    model = Change
    sorts = {
        "title": "title",
        "service": "service__name",
        "merged": "merged_at",
        "deployed": "deployed_at",
        "took": "took",
    }
    usual_sort = "-merged"
    columns = [
        ("title", _("Change")),
        ("service", _("Service")),
        ("merged", _("Merged")),
        ("deployed", _("Deployed")),
        ("took", _("Lead time")),
        ("", _("Stages")),
        ("", _("Why")),
    ]

    show = Show(
        [
            ("deployed", _("deployed")),
            ("waiting", _("not deployed yet")),
            ("time", _("deployed, found by time")),
        ],
        label=_("State"),
    )

    def __init__(self, data: Any, *, team: Team) -> None:
        super().__init__(data, team=team)
        self.fields["from"].label, self.fields["to"].label = _("Deployed from"), _("Deployed to")

    @property
    def rows(self) -> QuerySet[Change]:
        chosen, team = self.cleaned_data, self.team
        rows = Change.objects.of_teams([team]).with_took().showing(chosen["show"])
        rows = rows.deployed_within(chosen["from"], chosen["to"], team.zone).search(chosen["q"])
        return rows.select_related("service").order_by(*self.ordering())
