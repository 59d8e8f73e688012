"""The lists of this room as files."""

from __future__ import annotations

from django.utils.translation import gettext as _

from assessments import pages
from assessments.importing import AnswerImporter, as_row
from assessments.models import Step
from assessments.overview import overviews
from assessments.sheet import Sheet
from assessments.states import RoundState
from assessments.wording import said
from core.content import text
from core.tables.writing import Table
from teams.models import Team


def of_criteria(team: Team) -> Table:
    """Every criterion as it stands today and stood 13 weeks ago, with the target of its area."""
    maturity = overviews([team])[team.pk]
    areas = {area.key: area for area in maturity.areas}
    header = [
        _("Criterion (id)"), _("Area"), _("Criterion"), _("State"), _("Now"), maturity.compared, _("Target"),
    ]  # fmt: skip
    rows = [
        [
            row.id,
            areas[row.criterion.area].title,
            row.title,
            row.now.state,
            said(row.criterion, row.now.kind, row.now.state),
            row.before.state,
            areas[row.criterion.area].target,
        ]
        for row in maturity.criteria
    ]
    return Table("maturity-criteria", header, rows, of=team)


def of_answers(sheet: Sheet) -> Table:
    """What a round says, in the columns of the importer first."""
    header = [*(column.header for column in AnswerImporter.columns), _("Area"), _("Title"), _("Answer")]
    rows = [
        [*as_row(row.answer), section.title, row.title, row.answer_said]
        for section in sheet.sections
        for row in section.rows
        if row.answer
    ]
    return Table(f"answers-{sheet.assessment.number}", header, rows, of=sheet.assessment.team)


def of_rounds(team: Team) -> Table:
    header = [_("Started"), _("Started by"), _("Model"), _("Version"), _("State"), _("Submitted")]
    rounds = list(pages.rounds_of(team))
    steps = Step.objects.filter(assessment__in=rounds, to_state=RoundState.SUBMITTED).order_by("recorded_at", "pk")
    submitted = dict(steps.values_list("assessment", "recorded_at"))
    rows = [
        [
            each.started_on,
            each.started_by,
            text(each.model.title),
            each.model_version,
            each.get_state_display(),
            submitted.get(each.pk),
        ]
        for each in rounds
    ]
    return Table("assessment-rounds", header, rows, of=team)
