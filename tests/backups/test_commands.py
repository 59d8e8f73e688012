"""`make backup` and `make restore` as they are typed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from backups import archive
from ops.run import make_folders
from teams.models import TeamGroup
from tests.backups.conftest import FIRST
from tests.backups.databases import environment, opened

pytestmark = pytest.mark.django_db


def run(
    address: str, folder: Path, *words: str, stdin: Any = subprocess.DEVNULL, **knobs: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "manage", *words],
        cwd=settings.BASE_DIR,
        env=environment(address, folder) | knobs,
        stdin=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def test_there_and_back_by_hand(portal: str, tmp_path: Path) -> None:
    file = tmp_path / "portal.zip"
    made = run(portal, tmp_path, "backup", str(file))
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith(f"{file}: ")
    assert ", of the " in made.stdout
    assert "://" not in made.stdout
    assert "is there already" in run(portal, tmp_path, "backup", str(file)).stderr
    with opened(portal) as database:
        TeamGroup._base_manager.using(database.alias).create(name="later")
    other = run(portal, tmp_path, "restore", str(file), ENCRYPTION_KEYS="A" * 43 + "=")
    assert other.returncode == 1
    assert other.stderr.count("\n") == 1
    assert "made with another encryption key" in other.stderr
    missing = run(portal, tmp_path, "restore", str(tmp_path / "none.zip"))
    assert missing.stderr == f"CommandError: {tmp_path / 'none.zip'}: No such file or directory. Nothing was changed.\n"
    done = run(portal, tmp_path, "restore", str(file))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Restored. Everyone signs in again." in done.stdout
    with opened(portal) as database:
        assert not TeamGroup._base_manager.using(database.alias).filter(name="later").exists()


def test_handed_out_on_standard_output_nothing_of_it_stays(portal: str, tmp_path: Path) -> None:
    file = tmp_path / "portal.zip"
    with file.open("wb") as out:
        made = subprocess.run(
            [sys.executable, "-m", "manage", "backup", "-"],
            cwd=settings.BASE_DIR, env=environment(portal, tmp_path), stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert made.returncode == 0
    assert made.stderr.startswith("portal-20")
    assert made.stderr.endswith("\n")
    assert list((tmp_path / "archives").iterdir()) == []
    with archive.opened(file) as found:
        assert found.manifest.organisation == "Example GmbH — 例"


def test_without_a_file_it_is_kept_where_the_page_lists_it(portal: str, tmp_path: Path) -> None:
    assert run(portal, tmp_path, "backup").returncode == 0
    (kept,) = (tmp_path / "archives").iterdir()
    assert os.stat(kept).st_mode & 0o777 == 0o600


def test_what_is_restored_before_the_first_start_is_for_nobody_else_to_read(tmp_path: Path) -> None:
    var = tmp_path / "var"
    done = run("", var, "restore", str(FIRST))
    assert (done.returncode, done.stderr) == (0, "")
    with FIRST.open("rb") as handed_in:
        again = run("", var, "restore", "-", stdin=handed_in)
    assert (again.returncode, again.stderr) == (0, "")
    assert list((var / "archives").iterdir()) == []
    assert var.stat().st_mode & 0o777 == 0o700
    assert [file.stat().st_mode & 0o777 for file in var.glob("portal.sqlite3*")].count(0o600) >= 1
    assert all(file.stat().st_mode & 0o077 == 0 for file in var.glob("portal.sqlite3*"))
    (var / "portal.sqlite3").chmod(0o644)
    var.chmod(0o755)
    make_folders(var)
    assert (var.stat().st_mode & 0o777, (var / "portal.sqlite3").stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_name_with_spaces_and_none_at_all(tmp_path: Path) -> None:
    told = run("", tmp_path / "var", "restore")
    assert told.stderr == "CommandError: Name the archive: make restore FILE=portal.zip. Nothing was changed.\n"
    for target in ("backup", "restore"):
        shown = subprocess.run(
            ["make", "-n", target, "FILE=/tmp/a b.zip"],
            cwd=settings.BASE_DIR, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert f'manage {target} "/tmp/a b.zip"' in shown.stdout


def test_a_backup_of_no_portal_is_refused_and_leaves_nothing(tmp_path: Path, empty: Callable[[str], str]) -> None:
    var = tmp_path / "none"
    told = run("", var, "backup", str(tmp_path / "x.zip"))
    assert told.returncode == 1
    assert (
        told.stderr
        == f"There is no {var / 'portal.sqlite3'}: name the portal's database with DATABASE_URL. Nothing was written.\n"
    )
    other = tmp_path / "else"
    told = run(empty(""), other, "backup", str(tmp_path / "x.zip"), ENCRYPTION_KEYS="", SECRET_KEY="")
    assert told.returncode == 1
    assert told.stderr.count("\n") == 1
    nothing = "There is no SQLite database " if connection.vendor == "sqlite" else "The PostgreSQL database "
    assert told.stderr.startswith(f"CommandError: {nothing}")
    assert [file.name for file in other.rglob("*") if file.is_file()] == []
    assert not var.exists()
    assert not (tmp_path / "x.zip").exists()
