"""Installing: a Python that is too old, a half-finished install, what is up to date is left alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ops import bootstrap
from ops.bootstrap import ROOT
from tests.ops.conftest import plain_environment, refused

OLD = """#!/bin/sh
# A Python 2.7, as far as the question after the version can tell.
case "$2" in
    *stdout*) printf 2.7 ;;
    *) exit 1 ;;
esac
"""


def _named(folder: Path, name: str, script: str) -> Path:
    file = folder / name
    file.write_text(script)
    file.chmod(0o755)
    return file


def test_a_python_that_is_too_old_is_told_in_one_sentence(tmp_path: Path) -> None:
    old = _named(tmp_path, "python", OLD)
    told = refused([str(ROOT / "ops" / "python.sh"), "-m", "ops.bootstrap"], plain_environment() | {"PYTHON": str(old)})
    assert told == (
        f"MLOps Portal needs Python 3.11 or later, and {old} is 2.7: "
        "install a newer one, or name it with `make run PYTHON=/path/to/python3`."
    )


def test_no_python_at_all_is_told_in_one_sentence(tmp_path: Path) -> None:
    told = refused([str(ROOT / "ops" / "python.sh")], {"PATH": str(tmp_path)})
    assert told.startswith("MLOps Portal needs Python 3.11 or later, and there is none here: ")


def test_an_old_python_does_not_hide_a_newer_one(tmp_path: Path) -> None:
    _named(tmp_path, "python3", OLD)
    (tmp_path / "python3.12").symlink_to(sys.executable)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(
        [ROOT / "ops" / "python.sh", "-c", "print('found')"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "found\n"


@pytest.mark.parametrize("version", ["(2, 7)", "(3, 10)", "(3, 11)", "(4, 0)"])
def test_the_question_after_the_version_is_answered_right(version: str) -> None:
    script = (ROOT / "ops" / "python.sh").read_text()
    question = next(line for line in script.splitlines() if "sys.exit" in line).split("'")[1]
    faked = question.replace("import sys;", f"import sys; version_info = {version};").replace(
        "sys.version_info[:2]", "version_info"
    )
    assert faked.count("version_info") == 2
    code = subprocess.run([sys.executable, "-c", faked], check=False).returncode
    assert (code == 0) == (eval(version) >= (3, 11))


# -- .venv, with pip and venv replaced by something quick -----------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of which `.venv` is made by a stand-in; `steps` are what was done."""
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(bootstrap, "UNFINISHED", tmp_path / ".venv" / ".unfinished")
    (tmp_path / "requirements.txt").write_text("one==1\n")
    return tmp_path


@pytest.fixture
def steps(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    done: list[str] = []

    def run(doing: str, *command: object, **_: object) -> None:
        done.append(doing)
        if doing == "Making .venv":
            bootstrap.PYTHON.parent.mkdir()
            bootstrap.PYTHON.symlink_to(sys.executable)

    monkeypatch.setattr(bootstrap, "run", run)
    return done


def _install() -> None:
    bootstrap.make_venv()
    bootstrap.install("requirements.txt")


def test_what_is_installed_is_left_alone(steps: list[str]) -> None:
    _install()
    assert steps == ["Making .venv", "Installing requirements.txt"]
    _install()
    assert len(steps) == 2


def test_other_requirements_are_installed_into_the_same_folder(checkout: Path, steps: list[str]) -> None:
    _install()
    (checkout / "requirements.txt").write_text("one==2\n")
    _install()
    assert steps[2:] == ["Installing requirements.txt"]


def test_a_half_finished_install_is_made_anew(
    steps: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    works = bootstrap.run

    def killed(doing: str, *command: object, **_: object) -> None:
        if doing.startswith("Installing"):
            raise KeyboardInterrupt
        works(doing, *command)  # type: ignore[arg-type]

    with monkeypatch.context() as broken:
        broken.setattr(bootstrap, "run", killed)
        with pytest.raises(KeyboardInterrupt):
            _install()
    (bootstrap.VENV / "half").touch()
    _install()
    assert not (bootstrap.VENV / "half").exists()
    assert "An earlier install in .venv was not finished" in capsys.readouterr().out


def test_an_update_that_cannot_be_had_leaves_what_there_was(
    checkout: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _install()
    (checkout / "requirements.txt").write_text("one==2\n")
    with monkeypatch.context() as offline:
        offline.setattr(bootstrap, "run", lambda *_: bootstrap.refuse("pip reaches nobody"))
        with pytest.raises(SystemExit):
            _install()
    _install()
    assert steps.count("Making .venv") == 1
    assert steps.count("Installing requirements.txt") == 2


def test_a_folder_whose_python_is_gone_is_made_anew(steps: list[str]) -> None:
    _install()
    bootstrap.PYTHON.unlink()
    bootstrap.PYTHON.symlink_to("/nowhere/python3")
    _install()
    assert steps.count("Making .venv") == 2


def test_a_step_that_fails_tells_why_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bootstrap.run("Installing it", "sh", "-c", "echo looking; echo 'ERROR: no such package' >&2; exit 2")
    told = capsys.readouterr().err
    assert told.startswith("Installing it failed: ERROR: no such package (all of its output is in ")
    assert len(told.splitlines()) == 1


# -- Node ---------------------------------------------------------------------------------------------------------


def _node_folder(folder: Path, version: str, *, npm: bool = True) -> Path:
    folder.mkdir()
    _named(folder, "node", f"#!/bin/sh\necho {version}\n")
    if npm:
        _named(folder, "npm", "#!/bin/sh\n")
    return folder


@pytest.mark.parametrize(
    ("version", "npm", "taken"),
    [("v18.0.0", True, True), ("v22.3.1", True, True), ("v16.20.2", True, False), ("v22.3.1", False, False)],
)
def test_node_is_taken_from_path_if_it_is_new_enough_and_whole(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, version: str, npm: bool, taken: bool
) -> None:
    folder = _node_folder(checkout / "bin", version, npm=npm)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.defpath}")
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: str(folder / name))
    assert bootstrap._node() == (folder if taken else None)


def test_node_of_the_venv_is_taken_else(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _: None)
    (checkout / ".venv").mkdir()
    assert bootstrap._node() is None
    folder = _node_folder(checkout / ".venv" / "bin", "v24.1.0")
    assert bootstrap._node() == folder
