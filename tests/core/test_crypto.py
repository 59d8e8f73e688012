import pytest
from cryptography.fernet import Fernet
from django.test import override_settings

from core import crypto

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_what_is_stored_is_not_what_was_given() -> None:
    stored = crypto.encrypt("ghp_secret")
    assert "ghp_secret" not in stored
    assert crypto.decrypt(stored) == "ghp_secret"


def test_keys_rotate() -> None:
    with override_settings(ENCRYPTION_KEYS=[OLD]):
        stored = crypto.encrypt("ghp_secret")
    with override_settings(ENCRYPTION_KEYS=[NEW, OLD]):
        assert crypto.decrypt(stored) == "ghp_secret"
        again = crypto.encrypt("ghp_secret")
    with override_settings(ENCRYPTION_KEYS=[NEW]):
        assert crypto.decrypt(again) == "ghp_secret"
        with pytest.raises(crypto.Undecryptable):
            crypto.decrypt(stored)


def test_tokens_are_long_and_recognised_by_their_digest() -> None:
    one, other = crypto.new_token(), crypto.new_token()
    assert len(one) >= 40
    assert crypto.digest(one) == crypto.digest(one)
    assert crypto.digest(one) != crypto.digest(other)
