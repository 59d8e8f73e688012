"""How the portal wants django-allauth: accounts arise only from the set-up code or an invitation."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class PortalAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, object]) -> None:
        """Send, unless there is no mail server: an administrator then makes a reset link to copy."""
        if settings.MAIL_WORKS or settings.PORTAL_ENV == "test":
            super().send_mail(template_prefix, email, context)
