"""How this room's audit entries read."""

from django.utils.translation import gettext_lazy as _

from teams.audit import describe, name_fields, name_kind

name_kind("delivery", _("Delivery"))

describe("delivery.rules_changed", _("Changed what counts of %(service)s."))

name_fields({"service": _("service"), "environments": _("environments")})
