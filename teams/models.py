"""Who there is: one organisation, its people, teams, memberships, invitations and API tokens."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import rules
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import clock
from teams.audit import AuditEvent
from teams.choices import (
    InvitationState,
    JobRole,
    OrganisationRole,
    SecondFactor,
    TeamRole,
    Theme,
    TokenScope,
    TokenState,
)
from teams.querysets import (
    ApiTokenQuerySet,
    InvitationQuerySet,
    MembershipQuerySet,
    PersonQuerySet,
    TeamGroupQuerySet,
    TeamQuerySet,
)

__all__ = [
    "ApiToken",
    "AuditEvent",
    "Invitation",
    "InvitationState",
    "JobRole",
    "Membership",
    "Organisation",
    "OrganisationRole",
    "Person",
    "SecondFactor",
    "SetupCode",
    "Team",
    "TeamGroup",
    "TeamRole",
    "Theme",
    "TokenScope",
    "TokenState",
    "Visit",
]

EXPIRES_SOON = timedelta(days=14)


@cache
def time_zones() -> frozenset[str]:
    """All names of the zone database; it is a folder of files, so it is walked once."""
    return frozenset(available_timezones())


def validate_time_zone(name: str) -> None:
    if name not in time_zones():
        raise ValidationError(_("“%(name)s” is not a time zone."), params={"name": name})


class Organisation(models.Model):
    """The one organisation of this installation (pk 1). It exists from the moment that set-up is complete."""

    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(_("default language"), max_length=8, choices=settings.LANGUAGES, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_time_zone])
    second_factor = models.CharField(
        _("second factor"), max_length=16, choices=SecondFactor.choices, default=SecondFactor.OPTIONAL
    )

    class Meta:
        # Two set-ups at once: the second one's insert breaks here, so there is only ever one first administrator.
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_organisation")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> Organisation | None:
        """The organisation, or None before set-up."""
        return cls.objects.first()


class PersonManager(BaseUserManager["Person"].from_queryset(PersonQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(email__iexact=username)  # type: ignore[no-any-return]


class Person(AbstractBaseUser):
    """A person, and the account to sign in with. Its pk is the opaque id that append-only rows hold.

    A removed person's row stays and is emptied; name and address live nowhere else.
    """

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=120)
    organisation_role = models.CharField(
        _("role"), max_length=16, choices=OrganisationRole.choices, default=OrganisationRole.READER
    )
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")
    theme = models.CharField(_("appearance"), max_length=8, choices=Theme.choices, default=Theme.AUTO)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_time_zone])
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(default=clock.now, editable=False)
    is_sample = models.BooleanField(default=False, editable=False)  # nobody ever signs in as this person
    removed_at = models.DateTimeField(null=True, editable=False)  # emptied then: see services.people.remove
    # Whether somebody else has the same name. Kept with the row, so that no page has to ask in order to tell them apart.
    shares_name = models.BooleanField(default=False, editable=False)
    # Raised with each link to set a password or to move to another address: it ends the links made before.
    reset_serial = models.PositiveIntegerField(default=0, editable=False)
    email_serial = models.PositiveIntegerField(default=0, editable=False)

    _stored_name = ""  # as the row has it; "" before there is one
    # The API token by which this request came, if any: it narrows what visible_to() and the rules allow.
    token: ApiToken | None = None

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = PersonManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="person_email_ignoring_case"),
            # Whoever sets a password, by whatever way: a sample person has none that opens, and administers nothing.
            models.CheckConstraint(
                name="sample_person_cannot_sign_in",
                condition=models.Q(is_sample=False)
                | models.Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
                & ~models.Q(organisation_role=OrganisationRole.ADMINISTRATOR),
            ),
        ]

    def __str__(self) -> str:
        """What every page, file and sentence calls the person: the name, with the address where another has the same name."""
        if self.removed_at:
            return gettext("removed person")
        return f"{self.name} ({self.email})" if self.shares_name and self.name else self.name or self.email

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **more: Any) -> Person:
        found = super().from_db(db, field_names, values, **more)
        found._stored_name = found.__dict__.get("name", "")
        return found

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.lower()  # sign-in looks addresses up in small letters
        super().save(*args, **kwargs)
        if self.name != self._stored_name:
            for name in {self.name, self._stored_name} - {""}:
                Person.objects.tell_apart(name)
            self._stored_name = self.name
            self.shares_name = Person.objects.filter(pk=self.pk, shares_name=True).exists()

    @property
    def initials(self) -> str:
        """One or two letters for the avatar; one character of a name without spaces, as Japanese names are written."""
        if self.removed_at:
            return "–"
        parts = (self.name or self.email).split()
        return "".join(part[0] for part in (parts[0], parts[-1])[: len(parts)]).upper()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Whether this person may do `perm` (teams/access.py) to `obj`."""
        return self.is_active and bool(rules.has_perm(perm, self, obj))


