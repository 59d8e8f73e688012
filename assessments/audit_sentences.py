"""How this room's audit entries read."""

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext_lazy as _

from assessments import library
from core.content import text
from teams.audit import describe, name_fields, name_kind


class _Titles(Mapping[str, str]):
    """The ids of areas and criteria as people read them. Asked when an entry is shown: the reader's language decides."""

    def _known(self) -> dict[str, library.Text]:
        model = library.load()
        areas = {area.key: area.title for area in model.areas}
        return areas | {criterion.id: criterion.title for criterion in model.criteria}

    def __getitem__(self, name: str) -> str:
        return text(self._known()[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())


name_kind("assessment", _("Assessments"))
_titles = _Titles()

describe("assessment.started", _("Started round %(number)s of the assessment."))
describe("assessment.submitted", _("Submitted round %(number)s of the assessment."))
describe("assessment.reviewed", _("Reviewed round %(number)s of the assessment."))
describe("assessment.reopened", _("Reopened round %(number)s of the assessment."))
describe("assessment.inherited", _("Took %(criterion)s over from %(provider)s."), _titles)
describe("assessment.exemption_asked", _("Asked for an exemption from %(criterion)s until %(until)s."), _titles)
describe("assessment.exemption_approved", _("Approved an exemption from %(criterion)s until %(until)s."), _titles)
describe("assessment.exemption_refused", _("Refused an exemption from %(criterion)s until %(until)s."), _titles)
describe("assessment.target_set", _("Set the maturity target of %(area)s: level %(level)s by %(due)s."), _titles)
describe("assessment.comment_blanked", _("Blanked a comment on an answer."))

name_fields(
    {
        "area": _("area"),
        "level": _("level"),
        "due": _("due"),
        "criterion": _("criterion"),
        "provider": _("provider"),
        "until": _("until"),
        "number": _("round"),
    }
)
