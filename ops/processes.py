"""Processes: starting some that end with their parent, finding those that carry a mark, ending them."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
PROC = Path("/proc")


def end_with_parent(signum: int) -> Callable[[], None]:
    """For `preexec_fn`: the kernel sends `signum` to the new process when the one that started it is gone (Linux only)."""
    parent = os.getpid()

    def ask() -> None:
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, signum)
            if os.getppid() != parent:  # it ended before we could ask
                os.kill(os.getpid(), signum)

    return ask


def end_with_my_parent(signum: int) -> None:
    """The same for the running process."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signum)


def adopt_orphans() -> None:
    """Descendants whose parent ends become children of this process, so that `descendants()` finds them (Linux only)."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)


def everyone() -> Iterable[tuple[int, int, list[str]]]:
    """(process, its parent, its command line) of every process that can be seen."""
    if PROC.joinpath("self", "stat").exists():
        for folder in PROC.iterdir():
            if folder.name.isdigit():
                with contextlib.suppress(OSError):  # it ended meanwhile
                    # "PID (name, which may hold anything) STATE PARENT …"
                    state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                    if state != "Z":
                        arguments = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
                        yield int(folder.name), int(parent), arguments
        return
    listing = subprocess.run(
        ["ps", "-axww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    for line in listing.splitlines():
        process, parent, command = line.split(None, 2)
        yield int(process), int(parent), command.split(" ")


def marked(mark: str) -> list[int]:
    """Every process that has `mark` as a word of its command line; forked children inherit it."""
    words = mark.split(" ")  # without /proc, a folder's name with a space in it falls apart into words
    width = len(words)
    return [
        process
        for process, _, command in everyone()
        if process != os.getpid()
        and (mark in command or any(command[i : i + width] == words for i in range(len(command))))
    ]


def descendants(ancestor: int | None = None) -> list[int]:
    """Children of the running process or of `ancestor`, their children, and so on."""
    ancestor = ancestor or os.getpid()
    parents = {process: parent for process, parent, _ in everyone()}
    family = {ancestor}
    while more := {process for process, parent in parents.items() if parent in family} - family:
        family |= more
    return sorted(family - {ancestor})


def end(find: Callable[[], list[int]], *, patience: float) -> bool:
    """End what `find()` finds: politely, and after `patience` seconds by force. Whether there was anything."""
    found = find()
    signals = [signal.SIGTERM] if patience else []
    deadline = time.monotonic() + patience
    for signum in [*signals, signal.SIGKILL]:
        _send(signum, find())
        while (still := find()) and (signum == signal.SIGKILL or time.monotonic() < deadline):
            if signum == signal.SIGKILL:
                if time.monotonic() > deadline + 5:
                    break  # it is not ours to end, or the kernel holds it
                _send(signum, still)  # a dying parent may have started another
            _reap()
            time.sleep(0.02)
    return bool(found)


def kill_family(ancestor: int) -> None:
    """kill -9 of a process and of everything that descends from it, at once: nothing is tidied up, nothing restarted."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(ancestor, signal.SIGSTOP)  # so that it starts no other child meanwhile
    _send(signal.SIGKILL, [ancestor, *descendants(ancestor)])


def _send(signum: int, processes: Iterable[int]) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process, signum)


def _reap() -> None:
    """Let go of ended children that nobody waits for."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