class TeamGroup(models.Model):
    """A group of teams, as a department."""

    name = models.CharField(_("name"), max_length=80)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = TeamGroupQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name")]
        constraints = [models.UniqueConstraint(Lower("name"), name="group_name_ignoring_case")]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """A team. `time_zone` "" means the organisation's; days of all its figures are days of that zone."""

    name = models.CharField(_("name"), max_length=80)
    group = models.ForeignKey(
        TeamGroup, verbose_name=_("group"), null=True, blank=True, on_delete=models.SET_NULL, related_name="teams"
    )
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, default="", validators=[validate_time_zone])
    created_at = models.DateTimeField(default=clock.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = TeamQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                condition=models.Q(archived_at=None),
                name="team_name_ignoring_case",
                violation_error_message=_("There is already a team of this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the team's days; reads the organisation's where the team has none of its own."""
        if self.time_zone:
            return ZoneInfo(self.time_zone)
        organisation = Organisation.current()
        return ZoneInfo(organisation.time_zone if organisation else "UTC")


class Membership(models.Model):
    """A person in a team, with an access role, and a job role that grants nothing."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=16, choices=TeamRole.choices, default=TeamRole.EDITOR)
    job_role = models.CharField(_("job"), max_length=24, choices=JobRole.choices, blank=True, default="")
    joined_at = models.DateTimeField(default=clock.now, editable=False)
    # Unique, so that an invitation can never make two memberships, whatever comes together.
    invitation = models.OneToOneField(
        "Invitation", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="membership"
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("team", "person", name="one_membership_each")]

    def __str__(self) -> str:
        return f"{self.person} · {self.team}"


class Invitation(models.Model):
    """An invitation to a team by a link that works once. Only the digest of its secret is kept.

    One with an address is for that address only.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(_("role"), max_length=16, choices=TeamRole.choices, default=TeamRole.EDITOR)
    job_role = models.CharField(_("job"), max_length=24, choices=JobRole.choices, blank=True, default="")
    email = models.EmailField(_("e-mail address"), blank=True, default="")
    secret_digest = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(accepted_at=None, accepted_by=None)
                | models.Q(accepted_at__isnull=False, accepted_by__isnull=False, revoked_at=None),
                name="invitation_accepted_by_someone_or_not",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email or '?'} · {self.team}"

    @property
    def state(self) -> InvitationState:
        if self.accepted_at:
            return InvitationState.ACCEPTED
        if self.revoked_at:
            return InvitationState.REVOKED
        return InvitationState.OPEN if clock.now() < self.expires_at else InvitationState.EXPIRED


def ninety_days_from_now() -> datetime:
    return clock.now() + timedelta(days=90)


class ApiToken(models.Model):
    """A team's token for the API. It never exceeds its maker's present rights nor its scope; only its digest is kept.

    `key_result_id`: the one key result that a token of that scope is for. A plain number: OKRs are a room above this one.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="tokens")
    maker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=80)
    scope = models.CharField(_("scope"), max_length=16, choices=TokenScope.choices, default=TokenScope.READ)
    key_result_id = models.PositiveBigIntegerField(null=True, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False)  # the first characters, to tell tokens apart
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField(default=ninety_days_from_now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)  # to the minute
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="token_for_one_key_result_or_none",
                condition=models.Q(scope="key_result", key_result_id__isnull=False)
                | ~models.Q(scope="key_result") & models.Q(key_result_id=None),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> TokenState:
        """Of tokens that were read `with_standing`."""
        now = clock.now()
        # What became of the maker comes first: it revoked the token too.
        if self.maker.removed_at:
            return TokenState.MAKER_REMOVED
        if not self.maker.is_active:
            return TokenState.MAKER_DEACTIVATED
        if not self.maker_belongs:  # type: ignore[attr-defined]
            return TokenState.MAKER_LEFT
        if self.revoked_at:
            return TokenState.REVOKED
        if self.expires_at <= now:
            return TokenState.EXPIRED
        return TokenState.EXPIRES_SOON if self.expires_at - now <= EXPIRES_SOON else TokenState.WORKS

    @property
    def works(self) -> bool:
        return self.state in (TokenState.WORKS, TokenState.EXPIRES_SOON)


class Visit(models.Model):
    """When a person's present visit to home began, and the one before it: what is new is what came since then."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="visit")
    began_at = models.DateTimeField()
    before_at = models.DateTimeField(null=True)  # None: this is the first one


class SetupCode(models.Model):
    """The digest of the one-time code that the console showed. At most one row; gone once the portal is set up."""

    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=clock.now)
