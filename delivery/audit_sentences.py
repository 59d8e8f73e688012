"""How this room's audit entries read."""

from django.utils.translation import gettext_lazy as _

from teams.audit import describe, name_fields, name_kind

name_kind("delivery", _("Delivery"))

describe("delivery.rules_changed", _("Changed what counts of %(service)s."))
describe("delivery.part_added", _("Counts a part of %(repository)s as the service %(service)s."))
describe("delivery.part_ended", _("Ended the service %(service)s, a part of %(repository)s."))

name_fields({"service": _("service"), "environments": _("environments"), "paths": _("folders")})
