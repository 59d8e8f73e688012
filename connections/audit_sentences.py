"""How this room's audit entries read."""

from django.utils.translation import gettext_lazy as _

from teams.audit import describe, name_fields, name_kind

name_kind("connection", _("Connections"))

describe("connection.added", _("Connected %(repository)s at %(address)s."))
describe("connection.imported", _("Began to import %(repository)s."))
describe("connection.pushed", _("Began to push %(repository)s."))
describe("connection.removed", _("Disconnected %(repository)s."))
describe("connection.token_entered", _("Entered a new token for %(address)s."))
describe("connection.webhook_made", _("Made a webhook's secret for %(address)s."))
describe("connection.webhook_renewed", _("Made another webhook's secret for %(address)s."))
describe("connection.webhook_ended", _("Ended the webhook of %(address)s."))
describe("connection.moved", _("Moved a connection from %(before)s to %(after)s."))
describe("connection.paused", _("Paused reading %(repository)s."))
describe("connection.resumed", _("Resumed reading %(repository)s."))
describe("connection.repository_renamed", _("The host calls %(before)s %(after)s now; its rows follow."))
describe("connection.rules_changed", _("Changed what is read of %(repository)s."))
describe("connection.made", _("Made the organisation's connection “%(name)s” to %(address)s."))
describe("connection.renamed", _("Renamed the organisation's connection “%(before)s” to “%(after)s”."))
describe("connection.given", _("Gave repositories of “%(name)s”: %(repositories)s."))
describe("connection.taken_back", _("Took back %(repository)s, which “%(name)s” gave."))
describe("connection.ended", _("Disconnected the organisation's connection “%(name)s”."))
describe("connection.handed_over", _("Reading %(repository)s goes on with the token of %(address)s."))

name_fields(
    {
        "repository": _("repository"),
        "repositories": _("repositories"),
        "name": _("name"),
        "address": _("address"),
        "deployments": _("deployments"),
        "incident_labels": _("labels of incidents"),
        "branches": _("branches"),
        "workflows": _("workflows"),
        "since": _("since"),
    }
)
