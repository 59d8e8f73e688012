"""The check of the translations finds what it is there to find."""

import ast
import os
import subprocess
from pathlib import Path

import pytest

from ops import messages

PO = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=1; plural=0;\\nLanguage: ja\\n"

msgid "Teams"
msgstr "チーム"

msgid "A programmer's text"
msgstr "開発者向けの文"

msgid "%(count)s person"
msgid_plural "%(count)s people"
msgstr[0] "%(count)s人"
"""
CODE = """
from django.utils.translation import gettext as _, ngettext

title = _("Teams")


def people(count):
    return ngettext("%(count)s person", "%(count)s people", count) % {"count": count}
"""


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "api_texts", lambda: ["A programmer's text"])
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    (tmp_path / "rooms.py").write_text(CODE)
    for name, text in ((messages.CATALOGUE, PO), (messages.OF_TEMPLATES, PO.partition('msgid "Teams')[0])):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_complete_catalogue_has_no_problems(sources: Path) -> None:
    assert messages.check() == []


def test_a_text_of_the_code_or_a_template_that_is_not_in_the_catalogue_is_found(sources: Path) -> None:
    change(sources / "rooms.py", 'title = _("Teams")', 'title = _("Teams") + _("Roadmap")')
    (sources / "templates" / "page.html").write_text("{% load i18n %}{% translate 'Home' %}")
    assert messages.check() == [
        "not in the catalogue (make messages): 'Home'",
        "not in the catalogue (make messages): 'Roadmap'",
    ]


def test_a_text_that_is_no_longer_used_is_found(sources: Path) -> None:
    change(sources / "rooms.py", '_("Teams")', '"Teams"')
    assert messages.check() == ["no longer used (make messages): 'Teams'"]


def test_an_empty_translation_is_found(sources: Path) -> None:
    change(sources / messages.CATALOGUE, "チーム", "")
    change(sources / messages.CATALOGUE, "%(count)s人", "")
    assert messages.check() == ["not translated: '%(count)s person'", "not translated: 'Teams'"]


def test_a_fuzzy_translation_is_found(sources: Path) -> None:
    change(sources / messages.CATALOGUE, 'msgid "Teams"', '#, fuzzy\nmsgid "Teams"')
    assert messages.check() == ["fuzzy: 'Teams'"]


def test_a_translation_that_lost_its_placeholder_is_found(sources: Path) -> None:
    change(
        sources / messages.CATALOGUE,
        'msgid "%(count)s person"',
        '#, python-format\nmsgid "%(count)s person"',
    )
    change(sources / messages.CATALOGUE, "%(count)s人", "%(number)s人")
    (problem,) = messages.check()
    assert "'%(count)s person'" in problem


def test_no_catalogue_at_all_is_found(sources: Path) -> None:
    (sources / messages.CATALOGUE).unlink()
    assert messages.check() == [f"{messages.CATALOGUE} is missing: `make messages` makes it"]


def test_compiled_translations_are_what_gettext_reads(sources: Path) -> None:
    import gettext

    messages.compile_all()
    with (sources / messages.CATALOGUE).with_suffix(".mo").open("rb") as compiled:
        japanese = gettext.GNUTranslations(compiled)
    assert japanese.gettext("Teams") == "チーム"
    assert japanese.ngettext("%(count)s person", "%(count)s people", 3) == "%(count)s人"
    assert [name for name in os.listdir(sources / messages.CATALOGUE.parent) if name.endswith(".tmp")] == []


def test_texts_are_marked_by_names_that_makemessages_knows() -> None:
    """Under another name they would never come into the catalogue, and nobody would notice but who reads Japanese."""
    known = {None, "_", "now"}
    listed = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=messages.ROOT, capture_output=True, text=True, check=True
    ).stdout
    wrong = []
    for name in listed.splitlines():
        if name.partition("/")[0] in messages.NO_TEXTS_IN or not (messages.ROOT / name).is_file():
            continue
        for node in ast.walk(ast.parse((messages.ROOT / name).read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
                marks = [each for each in node.names if "gettext" in each.name]
                wrong += [f"{name}: {each.name} as {each.asname}" for each in marks if each.asname not in known]
    assert wrong == []


def test_a_text_inside_an_f_string_is_told(sources: Path) -> None:
    assert messages.check() == []
    (sources / "teams").mkdir(exist_ok=True)
    (sources / "teams" / "hidden.py").write_text("""done = f"{_('Saved.')} {name}"\n""")
    assert "teams/hidden.py: inside an f-string: _('Saved.')" in messages.check()


def test_a_text_of_a_template_stands_in_the_catalogue_of_templates(sources: Path) -> None:
    (sources / "templates" / "page.html").write_text("{% load i18n %}{% translate 'Teams' %}")
    assert messages.check() == ["not in the catalogue (make messages): 'Teams'"]
    with (sources / messages.OF_TEMPLATES).open("a") as catalogue:
        catalogue.write('\nmsgid "Teams"\nmsgstr "組"\n')
    assert messages.check() == ["said otherwise in code and templates: 'Teams'"]
    change(sources / messages.OF_TEMPLATES, "組", "チーム")
    assert messages.check() == []
