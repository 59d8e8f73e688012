"""What the commands say: plain lines as they go on, and one clear sentence when they cannot."""

import sys
from typing import NoReturn


def say(line: str) -> None:
    print(line, flush=True)


def refuse(sentence: str) -> NoReturn:
    """End the command with one clear sentence and no traceback."""
    sys.stdout.flush()
    sys.stderr.write(f"{sentence}\n")
    raise SystemExit(1)
