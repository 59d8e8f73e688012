"""What an authenticator app shows, computed by RFC 6238 itself rather than by the code under test."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from datetime import datetime

from core import clock
from teams.models import Person
from teams.services import second_factors

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def shown(secret: str = SECRET, at: datetime | None = None) -> str:
    """The six digits of the half minute of `at`."""
    step = int((at or clock.now()).timestamp()) // 30
    mac = hmac.new(base64.b32decode(secret.replace(" ", "")), struct.pack(">Q", step), hashlib.sha1).digest()
    start = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def set_up(person: Person, at: datetime | None = None) -> list[str]:
    """Give the person an app of SECRET, set up at `at`; the recovery codes."""
    with clock.at(at or clock.now()):
        return second_factors.add_app(person=person, secret=SECRET, code=shown())
