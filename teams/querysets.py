"""What is read of people and teams, by names that say what is meant. `visible_to(user)` is who may see what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext

from core import clock
from core.addresses import pk_in
from core.crypto import digest

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser

    from teams.models import ApiToken, Invitation, Membership, Person, Team, TeamGroup  # noqa: F401

_BY_NAME = (Lower("name"), "pk")


class PersonQuerySet(QuerySet["Person"]):
    def visible_to(self, user: Person | AnonymousUser) -> PersonQuerySet:
        """Everyone signed in sees everyone; a team's token sees its team."""
        if not user.is_authenticated:
            return self.none()
        if user.token is not None:
            return self.filter(memberships__team=user.token.team_id)
        return self

    def active(self) -> PersonQuerySet:
        return self.filter(is_active=True)

    def deactivated(self) -> PersonQuerySet:
        return self.present().filter(is_active=False)

    def present(self) -> PersonQuerySet:
        """Everyone who was not removed."""
        return self.filter(removed_at=None)

    def administrators(self) -> PersonQuerySet:
        return self.active().filter(organisation_role="administrator")

    def sample(self) -> PersonQuerySet:
        """The people of the sample organisation: nobody signs in as one of them."""
        return self.filter(is_sample=True)

    def tell_apart(self, name: str) -> None:
        """Keep whether several people have this name."""
        alike = self.present().filter(name=name)
        alike.update(shares_name=alike.count() > 1)

    def with_role(self, role: str) -> PersonQuerySet:
        return self.filter(organisation_role=role)

    def with_address(self, email: str) -> PersonQuerySet:
        return self.filter(email__iexact=email)

    def matching(self, text: str) -> PersonQuerySet:
        return self.filter(Q(name__icontains=text) | Q(email__icontains=text)) if text else self

    def names(self, pks: Iterable[int | None]) -> dict[int, str]:
        """The present names by pk, of those in `pks`, as they stand in a sentence."""
        gone = gettext("(a removed person)")
        people = self.filter(pk__in={pk for pk in pks if pk is not None})
        return {person.pk: gone if person.removed_at else str(person) for person in people}

    def with_teams(self) -> PersonQuerySet:
        """Each person's memberships in active teams as `shown_memberships`, in one more query for all."""
        from teams.models import Membership

        listed = Membership.objects.filter(team__archived_at=None).select_related("team").order_by(Lower("team__name"))
        return self.prefetch_related(Prefetch("memberships", listed, to_attr="shown_memberships"))

    def listed_with(self, person_id: int | None) -> PersonQuerySet:
        """By name everyone who was not removed, and this person in any case."""
        return self.filter(Q(removed_at=None) | Q(pk=person_id)).listed()

    def listed(self, sort: str = "") -> PersonQuerySet:
        """By name, or the newest first."""
        return self.order_by("-date_joined", "-pk") if sort == "newest" else self.order_by(*_BY_NAME)


class TeamQuerySet(QuerySet["Team"]):
    def visible_to(self, user: Person | AnonymousUser) -> TeamQuerySet:
        """Everyone signed in reads every team; a team's token only its own."""
        if not user.is_authenticated:
            return self.none()
        if user.token is not None:
            return self.filter(pk=user.token.team_id)
        return self

    def sample(self) -> TeamQuerySet:
        return self.filter(is_sample=True)

    def active(self) -> TeamQuerySet:
        return self.filter(archived_at=None)

    def archived(self) -> TeamQuerySet:
        return self.exclude(archived_at=None)

    def of(self, person: Person) -> TeamQuerySet:
        return self.filter(memberships__person=person)

    def in_group(self, group: str) -> TeamQuerySet:
        """The teams of the group with this pk, as a URL has it; of "none" those without; anything else is everything."""
        if group == "none":
            return self.filter(group=None)
        pk = pk_in(group)
        return self if pk is None else self.filter(group=pk)

    def matching(self, text: str) -> TeamQuerySet:
        return self.filter(Q(name__icontains=text) | Q(group__name__icontains=text)) if text else self

    def listed(self, sort: str = "") -> TeamQuerySet:
        """By group, then by name, teams without a group last; or by `name`, by number of `people`, or the `newest` first."""
        related = self.select_related("group")
        match sort:
            case "name":
                return related.order_by(*_BY_NAME)
            case "people":  # after with_people_count()
                return related.order_by("-people_count", *_BY_NAME)
            case "newest":
                return related.order_by("-created_at", "-pk")
        return related.order_by(F("group__name").asc(nulls_last=True), *_BY_NAME)

    def found_by(self, words: str) -> TeamQuerySet:
        """As `matching`, by the name of a product owner too."""
        if not words:
            return self
        owned = Q(memberships__job_role="product_owner", memberships__person__name__icontains=words)
        return self.filter(Q(pk__in=self.matching(words).values("pk")) | owned).distinct()

    def with_product_owners(self) -> TeamQuerySet:
        """Each team's active product owners as `product_owners` (memberships), in one more query for all."""
        from teams.models import Membership

        listed = Membership.objects.product_owners()
        return self.prefetch_related(Prefetch("memberships", listed, to_attr="product_owners"))

    def with_people_count(self) -> TeamQuerySet:
        return self.annotate(people_count=Count("memberships", filter=Q(memberships__person__is_active=True)))


