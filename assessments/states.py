"""The words that are stored: what an answer can say, where a round stands."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What an answer says of a criterion."""

    STATE = "state", _("Answered")
    UNKNOWN = "unknown", _("Unknown")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")
    EXEMPT = "exempt", _("Exempt")
    INHERITED = "inherited", _("Inherited")


class Source(models.TextChoices):
    """Where an answer came from. `accepted`: a person took over what the portal found."""

    PERSON = "person", _("by a person")
    ACCEPTED = "accepted", _("accepted")
    IMPORTED = "imported", _("imported")


class RoundState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    REVIEWED = "reviewed", _("Reviewed")


class Decision(models.TextChoices):
    """On a request for an exemption; "" while nobody has decided."""

    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
