"""gunicorn.conf.py under a real gunicorn, with an application that refuses everything unread."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ops.bootstrap import ROOT
from ops.services import free_port

pytestmark = pytest.mark.stack
APPLICATION = """
def application(environ, start):
    start("413 Content Too Large", [("Content-Length", "2")])
    return [b"no"]
"""


def test_it_says_that_the_connection_ends_and_logs_nothing_of_who_asked(tmp_path: Path) -> None:
    (tmp_path / "refuses.py").write_text(APPLICATION)
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "refuses:application", "--config", str(ROOT / "gunicorn.conf.py")]
    command += ["--pythonpath", str(tmp_path), "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
    environment = {**os.environ, "PORTAL_ENV": "production"}
    with subprocess.Popen(
        [*command, "--no-control-socket"], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr
        try:
            said = [next(server.stderr)]
            while "Booting worker" not in said[-1]:
                said.append(next(server.stderr))
            assert _connection_after(port, 10) == "keep-alive"
            assert _connection_after(port, 2_500_001) == "close"
        finally:
            server.terminate()
            said.append(server.stderr.read())
    assert "gunicorn.access" not in "".join(said)
    assert "grace@" not in "".join(said)


def _connection_after(port: int, length: int) -> str | None:
    """What the answer to a body of this length, of which a little was sent, says of the connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.putrequest("POST", "/people/?q=grace@example.com")
    connection.putheader("Content-Length", str(length))
    connection.endheaders(b"x" * 10)
    found = connection.getresponse().getheader("Connection")
    connection.close()
    return found
