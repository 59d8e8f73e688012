"""The page of the archives: asked for here, done by a worker, told in a sentence."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from backups import archive, restoring, schedule, services, shelf, work
from backups.models import State, Work
from core import clock
from core.refusals import Refused
from teams.models import AuditEvent, Person
from tests.backups.conftest import FIRST

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]


@pytest.fixture
def client(administrator: Person, signed_in: SignIn) -> Client:
    return signed_in(administrator)


@pytest.fixture
def kept() -> shelf.Kept:
    shelf.put("uploaded", [FIRST.read_bytes()])
    return shelf.listed()[0]


@pytest.fixture
def _written(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in an archive is tested elsewhere: here there is one at once."""

    def write(path: Path, *, by: str, told: archive.Told) -> archive.Manifest:
        told(3, 6)
        shutil.copy(FIRST, path)
        made = archive.glance(path)
        assert made is not None
        return made

    monkeypatch.setattr(archive, "write", write)


def shown(client: Client, **headers: str) -> str:
    return client.get(reverse("backup"), headers=headers).content.decode()


def actions() -> list[str]:
    return list(AuditEvent.objects.filter(action__startswith="backup.").order_by("pk").values_list("action", flat=True))


@pytest.mark.usefixtures("_written")
def test_one_click_asks_for_an_archive_and_the_page_shows_how_far_it_is(client: Client, administrator: Person) -> None:
    assert "There is no archive yet" in shown(client)
    client.post(reverse("backup-make"))
    assert 'hx-trigger="every 1s"' in shown(client)
    Work.objects.update(done=1, total=4)
    fragment = shown(client, **{"HX-Request": "true"})
    assert fragment.strip().startswith('<section class="p-card" id="live"')
    assert 'aria-valuenow="1"' in fragment
    assert "<html" not in fragment
    work.work()
    page = shown(client)
    assert "Ada Administrator" in page
    assert "560 rows" in page
    assert "hx-get" not in page
    assert actions() == ["backup.made"]
    work.work()
    assert len(shelf.listed()) == 1, "a message that comes twice changes nothing"


def test_of_two_clicks_and_of_two_workers_one_counts(administrator: Person) -> None:
    first, second = services.ask_for_archive(by=administrator), services.ask_for_archive(by=administrator)
    assert first.asked_at == second.asked_at
    assert schedule.take() is not None
    assert schedule.take() is None


def test_what_fails_is_told_and_nothing_stays(client: Client, administrator: Person, monkeypatch: Any) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "write", full)
    client.post(reverse("backup-make"))
    work.work()
    assert "(No space left on device)" in shown(client)
    monkeypatch.setattr(archive, "write", lambda *_a, **_k: 1 / 0)
    client.post(reverse("backup-make"))
    work.work()
    assert "The worker&#x27;s log says why" in shown(client)
    assert list(shelf.folder().iterdir()) == []


def test_whoever_was_killed_is_told_of_and_nothing_begins_by_itself(client: Client, administrator: Person) -> None:
    services.ask_for_archive(by=administrator)
    assert schedule.take() is not None
    schedule.ring()
    assert Work.current().is_busy
    with clock.at(clock.now() + 2 * schedule.LEASE):
        assert not schedule.ring()
    assert "It was interrupted, and nothing was changed" in shown(client)
    assert not Work.current().is_busy


