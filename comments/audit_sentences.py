"""How this room's audit entries read."""

from django.utils.translation import gettext_lazy as _

from teams.audit import describe, name_fields, name_kind

name_kind("comment", _("Comments"))

describe(
    "comment.blanked",
    _("Removed the words of a comment (%(about)s)."),
    {"criterion": _("criterion"), "item": _("roadmap item"), "key_result": _("key result")},
)

name_fields({"about": _("about"), "key": _("id")})
