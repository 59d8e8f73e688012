"""How this room's audit entries read."""

from django.utils.translation import gettext_lazy as _

from teams.audit import describe, name_kind

name_kind("backup", _("Archives"))

describe("backup.made", _("Made the archive %(name)s (%(rows)s rows)."))
describe("backup.uploaded", _("Uploaded the archive %(name)s."))
describe("backup.downloaded", _("Downloaded the archive %(name)s."))
describe("backup.deleted", _("Deleted the archive %(name)s."))
describe("backup.restore_withdrawn", _("Withdrew the restore of %(name)s that was asked for, before it began."))
describe("backup.restored", _("Restored everything from the archive of %(made_at)s (UTC). Everyone was signed out."))
describe("backup.keys_rotated", _("Encrypted %(count)s secrets again, under the first encryption key."))