class TeamGroupQuerySet(QuerySet["TeamGroup"]):
    def sample(self) -> TeamGroupQuerySet:
        return self.filter(is_sample=True)

    def offered_to(self, team: Team | None) -> TeamGroupQuerySet:
        """What a team, or a new one, may belong to: groups of the sample go with it, so they are its own teams'."""
        if team is not None and team.is_sample:
            return self
        return self.filter(Q(is_sample=False) | Q(pk=team.group_id if team else None))

    def with_team_count(self) -> TeamGroupQuerySet:
        return self.annotate(team_count=Count("teams", filter=Q(teams__archived_at=None))).order_by(*_BY_NAME)


class MembershipQuerySet(QuerySet["Membership"]):
    def visible_to(self, user: Person | AnonymousUser) -> MembershipQuerySet:
        """As the teams: everyone signed in sees every team's members, a token its own team's."""
        if not user.is_authenticated:
            return self.none()
        if user.token is not None:
            return self.filter(team=user.token.team_id)
        return self

    def product_owners(self) -> MembershipQuerySet:
        """The active ones, by name."""
        return self.filter(job_role="product_owner", person__is_active=True).listed()

    def listed(self) -> MembershipQuerySet:
        return self.select_related("person").order_by(Lower("person__name"), "pk")

    def by_team(self) -> MembershipQuerySet:
        return self.select_related("team").order_by(F("team__archived_at").asc(nulls_first=True), Lower("team__name"))


class InvitationQuerySet(QuerySet["Invitation"]):
    def never_accepted(self, before: datetime) -> InvitationQuerySet:
        """Those that ended before without anybody having come: they hold an address of somebody who is nobody here."""
        return self.filter(accepted_at=None).filter(Q(expires_at__lt=before) | Q(revoked_at__lt=before))

    def listed(self) -> InvitationQuerySet:
        """Newest first."""
        return self.select_related("team", "created_by", "accepted_by").order_by("-created_at", "-pk")

    def by_secret(self, secret: str) -> InvitationQuerySet:
        return self.filter(secret_digest=digest(secret))


class ApiTokenQuerySet(QuerySet["ApiToken"]):
    def by_secret(self, secret: str) -> ApiTokenQuerySet:
        return self.filter(digest=digest(secret))

    def with_standing(self) -> ApiTokenQuerySet:
        """`maker_belongs`: whether the maker still is an active member. A token ends with that."""
        from teams.models import Membership

        still = Membership.objects.filter(team=OuterRef("team"), person=OuterRef("maker"), person__is_active=True)
        return self.annotate(maker_belongs=Exists(still))

    def usable(self) -> ApiTokenQuerySet:
        """Those that work now: not revoked, not expired, the maker an active member."""
        unended = self.filter(revoked_at=None, expires_at__gt=clock.now())
        return unended.with_standing().filter(Q(maker_belongs=True))

    def listed(self) -> ApiTokenQuerySet:
        """The unrevoked ones first, each kind newest first."""
        related = self.select_related("maker", "team").with_standing()
        return related.order_by(F("revoked_at").desc(nulls_first=True), "-created_at", "-pk")
