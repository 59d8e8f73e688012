"""Passwords that guessers try first, in the disguises that they try too."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from teams.models import Organisation

_PORTAL = {"mlops", "portal"}
_LETTERS = [str.maketrans("@4031!$57", "aaoe" + one + one + "sst") for one in "li"]  # a 1 stands for an l or an i


def _plain(text: str) -> set[str]:
    """What is left without capitals, spaces, digits for letters, and digits and marks at the end."""
    low = re.sub(r"[\s_.\-]", "", text.lower())
    bare = re.sub(r"[\d\W_]+$", "", low)
    return {each.translate(table) for each in (low, bare) for table in _LETTERS} | {low, bare}


def _without(names: set[str], text: str) -> str:
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    return text


class GuessableValidator:
    """Refuse a common password in disguise, and one made of the portal's or the organisation's name or of nothing but spaces."""

    @cached_property
    def _common(self) -> CommonPasswordValidator:
        return CommonPasswordValidator()

    def validate(self, password: str, user: Any = None) -> None:
        plain = _plain(password)
        if not password.strip() or plain & self._common.passwords:
            raise ValidationError(self._common.get_error_message(), code="password_too_common")
        names = _PORTAL | _plain(str(Organisation.current() or "")) - {""}
        if any(each and not _without(names, each) for each in plain):
            raise ValidationError(
                _("This password is the name of the portal or the organisation."), code="password_name"
            )

    def get_help_text(self) -> str:
        return ""
