"""What is in an archive, what is not, and what is refused before anything of it is believed."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backups import archive, contents, restoring, shelf, signing
from backups.signing import Unusable
from core.crypto import EncryptedTextField
from tests.backups.conftest import FIRST, HOOK, SECRET, SIGNS
from tests.backups.databases import KEY, opened, rows_of
from tests.backups.rich import CALENDAR

pytestmark = pytest.mark.django_db
LINES = "tables/teams.teamgroup.jsonl"


@pytest.fixture
def made(portal: str, tmp_path: Path) -> Path:
    with opened(portal) as database:
        archive.write(tmp_path / "made.zip", alias=database.alias, by="Ada")
    return tmp_path / "made.zip"


def test_every_table_is_in_it_or_on_the_list_of_what_is_not(made: Path) -> None:
    labels = {model._meta.label_lower for model in apps.get_models(include_auto_created=True)}
    with archive.opened(made) as found:
        kept = {table.model for table in found.manifest.tables}
        assert found.manifest.left_out == contents.LEFT_OUT
    assert set(contents.LEFT_OUT) == {
        "sessions.session", "usersessions.usersession", "teams.setupcode", "account.emailconfirmation", "backups.work",
        "core.livestamp", "core.undooffer", "imports.upload", "delivery.preparedquarter",
            "contenttypes.contenttype", "auth.permission", "auth.group", "auth.group_permissions",
    }, "a table that people's work is in belongs into archives"  # fmt: skip
    assert kept | set(contents.LEFT_OUT) >= labels
    assert not kept & set(contents.LEFT_OUT)
    assert labels >= set(contents.LEFT_OUT)
    for label, columns in contents.CLEARED.items():
        names = {field.attname for field in apps.get_model(label)._meta.local_concrete_fields}
        assert columns.keys() <= names


def test_a_worker_s_lease_is_never_kept() -> None:
    for model in apps.get_models():
        leases = {field.attname for field in model._meta.local_concrete_fields if field.attname.startswith("lease_")}
        label = model._meta.label_lower
        assert leases <= set(contents.CLEARED.get(label, ())) or label in contents.LEFT_OUT, label


def test_it_is_a_zip_file_that_anybody_can_look_into(made: Path) -> None:
    with zipfile.ZipFile(made) as found:
        assert found.testzip() is None
        manifest = json.loads(found.read("manifest.json"))
        people = [json.loads(line) for line in found.read("tables/teams.person.jsonl").splitlines()]
    table = next(each for each in manifest["tables"] if each["model"] == "teams.person")
    assert (manifest["format"], manifest["made_by"], manifest["organisation"]) == (1, "Ada", "Example GmbH — 例")
    assert table["rows"] == len(people) > 1
    assert people[0][table["columns"].index("email")] == "ada@example.com"
    assert os.stat(made).st_mode & 0o777 == 0o600


def test_nothing_that_opens_a_door_is_readable_in_it(made: Path) -> None:
    with zipfile.ZipFile(made) as found:
        everything = b"".join(found.read(name) for name in found.namelist())
    assert b"ghp_" not in everything
    assert KEY.encode() not in everything
    tokens = re.findall(rb"gAAAA[\w=-]+", everything)
    opened_up = {Fernet(KEY).decrypt(token) for token in tokens}
    assert opened_up == {
        b"ghp_kept_for_years",
        b"ghp_of_a_draft",
        CALENDAR.encode(),
        SECRET.encode(),
        HOOK.encode(),
        SIGNS.encode(),
    }
    assert SECRET.encode() not in everything
    encrypted = [m for m in apps.get_models() for f in m._meta.fields if isinstance(f, EncryptedTextField)]
    assert len(encrypted) == 6, "the sample has no row with a value of it: put one into rich.py"


def refused(path: Path, **database: Any) -> str:
    with pytest.raises(Unusable) as caught:
        restoring.restore(path, **database)
    assert caught.value.message.endswith(".")
    return caught.value.message


def test_a_refused_one_touches_nothing(portal: str, made: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(made.read_bytes()[:-1])
    with opened(portal) as database:
        before = rows_of(database)
        refused(tmp_path / "cut.zip", alias=database.alias)
        assert rows_of(database) == before


@pytest.mark.parametrize("content", [b"", b"\0", b"hello\n" * 1000, b"PK\5\6" + bytes(18)])
def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    assert "no archive of the portal" in refused(tmp_path / "x.zip")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_bit_anywhere_is_noticed(place: float, bit: int, tmp_path: Path) -> None:
    content = bytearray(FIRST.read_bytes())
    content[int(place * len(content))] ^= 1 << bit
    (tmp_path / "x.zip").write_bytes(content)
    assert refused(tmp_path / "x.zip")


def test_one_bit_in_each_member_and_in_the_seal_is_noticed(tmp_path: Path) -> None:
    whole = FIRST.read_bytes()
    with zipfile.ZipFile(FIRST) as found:
        places = [each.header_offset + 30 + len(each.filename) for each in found.infolist()]
    for place in [*places, *range(len(whole) - 150, len(whole))]:
        content = bytearray(whole)
        content[place] ^= 1
        (tmp_path / "x.zip").write_bytes(content)
        assert refused(tmp_path / "x.zip"), f"byte {place}"


@pytest.mark.parametrize(("padding", "is_read"), [(0, True), (1_050_000, False)])
def test_the_list_reads_no_manifest_of_any_size(padding: int, is_read: bool, tmp_path: Path) -> None:
    """What is listed is not sealed by anybody yet, and may say little in a file and much in memory."""
    with zipfile.ZipFile(FIRST) as found, zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("manifest.json", found.read("manifest.json") + b" " * padding)
    assert (archive.glance(tmp_path / "x.zip") is not None) == is_read


def test_no_line_of_any_length_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with archive.opened(FIRST) as found:
        (people,) = [each for each in found.manifest.tables if each.model == "teams.person"]
        assert len(list(found.lines(people))) == people.rows
        monkeypatch.setattr(archive, "LARGEST_LINE", 20)
        with pytest.raises(Unusable):
            list(found.lines(people))


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5, 0.9, 0.999])
def test_a_truncated_one_is_refused(share: float, tmp_path: Path) -> None:
    whole = FIRST.read_bytes()
    (tmp_path / "x.zip").write_bytes(whole[: int(len(whole) * share)])
    assert "its end is missing" in refused(tmp_path / "x.zip")


def test_one_of_another_key_says_what_to_do(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert "Put that key at the end of ENCRYPTION_KEYS" in refused(FIRST)
    settings.ENCRYPTION_KEYS = [*settings.ENCRYPTION_KEYS, KEY]
    with archive.opened(FIRST) as found:
        assert found.manifest.rows > 500


def test_another_one_s_seal_does_not_help(settings: Any, tmp_path: Path, made: Path) -> None:
    """Sealed with a key of one's own, under the name of the portal's."""
    name = re.search(rb"key ([0-9a-f]{16})", made.read_bytes())
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    resealed(made, tmp_path / "x.zip", lambda _members: None)
    content = (tmp_path / "x.zip").read_bytes()
    (tmp_path / "x.zip").write_bytes(re.sub(rb"key [0-9a-f]{16}", name[0], content))
    settings.ENCRYPTION_KEYS = [KEY]
    assert "damaged, or somebody changed it" in refused(tmp_path / "x.zip")


def resealed(source: Path, target: Path, change: Callable[[dict[str, bytes]], Any], comment: bytes = b"") -> Path:
    """The archive with its members changed by somebody who has the key."""
    with zipfile.ZipFile(source) as found:
        members = {name: found.read(name) for name in found.namelist()}
    change(members)
    with target.open("w+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as changed:
            for name, content in members.items():
                changed.writestr(name, content)
            changed.comment = comment or signing.open_seal()
        signing.seal(file)
    return target


def edited(members: dict[str, bytes], **changed: Any) -> None:
    members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | changed).encode()


def test_a_newer_format_and_newer_tables_are_refused(tmp_path: Path) -> None:
    newer = signing.open_seal().replace(b"archive 1 ", b"archive 2 ")
    assert "newer version" in refused(resealed(FIRST, tmp_path / "a.zip", lambda _members: None, newer))

    def add_migration(members: dict[str, bytes]) -> None:
        had = json.loads(members["manifest.json"])["migrations"]
        edited(members, migrations=[*had, ["teams", "0999_of_next_year"]], version="9.9")

    assert "made by version 9.9" in refused(resealed(FIRST, tmp_path / "b.zip", add_migration))


@pytest.mark.parametrize(
    "change",
    [
        lambda members: members.update({"../../etc/passwd": b"x"}),
        lambda members: members.pop(LINES),
        lambda members: members.update({LINES: b"0" * 200_000_000}),  # a bomb
        lambda members: members.update({LINES: members[LINES][:-2] + b"]\n" + b"[]\n"}),
        lambda members: members.update({"manifest.json": b"[]"}),
        lambda members: members.update({"manifest.json": b" " * 2_000_000}),
        lambda members: edited(members, tables="x"),
        lambda members: edited(members, more=1),
    ],
)
def test_one_that_lies_about_itself_is_refused_even_if_the_seal_is_right(change: Any, tmp_path: Path) -> None:
    assert "does not hold what it says" in refused(resealed(FIRST, tmp_path / "x.zip", change))


def test_rows_that_do_not_fit_their_table_change_nothing(portal: str, tmp_path: Path) -> None:
    def swap(members: dict[str, bytes]) -> None:
        tables = json.loads(members["manifest.json"])["tables"]
        next(table for table in tables if table["model"] == "teams.teamgroup")["columns"].reverse()
        edited(members, tables=tables)

    with opened(portal) as database:
        before = rows_of(database)
        message = refused(resealed(FIRST, tmp_path / "x.zip", swap), alias=database.alias)
        assert "does not hold what it says" in message
        assert rows_of(database) == before


def test_the_shelf_keeps_what_is_whole_and_nothing_else(archives: Path) -> None:
    kept = shelf.put("uploaded", [FIRST.read_bytes()])
    with pytest.raises(Unusable):
        shelf.put("uploaded", [FIRST.read_bytes()[:-1]])
    (archives / "notes.txt").write_text("x")
    (archives / "archive-20260101T000000.zip").write_bytes(b"x")
    listed = shelf.listed()
    assert [(each.name, each.manifest is not None) for each in listed] == [
        (kept.name, True), ("archive-20260101T000000.zip", False),
    ]  # fmt: skip
    assert sorted(path.name for path in archives.iterdir() if path.name.startswith(".")) == []
    assert shelf.find("../secret_key") is None
    assert shelf.find("archive-20200101T000000.zip") is None


def test_of_two_made_in_one_second_each_has_its_file() -> None:
    assert len({shelf.new("archive") for _ in range(5)}) == 5


def test_a_full_disk_leaves_nothing_behind(portal: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(signing, "seal", full)
    with opened(portal) as database, pytest.raises(OSError, match="No space"):
        archive.write(tmp_path / "made.zip", alias=database.alias)
    assert not list(tmp_path.glob("*made*"))
