"""What the pages beside the round show, gathered for their templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import reverse

from assessments import charts, forms, library
from assessments.models import Answer, Assessment, Exemption, Snapshot, Step
from assessments.overview import AreaStanding, CriterionRow, Maturity, overviews
from assessments.querysets import AssessmentQuerySet
from assessments.wording import said
from core import links
from core.charts import Chart
from core.links import LinkedItem
from teams.models import Person, Team
from teams.querysets import TeamQuerySet


def of_team(team: Team) -> dict[str, Any]:
    maturity = overviews([team])[team.pk]
    return {
        "maturity": maturity,
        "radar": charts.radar(maturity),
        "trend": _trend(maturity) if maturity.is_assessed else None,
        "rounds": rounds_of(team),
        "exemptions": Exemption.objects.of_team(team.pk).open().listed(),
        "model": maturity.model,
    }


def rounds_of(team: Team) -> AssessmentQuerySet:
    return Assessment.objects.of_team(team.pk).listed()


def trend_of(team: Team) -> Chart:
    return _trend(overviews([team])[team.pk])


def _trend(maturity: Maturity) -> Chart:
    first = maturity.today - timedelta(weeks=charts.TREND_WEEKS)
    rows = Snapshot.objects.of([maturity.team], maturity.model.id).between(first, maturity.today)
    return charts.trend(maturity, list(rows), export_url=reverse("assessment-levels-csv", args=[maturity.team.pk]))


def area_of(team: Team, key: str) -> AreaStanding | None:
    return next((area for area in overviews([team])[team.pk].areas if area.key == key), None)


def steps_of(assessment: Assessment) -> Sequence[Step]:
    """What happened to the round, the newest first."""
    return list(assessment.steps.select_related("person").order_by("-recorded_at", "-pk"))


# -- One criterion ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """One answer in the history."""

    answer: Answer
    what: str


def of_criterion(team: Team, criterion: library.Criterion, person: Person) -> dict[str, Any]:
    maturity = overviews([team])[team.pk]
    row = next(row for row in maturity.criteria if row.id == criterion.id)
    answers = list(Answer.objects.of([team], maturity.model.id).about(criterion.id).newest_first())
    seen = {"seen": max((answer.version for answer in answers), default=0)}
    items = links.items_for("criterion", [team]).get((team.pk, criterion.id), [])
    return {
        "maturity": maturity,
        "row": row,
        "area": next(area for area in maturity.areas if area.key == criterion.area),
        "history": [Said(answer, said(criterion, answer.kind, answer.state)) for answer in answers],
        "exemptions": Exemption.objects.of_team(team.pk).filter(criterion=criterion.id).listed(),
        "has_open_exemption": Exemption.objects.of_team(team.pk).open().filter(criterion=criterion.id).exists(),
        "items": items,
        "lacks_item": _lacks_item(row, items),
        "na_form": forms.NotApplicableForm(initial=seen),
        "inherit_form": forms.InheritForm(initial=seen, teams=providers_for(team, person)),
        "exemption_form": forms.ExemptionForm(),
        "can_administer": person.has_perm("team.administer", team),
    }


def providers_for(team: Team, person: Person) -> TeamQuerySet:
    """Whom the team may inherit from. Sample teams are for sample teams: see `services.inherit`."""
    others = Team.objects.active().visible_to(person).exclude(pk=team.pk).listed("name")
    return others if team.is_sample else others.exclude(is_sample=True)


def next_state(team: Team, criterion: library.Criterion) -> int:
    """The state above the one that the criterion counts as; the highest at the top."""
    maturity = overviews([team])[team.pk]
    row = next(row for row in maturity.criteria if row.id == criterion.id)
    return _next_state(row)


def _next_state(row: CriterionRow) -> int:
    top = len(row.criterion.states) - 1
    return min(top, int(row.now.worth(top)) + 1)


def _lacks_item(row: CriterionRow, items: Sequence[LinkedItem]) -> bool:
    """Nothing on the roadmap leads to the next state: what does was dropped, or the roadmap has not been started."""
    wanted = _next_state(row)
    is_top = int(row.now.worth(wanted)) >= len(row.criterion.states) - 1
    return not is_top and not any((item.is_open or item.is_done) and item.reaches >= wanted for item in items)
