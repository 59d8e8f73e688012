"""How this room's audit entries read."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from teams.audit import describe, name_fields, name_kind
from teams.models import JobRole, OrganisationRole, SecondFactor, TeamRole, TokenScope

name_kind("organisation", _("Organisation"))
name_kind("team", _("Teams"))
name_kind("group", _("Groups"))
name_kind("member", _("Members"))
name_kind("invitation", _("Invitations"))
name_kind("token", _("API tokens"))
name_kind("person", _("People"))

_FIELDS = {"name": _("name"), "email": _("e-mail address")}

describe("organisation.created", _("Set up the portal for “%(name)s”."))
describe("organisation.name_changed", _("Renamed the organisation from “%(before)s” to “%(after)s”."))
describe(
    "organisation.language_changed",
    _("Changed the default language from %(before)s to %(after)s."),
    dict(settings.LANGUAGES),
)
describe(
    "organisation.second_factor_changed",
    _("Changed who must have a second factor from “%(before)s” to “%(after)s”."),
    dict(SecondFactor.choices),
)
describe("organisation.time_zone_changed", _("Changed the organisation's time zone from %(before)s to %(after)s."))

describe("team.created", _("Created the team “%(name)s”."))
describe("team.name_changed", _("Renamed the team from “%(before)s” to “%(after)s”."))
describe("team.group_changed", _("Moved the team from group “%(before)s” to “%(after)s”."))
describe("team.time_zone_changed", _("Changed the team's time zone from %(before)s to %(after)s."))
describe("team.archived", _("Archived the team “%(name)s”."))
describe("team.restored", _("Restored the team “%(name)s”."))
describe("group.created", _("Created the group “%(name)s”."))
describe("group.renamed", _("Renamed the group from “%(before)s” to “%(after)s”."))
describe("group.deleted", _("Deleted the group “%(name)s”."))
describe("group.restored", _("Took the deletion of the group “%(name)s” back."))

_team_roles = dict(TeamRole.choices)
describe("member.joined", _("%(subject)s joined the team as %(role)s."), _team_roles)
describe("member.role_changed", _("Changed the role of %(subject)s from %(before)s to %(after)s."), _team_roles)
describe(
    "member.job_role_changed", _("Changed the job of %(subject)s from %(before)s to %(after)s."), dict(JobRole.choices)
)
describe("member.removed", _("Removed %(subject)s (%(role)s) from the team."), _team_roles)
describe("member.restored", _("Took the removal of %(subject)s (%(role)s) back."), _team_roles)
describe("invitation.created", _("Made an invitation as %(role)s."), _team_roles)
describe("invitation.renewed", _("Made a new link for an invitation as %(role)s."), _team_roles)
describe("invitation.revoked", _("Withdrew an invitation as %(role)s."), _team_roles)
describe("invitation.restored", _("Let a withdrawn invitation as %(role)s work again."), _team_roles)

_scopes = dict(TokenScope.choices)
describe("token.created", _("Created the API token “%(name)s” (%(scope)s), until %(expires)s."), _scopes)
describe("token.revoked", _("Revoked the API token “%(name)s”."))
describe("token.restored", _("Let the API token “%(name)s” work again: the removal that ended it was undone."))

_roles = dict(OrganisationRole.choices)
describe("person.created", _("%(subject)s made an account by invitation."))
describe("person.role_changed", _("Changed the organisation role of %(subject)s from %(before)s to %(after)s."), _roles)
describe("person.deactivated", _("Deactivated %(subject)s."))
describe("person.reactivated", _("Reactivated %(subject)s."))
describe("person.removed", _("Removed a person and their personal data."))
describe("person.exported", _("Exported the data of %(subject)s."))
describe("person.reset_link_made", _("Made a link for %(subject)s to set a new password."))
describe("person.password_changed", _("%(subject)s set a new password."))
describe("person.second_factors_removed", _("Removed the second factors of %(subject)s."))
describe("person.app_added", _("%(subject)s set up an authenticator app."))
describe("person.app_removed", _("%(subject)s removed the authenticator app."))
describe("person.passkey_added", _("%(subject)s added a passkey."))
describe("person.passkey_renamed", _("%(subject)s renamed a passkey."))
describe("person.passkey_removed", _("%(subject)s removed a passkey."))
describe("person.recovery_codes_made", _("%(subject)s made new recovery codes."))
describe("person.recovery_code_used", _("%(subject)s used a recovery code."))
describe("person.address_link_made", _("Made a link for %(subject)s to move to another e-mail address."))
describe("person.changed", _("%(subject)s changed the account: %(fields)s."), _FIELDS)

name_fields(
    {
        "name": _("name"),
        "role": _("role"),
        "job_role": _("job"),
        "group": _("group"),
        "language": _("language"),
        "time_zone": _("time zone"),
        "scope": _("scope"),
        "expires": _("expires"),
        "key_result": _("key result"),
        "fields": _("fields"),
    }
)
