"""The folder with the archives that are kept. It is what the page lists: a restore replaces every table, and no archive."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from backups import archive, signing
from backups.archive import Manifest
from core import clock

_NAME = re.compile(r"[a-z]+-\d{8}T\d{6}(-\d+)?\.zip")
LARGEST_UPLOAD = 1 << 30  # bytes; a larger one is restored on the server


@dataclass(frozen=True)
class Kept:
    """An archive in the folder; `manifest` is None where it cannot be read."""

    path: Path
    size: int
    manifest: Manifest | None
    is_ours: bool = True  # sealed with one of the present keys, as it says; the seal itself is checked before a restore

    @property
    def name(self) -> str:
        return self.path.name


def folder() -> Path:
    settings.ARCHIVES.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Path(settings.ARCHIVES)


def listed() -> list[Kept]:
    """Newest first, by when they were made or brought here. What is being written is empty, and not listed."""
    found = [path for path in folder().iterdir() if _NAME.fullmatch(path.name) and path.stat().st_size]
    by_time = sorted(found, key=lambda path: path.name.partition("-")[2], reverse=True)
    return [Kept(path, path.stat().st_size, archive.glance(path), signing.names_our_key(path)) for path in by_time]


def find(name: str) -> Path | None:
    """The archive of that name, if it is one's and is there."""
    path = folder() / name
    return path if _NAME.fullmatch(name) and path.is_file() else None


def new(kind: str) -> Path:
    """A path for another one, which nobody else gets: an empty file stands there."""
    stem = f"{kind}-{clock.now():%Y%m%dT%H%M%S}"
    for number in range(1, 1000):
        path = folder() / (f"{stem}.zip" if number == 1 else f"{stem}-{number}.zip")
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            continue
        return path
    raise FileExistsError(stem)


def put(kind: str, chunks: Iterable[bytes]) -> Path:
    """What somebody brings, checked before it is listed. Unusable, OSError: then it is gone again."""
    path = new(kind)
    part = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            for chunk in chunks:
                file.write(chunk)
        with archive.opened(part):
            part.replace(path)
    except BaseException:
        path.unlink(missing_ok=True)
        part.unlink(missing_ok=True)
        raise
    return path
