"""Limits on guesses, counted in the cache that all processes share. How many stands in settings.SIGN_IN_LIMITS.

The counting is django-allauth's: each change of a counter is made under a lock in the cache, so two guesses at once count two.
"""

from __future__ import annotations

from allauth.core.internal import ratelimit
from allauth.core.internal.ratelimit import RateLimitUsage, handler429
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.refusals import Refused

__all__ = ["TooMany", "give_back", "handler429", "status_of", "take"]
TOO_MANY = "too_many_login_attempts"  # the code of the error in a form, django-allauth's


class TooMany(Refused):
    """Too many tries from this address, or at this account."""


def take(request: HttpRequest, action: str, key: str = "") -> RateLimitUsage:
    """Count one try of `action`, before it is looked at. TooMany. A try that was right is given back."""
    usage = ratelimit.consume(request, app="allauth.account", action=action, key=key)
    if usage is None:
        raise TooMany(_("Too many attempts. Wait a few minutes and try again."))
    return usage


def give_back(usage: RateLimitUsage) -> None:
    usage.rollback()


def status_of(form: forms.BaseForm) -> int:
    """The status of a page that shows this form again."""
    codes = {error.code for errors in form.errors.as_data().values() for error in errors}
    return 429 if TOO_MANY in codes else 422 if form.errors else 200
