"""Where “is archived” and the like rest until the next page: as Django does it, in a cookie named as the portal's others are."""

from django.conf import settings
from django.contrib.messages.storage import cookie, fallback, session


class CookieStorage(cookie.CookieStorage):
    @property
    def cookie_name(self) -> str:  # type: ignore[override]
        return "__Host-messages" if settings.SESSION_COOKIE_SECURE else "messages"


class Storage(fallback.FallbackStorage):
    """In the cookie, and in the session where that is too small."""

    storage_classes = (CookieStorage, session.SessionStorage)
