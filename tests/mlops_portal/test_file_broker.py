"""The broker of a portal without Redis: nobody reads half a message, and a broken one ends no worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from queue import Empty

import kombu
import pytest
from kombu.exceptions import ChannelError
from kombu.simple import SimpleQueue

from mlops_portal import file_broker
from mlops_portal.celery import app
from mlops_portal.servers import broker_at

QUEUE = "celery"


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[file_broker.Channel]:
    address, options = broker_at("", tmp_path)
    file_broker.Transport.global_state.clear()  # bindings of the test before
    with kombu.Connection(address, transport_options=options) as connection:
        yield connection.default_channel


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "broker"


def send(channel: file_broker.Channel, text: str) -> None:
    queue = kombu.Queue(QUEUE, kombu.Exchange(QUEUE), routing_key=QUEUE)
    kombu.Producer(channel).publish(text, exchange=queue.exchange, routing_key=QUEUE, declare=[queue])


def receive(channel: file_broker.Channel) -> str:
    return str(SimpleQueue(channel, QUEUE, no_ack=True).get(block=False).payload)


def test_it_stands_for_kombus_own_broker_over_files(channel: file_broker.Channel) -> None:
    assert isinstance(channel, file_broker.Channel)
    assert app.connection("filesystem://").get_transport_cls() is file_broker.Transport


def test_messages_arrive_in_order_and_leave_nothing(channel: file_broker.Channel, folder: Path) -> None:
    for text in ("one", "two"):
        send(channel, text)
    assert [receive(channel), receive(channel)] == ["one", "two"]
    with pytest.raises(Empty):
        receive(channel)
    assert [each.name for each in folder.iterdir()] == ["control"]


@pytest.mark.parametrize("content", [b"", b'{"body": "W1', b"[]", b"{}", b"null", b'{"properties": 7}', b"\xff"])
def test_a_broken_file_is_put_aside_with_a_line_and_the_next_message_is_read(
    channel: file_broker.Channel, folder: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    broken = folder / f"{0:020}_broken.{QUEUE}.msg"
    broken.write_bytes(content)
    send(channel, "good")
    assert receive(channel) == "good"
    assert [each.name for each in folder.glob("*.*")] == [f"{broken.name}.broken"]
    assert "broken_message_put_aside" in caplog.text
    with pytest.raises(Empty):
        receive(channel)


def test_a_writer_that_is_killed_half_way_leaves_nothing_that_anybody_reads(
    channel: file_broker.Channel, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(channel, "good")

    def half(self: Path, content: str) -> None:
        with self.open("w") as file:
            file.write(content[: len(content) // 2])
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", half)
        with pytest.raises(KeyboardInterrupt):
            send(channel, "lost")
    assert len(list(folder.glob(f"*.{QUEUE}.msg"))) == 1
    assert receive(channel) == "good"
    with pytest.raises(Empty):
        receive(channel)


def test_a_full_disk_is_a_broker_that_is_away(
    channel: file_broker.Channel, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(channel, "good")

    def full(self: Path, _content: str) -> None:
        self.touch()
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        with pytest.raises(ChannelError):
            send(channel, "lost")
    assert len(list(folder.glob("*.*"))) + len(list(folder.glob(".*"))) == 1


@pytest.mark.parametrize("content", ["", "[[1", "7", "[7]"])
def test_a_broken_binding_is_made_anew(channel: file_broker.Channel, folder: Path, content: str) -> None:
    send(channel, "one")
    table = folder / "control" / f"{QUEUE}.exchange"
    good = table.read_text()
    table.write_text(content)
    channel._queue_bind(QUEUE, QUEUE, "", QUEUE)
    assert table.read_text() == good


def test_a_queue_that_goes_takes_its_binding_and_its_messages(channel: file_broker.Channel, folder: Path) -> None:
    send(channel, "one")
    channel._queue_bind(QUEUE, "other", "", "other")
    channel._delete(QUEUE, QUEUE, QUEUE, "")
    assert [each.queue for each in channel.get_table(QUEUE)] == ["other"]
    assert not list(folder.glob("*.msg"))
