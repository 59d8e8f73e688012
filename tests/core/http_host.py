"""A host that answers by a script, and who says where it is; conftest.py starts it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.http import OutgoingError

TOKEN = "ghp_never_to_be_seen"
SECRET = {"Authorization": f"Bearer {TOKEN}"}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Reply:
    status: int = 200
    body: bytes = b'{"fine": true}'
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None  # says another length than the body has
    raw: Callable[[Any], None] | None = None  # writes the whole answer itself


class Host:
    """Answers with `replies` in turn, then with 200. `seen` holds (path, headers) of every request."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.replies: list[Reply] = []
        self.seen: list[tuple[str, dict[str, str]]] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                host.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                reply = host.replies.pop(0) if host.replies else Reply()
                if reply.raw:
                    self.close_connection = True
                    with suppress(OSError):
                        reply.raw(self.wfile)
                    return
                self.send_response_only(reply.status)  # the Date is the script's affair
                headers = {"Content-Type": "application/json", **reply.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                if reply.status != 304:
                    self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
                self.end_headers()
                self.wfile.write(reply.body)
                if reply.length is not None:
                    self.close_connection = True

        self.connections = 0

        class Server(ThreadingHTTPServer):
            daemon_threads, block_on_close = True, False

            def get_request(self) -> Any:
                sock, address = self.socket.accept()
                host.connections += 1
                return (context.wrap_socket(sock, server_side=True) if context else sock), address

            def handle_error(self, *_: Any) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def refusal(call: Callable[[], object]) -> OutgoingError:
    with pytest.raises(OutgoingError) as caught:
        call()
    return caught.value


def names(*answers: list[str]) -> Callable[[str, int], list[Any]]:
    """A name server that gives `answers` in turn, the last one for ever."""
    left = list(answers)

    def resolve(host: str, port: int) -> list[Any]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET6 if ":" in address else socket.AF_INET, (address, port)) for address in found]

    return resolve


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, str]:
    """(a server's context, the path of the certificate) for a self-signed certificate of `name`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both, alone = folder / "both.pem", folder / "certificate.pem"
    both.write_bytes(pem + private)
    alone.write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context, str(alone)
