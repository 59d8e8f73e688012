"""Limits on guesses, counted in the cache that all processes share. How many stands in settings.SIGN_IN_LIMITS.

The counting is django-allauth's: each change of a counter is made under a lock in the cache, so two guesses at once count two.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING

from allauth.core.internal import ratelimit
from allauth.core.internal.ratelimit import RateLimitUsage, handler429
from django import forms
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.refusals import Refused
from teams import security_log

if TYPE_CHECKING:
    from teams.models import Person

__all__ = ["TooMany", "counted_as", "forget", "give_back", "handler429", "status_of", "take"]
_LONGEST = 60 * 60  # seconds of the longest limit in settings.SIGN_IN_LIMITS that counts an account
TOO_MANY = "too_many_login_attempts"  # the code of the error in a form, django-allauth's


class TooMany(Refused):
    """Too many tries from this address, or at this account."""


def take(request: HttpRequest, action: str, key: str = "") -> RateLimitUsage:
    """Count one try of `action`, before it is looked at. TooMany. A try that was right is given back."""
    usage = ratelimit.consume(request, app="allauth.account", action=action, key=counted_as(key), limit_get=True)
    if usage is None:
        security_log.throttled(action)
        raise TooMany(_("Too many attempts. Wait a few minutes and try again."))
    return usage


def counted_as(key: str) -> str:
    """Under what the tries at `key` are counted: another name after `forget`, whichever addresses they came from."""
    return f"{key} {cache.get(_name_of(key), '')}"


def forget(person: Person) -> None:
    """Count the tries at this person's account from zero."""
    for key in (person.email.lower(), f"person-{person.pk}"):
        cache.set(_name_of(key), uuid.uuid4().hex, timeout=2 * _LONGEST)


def _name_of(key: str) -> str:
    return f"tries-counted-as:{hashlib.sha256(key.encode()).hexdigest()}"


def give_back(usage: RateLimitUsage) -> None:
    usage.rollback()


def status_of(form: forms.BaseForm) -> int:
    """The status of a page that shows this form again."""
    codes = {error.code for errors in form.errors.as_data().values() for error in errors}
    return 429 if TOO_MANY in codes else 422 if form.errors else 200
