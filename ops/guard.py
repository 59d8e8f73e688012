"""A command that leaves no process behind, however it ends."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from ops.processes import adopt_orphans, descendants, end


class Interrupted(BaseException):
    """Ctrl-C or SIGTERM."""


def _interrupt(signum: int, frame: FrameType | None) -> NoReturn:
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)  # the cleaning up that follows is not interrupted again
    raise Interrupted


@contextmanager
def leave_nothing_behind() -> Iterator[None]:
    """Ctrl-C and SIGTERM unwind the stack; at the end every descendant is ended, also one that left its parent."""
    adopt_orphans()
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, _interrupt)
    try:
        yield
    except Interrupted:
        raise SystemExit(130) from None
    finally:
        end(descendants, patience=3)
