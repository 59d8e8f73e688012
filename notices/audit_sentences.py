"""How this room's audit entries read."""

from django.utils.translation import gettext_lazy as _

from notices.models import ChannelKind
from teams.audit import describe, name_fields, name_kind

name_kind("channel", _("Channels"))

describe("channel.added", _("Added the channel “%(name)s” (%(kind)s) at %(host)s."), dict(ChannelKind.choices))
describe("channel.changed", _("Changed the channel “%(name)s” from %(before)s to %(after)s."))
describe("channel.address_entered", _("Entered a new address for the channel “%(name)s”, at %(host)s."))
describe("channel.secret_renewed", _("Renewed the secret of the channel “%(name)s”."))
describe("channel.resumed", _("Let messages to the channel “%(name)s” go on."))
describe("channel.removed", _("Removed the channel “%(name)s” at %(host)s."))
describe("channel.brought_back", _("Brought the channel “%(name)s” at %(host)s back."))

name_fields({"host": _("host"), "kinds": _("kinds of notices")})
