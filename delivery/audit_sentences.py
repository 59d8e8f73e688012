"""How this room's audit entries read."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from delivery.correcting import NO_DEPLOYMENT
from delivery.models import CorrectionKind
from teams.audit import describe, name_fields, name_kind

name_kind("delivery", _("Delivery"))

describe("delivery.deployment_entered", _("Entered a deployment of %(service)s by hand: “%(title)s”."))
describe("delivery.deployment_edited", _("Edited a deployment that was entered by hand: “%(title)s”."))
describe("delivery.deployment_withdrawn", _("Withdrew a deployment that was entered by hand: “%(title)s”."))
describe("delivery.deployment_brought_back", _("Brought back a deployment that was entered by hand: “%(title)s”."))
describe("delivery.incident_entered", _("Entered an incident by hand: “%(title)s”."))
describe("delivery.incident_edited", _("Edited an incident that was entered by hand: “%(title)s”."))
describe("delivery.incident_withdrawn", _("Withdrew an incident that was entered by hand: “%(title)s”."))
describe("delivery.incident_brought_back", _("Brought back an incident that was entered by hand: “%(title)s”."))
describe("delivery.alert_rule_changed", _("Changed which alerts are incidents."))
describe("delivery.rules_changed", _("Changed what counts of %(service)s."))
describe("delivery.part_added", _("Counts a part of %(repository)s as the service %(service)s."))
describe("delivery.part_ended", _("Ended the service %(service)s, a part of %(repository)s."))

name_fields({"service": _("service"), "environments": _("environments"), "paths": _("folders")})
name_fields({"label": _("label"), "values": _("values that are incidents")})
describe("delivery.policy_changed", _("Changed what counts as a failure of which deployment."))
_said = {  # how the kinds of a correction read within these sentences
    CorrectionKind.FAILED.value: pgettext_lazy("said of a deployment", "is a failure"),
    CorrectionKind.HOTFIX.value: pgettext_lazy("said of a deployment", "is a hotfix"),
    CorrectionKind.NOT_HOTFIX.value: pgettext_lazy("said of a deployment", "is no hotfix"),
    CorrectionKind.EXCLUDE.value: pgettext_lazy("said of a deployment", "is left out of all figures"),
    CorrectionKind.NOT_INCIDENT.value: pgettext_lazy("said of an incident", "is no incident"),
}
_caused = {NO_DEPLOYMENT: pgettext_lazy("caused by", "no deployment")}
describe("delivery.corrected", _("Said that “%(title)s” %(what)s: %(reason)s"), _said)
describe("delivery.attributed", _("Said that “%(title)s” was caused by %(target)s: %(reason)s"), _caused)
describe("delivery.correction_withdrawn", _("Took back that “%(title)s” %(what)s: %(reason)s"), _said)
describe(
    "delivery.attribution_withdrawn", _("Took back that “%(title)s” was caused by %(target)s: %(reason)s"), _caused
)
name_fields(
    {
        "scope": _("whose deployments"),
        "look_back_days": _("look-back in days"),
        "rollbacks": _("rollbacks"),
        "reverts": _("reverts"),
        "hotfixes": _("hotfixes"),
        "hotfix_labels": _("labels of hotfixes"),
        "hotfix_branches": _("branches of hotfixes"),
        "edition": _("edition"),
        "target": _("deployment"),
    }
)
