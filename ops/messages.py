"""Translations: `compile` them (Babel, so that no system gettext is needed), `make` the catalogue again, `check` it.

python -m ops.messages compile|make|check
"""

import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from ops import bootstrap
from ops.bootstrap import ROOT
from ops.say import refuse, say
from ops.services import GETTEXT, need

CATALOGUE = Path("locale/ja/LC_MESSAGES/django.po")  # of the code, and of what the API says about itself
OF_TEMPLATES = Path("templates/locale/ja/LC_MESSAGES/django.po")
CATALOGUES = (CATALOGUE, OF_TEMPLATES)
NO_TEXTS_IN = (".venv", "node_modules", "var", "static", "tests", "ops", "frontend")
SHOWN = 10
Texts = dict[tuple[str | None, str], Message]  # by context and text
ASKING = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext"}


def read(file: Path) -> Catalog:
    with file.open("rb") as source:
        return read_po(source, locale=file.parts[-3])


def compile_all() -> None:
    for source in bootstrap.catalogues(ROOT):
        beside = source.with_suffix(
            f".{os.getpid()}.tmp"
        )  # moved into place: a reader finds the old file or the new one
        with beside.open("wb") as target:
            write_mo(target, read(source))
        beside.replace(source.with_suffix(".mo"))


def api_texts() -> list[str]:
    """What the API says about itself: docstrings and help texts, in which makemessages finds nothing."""
    ask = "import django, json; django.setup(); from core.api_docs import texts; print(json.dumps(sorted(texts())))"
    with tempfile.TemporaryDirectory() as var:
        own = {"PORTAL_ENV": "test", "PORTAL_VAR": var, "DATABASE_URL": "sqlite://:memory:", "REDIS_URL": ""}
        done = subprocess.run(
            [sys.executable, "-c", ask],
            cwd=ROOT,
            env={**os.environ, **own, "DJANGO_SETTINGS_MODULE": "mlops_portal.settings"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        refuse(f"The API cannot be described: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    return list(json.loads(done.stdout))


# Besides the names that Django knows: `now`, of a text that is said at once in a module where `_` is lazy.
MAKE = """
from django.core.management import execute_from_command_line
from django.core.management.commands.makemessages import Command
Command.xgettext_options = [*Command.xgettext_options, "--keyword=now"]
execute_from_command_line()
"""


def make(folder: Path) -> None:
    """Django's makemessages over `folder` and the API's texts, always with the same options."""
    need(GETTEXT)
    for catalogue in CATALOGUES:  # makemessages gives a text to the nearest folder of this name above it
        (folder / catalogue).parents[2].mkdir(parents=True, exist_ok=True)
    api = folder / "api_texts.py"  # there for makemessages only
    api.write_text("".join(f"_({text!r})\n" for text in api_texts()))
    try:
        _make_messages(folder)
    finally:
        api.unlink()


def _make_messages(folder: Path) -> None:
    without = [f"--ignore={name}/*" for name in NO_TEXTS_IN]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            MAKE,
            "makemessages",
            "--locale=ja",
            "--add-location=file",
            "--no-obsolete",
            *without,
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        refuse(f"makemessages failed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")


def fresh_catalogues() -> list[Catalog]:
    """The catalogues as makemessages would write them now, made from a copy of the sources."""
    listed = subprocess.run(
        [
            "git",
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "*.py",
            "*.html",
            "*.txt",
            *map(str, CATALOGUES),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    with tempfile.TemporaryDirectory() as copy:
        for name in listed:
            if name.partition("/")[0] not in NO_TEXTS_IN and (ROOT / name).is_file():
                target = Path(copy, name)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, target)
        make(Path(copy))
        return [read(Path(copy, name)) if Path(copy, name).exists() else Catalog(locale="ja") for name in CATALOGUES]


def _key(message: Message) -> tuple[str | None, str]:
    return message.context, message.id if isinstance(message.id, str) else message.id[0]


def _texts(catalogue: Catalog) -> Texts:
    return {_key(message): message for message in catalogue if message.id}


def _is_empty(message: Message) -> bool:
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return not all(strings)


def in_f_strings(source: str) -> list[str]:
    """Texts inside f-strings, where makemessages finds nothing: nobody would ever be asked to translate them."""
    return [
        ast.unparse(call)
        for string in ast.walk(ast.parse(source))
        if isinstance(string, ast.JoinedStr)
        for call in ast.walk(string)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ASKING
    ]


def _of_one(kept: Texts, fresh: Texts) -> list[str]:
    problems = [f"not in the catalogue (make messages): {text!r}" for _, text in fresh.keys() - kept.keys()]
    problems += [f"no longer used (make messages): {text!r}" for _, text in kept.keys() - fresh.keys()]
    for (_, text), message in kept.items():
        if message.fuzzy:
            problems.append(f"fuzzy: {text!r}")
        elif _is_empty(message):
            problems.append(f"not translated: {text!r}")
        problems += [f"{error} {text!r}" for error in message.check()]
    return problems


def check() -> list[str]:
    """What is wrong with the Japanese catalogues, a line each."""
    missing = [name for name in CATALOGUES if not (ROOT / name).exists()]
    if missing:
        return [f"{name} is missing: `make messages` makes it" for name in missing]
    kept = [_texts(read(ROOT / name)) for name in CATALOGUES]
    problems: list[str] = []
    for mine, fresh in zip(kept, map(_texts, fresh_catalogues()), strict=True):
        problems += _of_one(mine, fresh)
    of_code, of_templates = kept
    for key in of_code.keys() & of_templates.keys():
        if of_code[key].string != of_templates[key].string:
            problems.append(f"said otherwise in code and templates: {key[1]!r}")
    for path in (path for room in ROOT.glob("[a-z]*") if room.name not in NO_TEXTS_IN for path in room.rglob("*.py")):
        problems += [f"{path.relative_to(ROOT)}: inside an f-string: {text}" for text in in_f_strings(path.read_text())]
    return sorted(problems)


def main() -> None:
    task = sys.argv[1] if sys.argv[1:] else ""
    if task == "compile":
        compile_all()
    elif task == "make":
        make(ROOT)
        compile_all()
    elif task == "check":
        problems = check()
        for problem in problems[:SHOWN]:
            say(problem)
        if problems:
            refuse(f"{len(problems)} translations need work.")
    else:
        refuse("Say compile, make or check.")


if __name__ == "__main__":
    main()
