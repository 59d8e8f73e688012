"""What the removal of a person does to the rows that hold personal data. The verb is services.people.remove."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import CASCADE

from core import clock
from teams.models import ApiToken, Invitation, Membership, OrganisationRole, Person, Theme
from teams.services.invitations import revoke
from teams.services.members import remove_member
from teams.services.tokens import revoke_token


def empty(person: Person, *, by: Person) -> None:
    """Inside the caller's transaction, with the person's row locked."""
    for membership in Membership.objects.filter(person=person).order_by("pk"):
        remove_member(membership=membership, by=by)
    end_tokens(person, by=by)
    _end_invitations(person, by)
    _delete_what_goes_along(person)
    _end_sessions(person)
    _empty_row(person)


def end_tokens(person: Person, *, by: Person | None) -> None:
    """The API tokens that the person made."""
    for token in ApiToken.objects.filter(maker=person, revoked_at=None).order_by("pk"):
        revoke_token(token=token, by=by)


def _end_invitations(person: Person, by: Person) -> None:
    """The open ones that the person made, and those to the person's address; the address goes out of used ones too."""
    invitations = Invitation.objects.select_for_update()
    addressed = invitations.filter(email__iexact=person.email)
    for invitation in (addressed | invitations.filter(created_by=person)).filter(accepted_at=None).order_by("pk"):
        revoke(invitation=invitation, by=by)
    addressed.update(email="")


def _delete_what_goes_along(person: Person) -> None:
    """Rows of any room and library that say of themselves that they do not stand without their person.

    Visits, half-made connections with the token that was typed; and of django-allauth addresses, second factors, sessions.
    """
    for model in apps.get_models():
        for key in model._meta.concrete_fields:
            if isinstance(key, models.ForeignKey) and key.related_model is Person and _goes_along(key):
                model._base_manager.filter(**{key.name: person}).delete()


def _goes_along(key: models.ForeignKey[Any, Any]) -> bool:
    return bool(key.remote_field.on_delete is CASCADE)


def _end_sessions(person: Person) -> None:
    """Every session that is the person's, or in which the address was typed, as in a sign-in that was not completed."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for session in Session.objects.iterator():
        kept = session.get_decoded()
        if kept.get("_auth_user_id") == str(person.pk) or person.email in str(kept).lower():
            store(session.session_key).delete()


def _empty_row(person: Person) -> None:
    person.name = ""
    person.email = f"removed-{person.pk}@invalid"
    person.set_unusable_password()
    person.organisation_role = OrganisationRole.READER
    person.language, person.theme, person.time_zone = settings.LANGUAGE_CODE, Theme.AUTO, "UTC"
    person.last_login = None
    person.is_active = False
    person.removed_at = clock.now()
    person.save()
