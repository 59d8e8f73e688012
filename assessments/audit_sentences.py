"""How this room's audit entries read."""

from django.utils.translation import gettext_lazy as _

from teams.audit import describe, name_kind

name_kind("assessment", _("Assessments"))

describe("assessment.started", _("Started round %(number)s of the assessment."))
describe("assessment.submitted", _("Submitted round %(number)s of the assessment."))
describe("assessment.reviewed", _("Reviewed round %(number)s of the assessment."))
describe("assessment.reopened", _("Reopened round %(number)s of the assessment."))
describe("assessment.inherited", _("Took %(criterion)s over from %(provider)s."))
describe("assessment.exemption_asked", _("Asked for an exemption from %(criterion)s until %(until)s."))
describe("assessment.exemption_approved", _("Approved an exemption from %(criterion)s until %(until)s."))
describe("assessment.exemption_refused", _("Refused an exemption from %(criterion)s until %(until)s."))
describe("assessment.target_set", _("Set the maturity target of %(area)s: level %(level)s by %(due)s."))
describe("assessment.comment_blanked", _("Blanked a comment on an answer."))
