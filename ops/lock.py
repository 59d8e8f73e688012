"""`make lock`: each requirements*.in becomes a requirements*.txt with hashes, for Python 3.11 and all later ones.

It names no index. What is locked stays as it is while it fits; `UPGRADE=1` takes the newest releases.
"""

import os
import subprocess
import sys

from ops.bootstrap import ROOT

OPTIONS = ("--universal", "--python-version=3.11", "--generate-hashes", "--no-emit-index-url", "--quiet")

if __name__ == "__main__":
    upgrade = ["--upgrade"] if os.environ.get("UPGRADE") else []
    for name in ("requirements", "requirements-dev", "requirements-node"):  # the second reads what the first locked
        subprocess.run(
            [sys.executable, "-m", "uv", "pip", "compile", *OPTIONS, *upgrade, f"{name}.in", "-o", f"{name}.txt"],
            cwd=ROOT,
            env={**os.environ, "UV_CUSTOM_COMPILE_COMMAND": "make lock"},
            check=True,
        )
