"""A limit on guesses, counted in the cache that all processes share."""

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest

WRONG_CODES = 10
MINUTES = 10


def _key(request: HttpRequest) -> str:
    return f"wrong-setup-codes-{get_adapter().get_client_ip(request)}"


def too_many_wrong_codes(request: HttpRequest) -> bool:
    """Whether this address has entered WRONG_CODES wrong codes within MINUTES. By address, so that nobody locks out others."""
    return int(cache.get(_key(request), 0)) >= WRONG_CODES


def note_wrong_code(request: HttpRequest) -> None:
    key = _key(request)
    cache.add(key, 0, timeout=MINUTES * 60)
    try:
        cache.incr(key)
    except ValueError:  # it ran out between the two lines
        cache.set(key, 1, timeout=MINUTES * 60)
