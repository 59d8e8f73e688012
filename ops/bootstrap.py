"""Makes a checkout ready: `.venv` with the hash-locked requirements, the front-end parts, the compiled translations.

    python3 -m ops.bootstrap [--dev] [MODULE [ARGUMENT ...]]

With MODULE it ends by becoming `.venv/bin/python -m MODULE ...`. Standard library only: nothing is installed yet when it
runs. What is up to date is left alone, so that a second start takes no time.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from ops.say import refuse, say

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# There while something is being installed: a folder that still has it was left half-finished.
UNFINISHED = VENV / ".unfinished"
OLDEST_NODE = 18


def digest(files: Iterable[Path]) -> str:
    """One hash over the names and contents of some files."""
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(f"{file.relative_to(ROOT)}\0".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def is_stamped(stamp: Path, value: str) -> bool:
    return stamp.is_file() and stamp.read_text() == value


def run(doing: str, *command: str | Path, environment: dict[str, str] | None = None) -> None:
    """Run one step of the installation; only if it fails is its output worth reading."""
    say(f"{doing} …")
    began = time.monotonic()
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        told = [line for line in lines if line.lower().startswith(("error", "npm error"))] or lines or ["no output"]
        log = Path(tempfile.gettempdir()) / f"mlops-portal-install-{os.getuid()}.log"
        log.write_text(done.stdout)
        refuse(f"{doing} failed: {told[0]} (all of its output is in {log})")
    say(f"  {time.monotonic() - began:.0f} s")


# -- Python -------------------------------------------------------------------------------------------------------


def _venv_works() -> bool:
    if not PYTHON.exists():
        return False
    question = "import sys; sys.exit(sys.version_info[:2] < (3, 11))"
    return subprocess.run([PYTHON, "-c", question], capture_output=True, check=False).returncode == 0


def make_venv() -> None:
    if VENV.exists():
        if _venv_works() and not UNFINISHED.exists() and (VENV / ".requirements.txt.installed").exists():
            return
        say("An earlier install in .venv was not finished: it is made anew.")
        shutil.rmtree(VENV)
    if importlib.util.find_spec("ensurepip") is None:
        refuse(
            "This Python comes without its venv module: install it (on Debian and Ubuntu: apt-get install python3-venv), "
            "or name another Python with PYTHON=/path/to/python3."
        )
    VENV.mkdir()
    UNFINISHED.touch()
    run("Making .venv", sys.executable, "-m", "venv", VENV)


def install(requirements: str) -> None:
    """Install one lock file into `.venv`, if that has not been done already."""
    locked = ROOT / requirements
    stamp = VENV / f".{requirements}.installed"
    if is_stamped(stamp, digest([locked])):
        return
    UNFINISHED.touch()
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check")
    try:
        run(f"Installing {requirements}", *pip, "--require-hashes", "-r", locked)
    except SystemExit:
        UNFINISHED.unlink()  # pip could not get something, and by itself left what there was: it stays for the next start
        raise
    stamp.write_text(digest([locked]))
    UNFINISHED.unlink()


# -- Front end ----------------------------------------------------------------------------------------------------


def _node() -> Path | None:
    """The folder of a Node.js that is new enough and has its npm beside it."""
    for node in (shutil.which("node"), VENV / "bin" / "node"):
        if not node or not Path(node).exists() or not (Path(node).parent / "npm").exists():
            continue
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        major = answer.strip().removeprefix("v").partition(".")[0]
        if major.isdigit() and int(major) >= OLDEST_NODE:
            return Path(node).parent
    return None


def build_front_end() -> None:
    """Build static/build/ from the packages of package-lock.json, if one of the inputs has changed."""
    inputs = [ROOT / "package.json", ROOT / "package-lock.json"]
    inputs += [file for file in (ROOT / "frontend").rglob("*") if file.is_file()]
    wanted, stamp = digest(inputs), ROOT / "static" / "build" / ".stamp"
    if is_stamped(stamp, wanted):
        return
    node = _node()
    if node is None:
        install("requirements-node.txt")
        node = _node()
    if node is None:
        refuse(
            f"The front-end parts need Node.js {OLDEST_NODE} or later, and the one just installed in .venv does not run."
        )
    environment = {"PATH": f"{node}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    packages = digest([ROOT / "package-lock.json"])
    packages_stamp = ROOT / "node_modules" / ".installed"
    if not is_stamped(packages_stamp, packages):
        with tempfile.TemporaryDirectory() as cache:
            own = {} if os.access(Path.home(), os.W_OK) else {"npm_config_cache": cache}
            options = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
            run("Installing the front-end packages", node / "npm", "ci", *options, environment=environment | own)
        packages_stamp.write_text(packages)
    run("Building the front-end parts", node / "node", "frontend/build.mjs", environment=environment)
    stamp.write_text(wanted)


# -- Translations -------------------------------------------------------------------------------------------------


def catalogues(root: Path) -> list[Path]:
    """Of the code with the API, and of the templates: ops/messages.py."""
    return [*root.glob("locale/*/LC_MESSAGES/*.po"), *root.glob("templates/locale/*/LC_MESSAGES/*.po")]


def compile_messages() -> None:
    """Compile the translations, if one of them is newer than what was compiled from it."""
    compiled = [(file, file.with_suffix(".mo")) for file in catalogues(ROOT)]
    if any(not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime for po, mo in compiled):
        run("Compiling the translations", PYTHON, "-m", "ops.messages", "compile")


def bootstrap(*, development: bool) -> None:
    """Everything above. Two at the same time: the second waits and then finds the work done."""
    with open(__file__) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another install is going on in this folder: waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        make_venv()
        install("requirements.txt")
        if development:
            install("requirements-dev.txt")
        build_front_end()
        compile_messages()


def main(arguments: list[str]) -> None:
    began = time.monotonic()
    development = arguments[:1] == ["--dev"]
    module = arguments[1:] if development else arguments
    try:
        bootstrap(development=development)
    except PermissionError as error:
        refuse(f"{error.filename or ROOT} cannot be written: give yourself the right to write in {ROOT}.")
    except OSError as error:
        refuse(f"The install stopped: {error.strerror or error} ({error.filename or ROOT}).")
    if module:
        os.chdir(ROOT)
        os.environ["PORTAL_BOOTSTRAP_TOOK"] = f"{time.monotonic() - began:.1f}"  # for the closing line of `make test`
        os.execv(PYTHON, [str(PYTHON), "-m", *module])


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupt)  # so that the step that is going on is ended with it
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        refuse("\nStopped. The next start goes on where this one ended.")
