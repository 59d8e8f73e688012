"""Health checks of the compose file: `python -m ops.health web PORT|worker|beat` exits 0 if that process works."""

import socket
import subprocess
import sys
import time
from pathlib import Path

from ops.bootstrap import ROOT
from ops.run import Portal, web_answers

BEAT_WRITES_WITHIN = 600  # seconds; it keeps its schedule every three minutes


def web() -> bool:
    return web_answers(Portal(ROOT / "var", "127.0.0.1", int(sys.argv[2])))


def worker() -> bool:
    command = ["celery", "-A", "mlops_portal", "inspect", "ping", "--timeout", "10"]
    name = f"celery@{socket.gethostname()}"
    done = subprocess.run([sys.executable, "-m", *command, "--destination", name], capture_output=True, check=False)
    return done.returncode == 0


def beat() -> bool:
    written = [file.stat().st_mtime for file in Path(ROOT, "var", "run").glob("beat-schedule*")]
    return time.time() - max(written, default=0) < BEAT_WRITES_WITHIN


if __name__ == "__main__":
    checks = {"web": web, "worker": worker, "beat": beat}
    sys.exit(not checks[sys.argv[1]]())
