"""How this room's audit entries read."""

from django.utils.translation import gettext_lazy as _

from teams.audit import describe, name_kind

name_kind("sample", _("Sample organisation"))

describe("sample.loaded", _("Loaded the sample organisation: %(teams)s teams, %(people)s people."))
describe("sample.removed", _("Removed the sample organisation: %(teams)s teams, %(people)s people."))
