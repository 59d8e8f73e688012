"""The seal of an archive: its last 64 bytes are the HMAC-SHA256, in hex, of everything before them.

They stand at the end of the ZIP file's comment, behind the format's number and the key's name. The key is derived from one of
ENCRYPTION_KEYS, so that nothing of an archive is looked at which this portal, or one with its key, did not write.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from pathlib import Path
from typing import IO, NoReturn

from django.utils.translation import gettext as _

from core.crypto import derived_keys
from core.refusals import Refused

FORMAT = 1
_PURPOSE = "mlops-portal archive"
_SEAL = re.compile(rb"mlops-portal archive (\d{1,6}) key ([0-9a-f]{16}) hmac ([0-9a-f]{64})\Z")
_MAC = 64  # characters
_CHUNK = 1 << 20


class Unusable(Refused):
    """A file that nothing is restored from. The message says why and what to do."""


def _name(key: bytes) -> str:
    """By which an archive says which key sealed it; tells nothing about the key."""
    return hmac.new(key, b"name", hashlib.sha256).hexdigest()[:16]


def open_seal() -> bytes:
    """The ZIP comment of an archive that is being written: `seal` fills the end."""
    return f"mlops-portal archive {FORMAT} key {_name(derived_keys(_PURPOSE)[0])} hmac {'0' * _MAC}".encode()


def seal(file: IO[bytes]) -> None:
    file.seek(-_MAC, os.SEEK_END)
    mac = _mac(file, derived_keys(_PURPOSE)[0])
    file.seek(-_MAC, os.SEEK_END)
    file.write(mac)


def names_our_key(path: Path) -> bool:
    """Whether the archive says that one of the present keys sealed it: for a list, where nothing is read whole."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 200))
            found = _SEAL.search(file.read())
    except OSError:
        return False
    return found is not None and found[2].decode() in map(_name, derived_keys(_PURPOSE))


def check(file: IO[bytes]) -> None:
    """Unusable unless the file is whole, unchanged and sealed with one of the present keys in a format that is known."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 200))
    found = _SEAL.search(file.read())
    if found is None:
        raise Unusable(_("This is no archive of the portal, or its end is missing."))
    if int(found[1]) > FORMAT:
        _refuse_newer()
    key = next((key for key in derived_keys(_PURPOSE) if _name(key).encode() == found[2]), None)
    if key is None:
        raise Unusable(
            _(
                "This archive was made with another encryption key. Put that key at the end of ENCRYPTION_KEYS, "
                "or in var/encryption_key, and start again."
            )
        )
    if not hmac.compare_digest(_mac(file, key), found[3]):
        raise Unusable(_("This archive is damaged, or somebody changed it. Take another copy."))


def _refuse_newer() -> NoReturn:
    raise Unusable(_("This archive was made by a newer version of the portal. Update this portal first."))


def _mac(file: IO[bytes], key: bytes) -> bytes:
    """Of everything but the last 64 bytes."""
    left = file.seek(0, os.SEEK_END) - _MAC
    file.seek(0)
    mac = hmac.new(key, digestmod=hashlib.sha256)
    while left:
        chunk = file.read(min(left, _CHUNK))
        if not chunk:
            break  # it is growing shorter under our hands; the comparison says no
        mac.update(chunk)
        left -= len(chunk)
    return mac.hexdigest().encode()
