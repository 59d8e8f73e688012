"""Secrets of the embedded portal: made once, kept under `var/` with mode 0600, never printed."""

import os
import secrets
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

from mlops_portal.knobs import refuse

made_here: set[Path] = set()  # by this process; a key among them fits nothing that was stored before


def _kept(path: Path, made: str) -> str:
    """The content of `path`; `made`, written there, if there was none.

    Written beside and linked into place, so that of two processes that start at once both read the first one's secret
    and neither reads half a file. mkstemp gives mode 0600.
    """
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "w") as file:
                file.write(made)
            try:
                os.link(beside, path)
                made_here.add(path)
            except FileExistsError:
                pass  # another process was first
            finally:
                os.unlink(beside)
        except OSError as error:
            refuse(f"{path} cannot be written ({error.strerror}).")
    return path.read_text().strip()


def withdraw_made_key(var: Path) -> bool:
    """Take the key away again that this process made; whether it had made one."""
    if (var / "encryption_key") not in made_here:
        return False
    (var / "encryption_key").unlink(missing_ok=True)
    return True


def withdraw_made() -> None:
    """Take away whatever this process made: it turned out that no portal lives here."""
    for path in made_here:
        path.unlink(missing_ok=True)
    made_here.clear()


def embedded_secret_key(var: Path) -> str:
    return _kept(var / "secret_key", secrets.token_urlsafe(50))


def embedded_encryption_key(var: Path) -> str:
    return _kept(var / "encryption_key", Fernet.generate_key().decode())
