"""The closed sets of words that rows of this room hold: roles, scopes, states and what a person chose."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OrganisationRole(models.TextChoices):
    """What a person may do in the organisation."""

    READER = "reader", _("Reader")
    MANAGER = "manager", _("Manager")
    ADMINISTRATOR = "administrator", _("Administrator")


class TeamRole(models.TextChoices):
    """What a person may do in a team."""

    EDITOR = "editor", _("Editor")
    TEAM_ADMIN = "team_admin", _("Team admin")


class JobRole(models.TextChoices):
    """The guide's five roles. A job role never grants anything."""

    MLOPS_ENGINEER = "mlops_engineer", _("MLOps engineer")
    DATA_ENGINEER = "data_engineer", _("Data engineer")
    ML_ENGINEER = "ml_engineer", _("ML engineer")
    DATA_SCIENTIST = "data_scientist", _("Data scientist")
    PRODUCT_OWNER = "product_owner", _("Product owner")


class SecondFactor(models.TextChoices):
    """Who must have a second factor to sign in with."""

    OPTIONAL = "optional", _("Nobody; each person decides")
    ADMINISTRATORS = "administrators", _("Administrators")
    EVERYONE = "everyone", _("Everyone")


class Theme(models.TextChoices):
    AUTO = "auto", _("As the device")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class InvitationState(models.TextChoices):
    OPEN = "open", _("Open")
    ACCEPTED = "accepted", _("Accepted")
    REVOKED = "revoked", _("Revoked")
    EXPIRED = "expired", _("Expired")


class TokenScope(models.TextChoices):
    READ = "read", _("Read")
    WRITE = "write", _("Read and write")
    KEY_RESULT = "key_result", _("Check in on one key result")


class TokenState(models.TextChoices):
    """Whether a token works, and if not, why."""

    WORKS = "works", _("Works")
    EXPIRES_SOON = "expires_soon", _("Expires soon")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")
    MAKER_LEFT = "maker_left", _("Ended: its maker left the team")
    MAKER_DEACTIVATED = "maker_deactivated", _("Ended: its maker was deactivated")
    MAKER_REMOVED = "maker_removed", _("Ended: its maker was removed")
