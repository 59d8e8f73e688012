"""How this room's audit entries read."""

from django.utils.translation import gettext_lazy as _

from teams.audit import describe, name_fields, name_kind

name_kind("okr", _("OKRs"))

describe("okr.cycle_closed", _("Closed the OKR cycle “%(cycle)s”."))
describe("okr.cycle_reopened", _("Reopened the OKR cycle “%(cycle)s”."))
describe("okr.remark_blanked", _("Blanked what was written beside a check-in."))

name_fields({"cycle": _("cycle")})
