"""How the portal wants django-allauth's second factors: their secrets are encrypted with the keys of connections."""

from __future__ import annotations

from allauth.mfa.adapter import DefaultMFAAdapter

from core import crypto


class PortalMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.decrypt(encrypted_text)
