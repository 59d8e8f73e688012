"""`make secrets`: the secrets of the compose file, one file each in `secrets/`. What is there already is left alone.

The folder is its owner's alone (0700). The files inside may be read by all: a container mounts the file by itself, and
reads it as a user of its own who owns nothing here. Standard library only, so that a server needs no install for it.
"""

import base64
import os
import secrets
from pathlib import Path

from ops.bootstrap import ROOT
from ops.say import refuse, say

MADE = {
    "secret_key": lambda: secrets.token_urlsafe(50),
    "encryption_keys": lambda: base64.urlsafe_b64encode(os.urandom(32)).decode(),
    "postgres_password": lambda: secrets.token_urlsafe(32),
    "redis_password": lambda: secrets.token_urlsafe(32),
    "email_url": lambda: "",  # smtp+tls://user:password@mail.example.com:587; empty: no mail
}


def make(folder: Path) -> list[str]:
    """Make what is missing; its names."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    made = [name for name in MADE if not (folder / name).exists()]
    for name in made:
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with os.fdopen(handle, "w") as file:
            file.write(MADE[name]())
        (folder / name).chmod(0o644)
    return made


def main() -> None:
    folder = ROOT / "secrets"
    try:
        made = make(folder)
    except OSError as error:
        refuse(f"{error.filename} cannot be written ({error.strerror}).")
    say(f"Made in {folder}: {', '.join(made)}." if made else f"All secrets are in {folder} already.")
    say("Keep a copy of them apart from the backups: without the encryption key no backup can be read.")


if __name__ == "__main__":
    main()
