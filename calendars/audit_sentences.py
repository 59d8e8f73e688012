"""How this room's audit entries read. None of them holds an address."""

from django.utils.translation import gettext_lazy as _

from teams.audit import describe

describe("person.calendar_made", _("%(subject)s made a calendar address."))
describe("person.calendar_renewed", _("%(subject)s made a new calendar address; the old one ended."))
describe("person.calendar_ended", _("Ended the calendar address of %(subject)s."))
