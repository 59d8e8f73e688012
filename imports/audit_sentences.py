"""How this room's audit entries read."""

from django.utils.translation import gettext_lazy as _

from core import imports as registry
from teams.audit import describe, name_fields, name_kind

name_kind("import", _("Imports"))

describe(
    "import.applied",
    _("Imported %(rows)s rows from %(file)s: %(kind)s."),
    {importer.kind: importer.title for importer in registry.all_importers()},
)

name_fields({"file": _("file"), "digest": _("SHA-256 (its beginning)"), "rows": _("rows")})