def test_a_lost_message_is_sent_again(administrator: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    services.ask_for_archive(by=administrator)
    sent = []
    monkeypatch.setattr(schedule, "enqueue", lambda: sent.append(1))
    assert not schedule.ring()
    with clock.at(clock.now() + 2 * schedule.RING_AGAIN):
        assert schedule.ring()
    assert sent == [1]


def test_an_archive_is_brought_downloaded_and_deleted(client: Client) -> None:
    answer = client.post(
        reverse("backup-upload"), {"file": SimpleUploadedFile("x.zip", FIRST.read_bytes())}, follow=True
    )
    assert "now in the list" in answer.content.decode()
    (kept,) = shelf.listed()
    answer = client.get(reverse("backup-download", args=[kept.name]))
    assert b"".join(answer.streaming_content) == FIRST.read_bytes()
    assert answer["Content-Disposition"] == f'attachment; filename="{kept.name}"'
    assert "no-store" in answer["Cache-Control"]
    client.post(reverse("backup-delete", args=[kept.name]))
    assert shelf.listed() == []
    assert actions() == ["backup.uploaded", "backup.downloaded", "backup.deleted"]
    assert client.post(reverse("backup-delete", args=[kept.name])).status_code == 404


@pytest.mark.parametrize(("content", "says"), [(b"hello", "This is no archive"), (b"", "The submitted file is empty")])
def test_what_is_no_archive_is_not_kept(client: Client, content: bytes, says: str) -> None:
    answer = client.post(reverse("backup-upload"), {"file": SimpleUploadedFile("x.zip", content)})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert list(shelf.folder().iterdir()) == []
    assert actions() == []


def test_one_too_large_is_refused_with_the_way_to_do_it(administrator: Person) -> None:
    with pytest.raises(Refused, match="make restore"):
        services.bring(chunks=[], size=shelf.LARGEST_UPLOAD + 1, by=administrator)


def test_a_restore_needs_the_organisation_s_name(client: Client, kept: shelf.Kept) -> None:
    answer = client.post(reverse("backup-restore", args=[kept.name]), {"confirmation": "Example"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Example"' in page
    assert "as it is written above" in page
    assert not Work.current().is_busy
    client.post(reverse("backup-restore", args=[kept.name]), {"confirmation": " Example Ltd "})
    assert (Work.current().state, Work.current().name) == (State.RESTORING, kept.name)
    schedule.take()
    assert f"A worker has begun to restore {kept.name}" in shown(client)


def test_a_worker_restores_and_says_what_was_in_the_way(
    client: Client, kept: shelf.Kept, administrator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(restoring, "restore", lambda path, by: asked.append((path.name, by)))
    services.ask_for_restore(name=kept.name, confirmation="Example Ltd", by=administrator)
    work.work()
    assert asked == [(kept.name, administrator)]
    schedule.end(Work.current())

    def refuse(path: Path, by: Person) -> None:
        raise restoring.NotRestored("Others are still at work.")

    monkeypatch.setattr(restoring, "restore", refuse)
    services.ask_for_restore(name=kept.name, confirmation="Example Ltd", by=administrator)
    work.work()
    assert "Others are still at work." in shown(client)


def test_one_thing_at_a_time(client: Client, kept: shelf.Kept, administrator: Person) -> None:
    services.ask_for_restore(name=kept.name, confirmation="Example Ltd", by=administrator)
    answer = client.post(reverse("backup-make"), follow=True)
    assert "Another archive is at work" in answer.content.decode()
    client.post(reverse("backup-delete", args=[kept.name]))
    assert shelf.find(kept.name) is not None


def test_whoever_takes_a_restore_back_stands_in_the_audit_log(client: Client, kept: shelf.Kept) -> None:
    for _again in range(2):
        client.post(reverse("backup-withdraw"))  # nothing is asked for
    client.post(reverse("backup-make"))
    client.post(reverse("backup-withdraw"))  # of no consequence, so no entry
    assert actions() == []
    client.post(reverse("backup-restore", args=[kept.name]), {"confirmation": "Example Ltd"})
    assert "It is withdrawn" in client.post(reverse("backup-withdraw"), follow=True).content.decode()
    assert not Work.current().is_busy
    (entry,) = AuditEvent.objects.filter(action="backup.restore_withdrawn")
    assert entry.data["name"] == kept.name
    client.post(reverse("backup-restore", args=[kept.name]), {"confirmation": "Example Ltd"})
    schedule.take()
    assert "can no longer be withdrawn" in client.post(reverse("backup-withdraw"), follow=True).content.decode()
    assert AuditEvent.objects.filter(action="backup.restore_withdrawn").count() == 1


def test_the_page_says_how_much_the_archives_take(client: Client, kept: shelf.Kept) -> None:
    (shelf.folder() / "archive-20260101T000000.zip").write_bytes(b"x" * 3_000_000)
    assert "2.9\xa0MB together" in shown(client)


def test_a_damaged_archive_is_refused_before_anything_is_asked(client: Client, kept: shelf.Kept) -> None:
    content = bytearray(kept.path.read_bytes())
    content[1000] ^= 1
    kept.path.write_bytes(content)
    answer = client.post(reverse("backup-restore", args=[kept.name]), {"confirmation": "Example Ltd"})
    assert answer.status_code == 422
    assert "This archive is damaged" in answer.content.decode()
    assert not Work.current().is_busy


def test_the_password_is_asked_again(client: Client, kept: shelf.Kept) -> None:
    with clock.at(clock.now() + timedelta(minutes=6)):
        for name, args in (("backup", []), ("backup-download", [kept.name])):
            assert client.get(reverse(name, args=args))["Location"].startswith(reverse("account_reauthenticate"))
        for name, args in (("backup-make", []), ("backup-restore", [kept.name]), ("backup-delete", [kept.name])):
            assert client.post(reverse(name, args=args))["Location"].startswith(reverse("account_reauthenticate"))
        assert client.get(reverse("backup"), headers={"HX-Request": "true"}).status_code == 200
    assert not Work.current().is_busy
    assert shelf.find(kept.name) is not None


@pytest.mark.parametrize("name", ["..", "../../var/secret_key", ".archive-20260101T000000.zip.part", "notes.txt"])
def test_nothing_but_archives_is_handed_out(client: Client, name: str) -> None:
    (shelf.folder() / "notes.txt").write_text("x")
    (shelf.folder() / ".archive-20260101T000000.zip.part").write_text("x")
    assert shelf.find(name) is None
    assert client.get(f"/organisation/backup/{name}/download/").status_code == 404


def test_a_restore_that_waits_can_be_withdrawn_and_expires(
    client: Client, kept: shelf.Kept, administrator: Person
) -> None:
    services.ask_for_restore(name=kept.name, confirmation="Example Ltd", by=administrator)
    page = shown(client)
    assert "as soon as a worker is free" in page
    assert reverse("backup-restore", args=[kept.name]) not in page
    assert reverse("backup-delete", args=[kept.name]) not in page
    client.post(reverse("backup-withdraw"))
    assert schedule.take() is None
    services.ask_for_restore(name=kept.name, confirmation="Example Ltd", by=administrator)
    with clock.at(clock.now() + timedelta(minutes=6)):
        assert schedule.take() is None
    assert "No worker began to restore within 5 minutes" in shown(client)


def test_a_page_that_is_seen_says_that_nothing_is_replaced(
    client: Client, kept: shelf.Kept, administrator: Person
) -> None:
    services.ask_for_restore(name=kept.name, confirmation="Example Ltd", by=administrator)
    schedule.take()
    assert "nothing has been replaced" in shown(client)
    with clock.at(clock.now() + 2 * schedule.LEASE):
        schedule.ring()
    assert "It was interrupted, and nothing was changed" in shown(client)
    assert Work.current().problem == "interrupted", "a code: each reader has it in their own language"


def test_an_archive_of_another_key_is_listed_without_a_restore(client: Client, kept: shelf.Kept, settings: Any) -> None:
    assert reverse("backup-restore", args=[kept.name]) in shown(client)
    settings.ENCRYPTION_KEYS = ["A" * 43 + "="]
    page = shown(client)
    assert "made with another key" in page
    assert reverse("backup-restore", args=[kept.name]) not in page
