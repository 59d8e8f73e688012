"""How this room's audit entries read."""

from django.utils.translation import gettext_lazy as _

from teams.audit import describe, name_fields, name_kind

name_kind("roadmap", _("Roadmaps"))

describe("roadmap.note_blanked", _("Blanked a note on the roadmap."))

name_fields({"item": _("roadmap item")})
