"""Reading the knobs of `.env.example`: what cannot be understood stops the boot with one sentence, before it does harm."""

import ipaddress
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|\w([\w.-]*\w)?\.?)(:\d{1,5})?")


def refuse(sentence: str) -> NoReturn:
    """Stop the boot with one clear sentence and no traceback."""
    # An address may hold a password.
    sys.stderr.write(f"The portal does not start: {re.sub(r'://[^/”@]+@', '://…@', sentence)}\n")
    raise SystemExit(1)


class Knobs(environ.FileAwareEnv):
    """The environment; X_FILE names a file that holds X."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        try:
            value = super().get_value(var, *args, **kwargs)
            return value.strip() if isinstance(value, str) else value  # files end with a line break
        except OSError as error:
            refuse(f"{var}_FILE names {error.filename}, which cannot be read ({error.strerror}).")

    def count(self, var: str) -> int:
        """A small number, 0 where nothing is said."""
        text = self.str(var, default="").strip() or "0"
        if len(text) > 1 or text not in "0123456789":
            refuse(f"{var} is “{text}”; it must be a number from 0 to 9.")
        return int(text)

    def days(self, var: str, default: int) -> int:
        text = self.str(var, default="").strip() or str(default)
        if not text.isdecimal() or not 1 <= int(text) <= 3650:
            refuse(f"{var} is “{text}”; it must be a number of days from 1 to 3650.")
        return int(text)

    def mail(self, address: str) -> Mapping[str, Any]:
        """Django's settings of the mail server at `address`; none of a portal without mail."""
        try:
            return self.email_url_config(address or "dummymail://")  # type: ignore[no-any-return]
        except (ImproperlyConfigured, KeyError, ValueError):
            refuse("EMAIL_URL names no mail server; smtp+tls://user:password@mail.example.com:587 does.")


def with_password(address: str, password: str) -> str:
    """The address of a server with the password in it, if one is given by itself."""
    if not address or not password:
        return address
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f":{quote(password, safe='')}@{host}").geturl()


def is_encryption_key(text: str) -> bool:
    """Whether Fernet takes it; one that it does not would only be noticed when the first token is stored."""
    try:
        Fernet(text)
    except ValueError:
        return False
    return True


def is_host_or_network(text: str) -> bool:
    """Whether core/http_guard.py can ever find a host in it: a name or address with or without port, or a network."""
    with suppress(ValueError):
        ipaddress.ip_network(text.strip("[]"), strict=False)
        return True
    return bool(_HOST.fullmatch(text))
