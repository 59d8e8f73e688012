"""Encryption at rest of what must be read again (connection tokens), and hashes of what must only be recognised."""

import hashlib
import secrets
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models


def _fernet() -> MultiFernet:
    """The first key of ENCRYPTION_KEYS encrypts, all of them decrypt: put a new one in front to rotate."""
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])


class Undecryptable(Exception):
    """None of the present ENCRYPTION_KEYS made this value."""


def encrypt(text: str) -> str:
    return _fernet().encrypt(text.encode()).decode()


def decrypt(stored: str) -> str:
    try:
        return _fernet().decrypt(stored.encode()).decode()
    except InvalidToken as error:
        raise Undecryptable from error


def derived_keys(purpose: str) -> list[bytes]:
    """A key of 32 bytes for each of ENCRYPTION_KEYS, in their order: what signs is not what encrypts."""
    return [HKDF(SHA256(), 32, None, purpose.encode()).derive(key.encode()) for key in settings.ENCRYPTION_KEYS]


class Ciphertext(str):
    """A value of an EncryptedTextField as it stands in the database: an archive holds it so, and it is written as it is."""


class EncryptedTextField(models.TextField):
    """Text that stands encrypted in the database and plain on the instance. It cannot be searched. "" stays ""."""

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Ciphertext):
            return str(value)
        value = super().get_prep_value(value)
        return encrypt(value) if value else value

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return decrypt(value) if value else value


def new_token(bytes_: int = 32) -> str:
    """A random token to be shown once; store only its `digest`."""
    return secrets.token_urlsafe(bytes_)


def digest(token: str) -> str:
    """SHA-256 in hex. Enough without salt: tokens are random and long."""
    return hashlib.sha256(token.encode()).hexdigest()
