"""Key results and check-ins that come as a table, and go as one."""

from core import imports
from okrs.importing.check_ins import CheckIns
from okrs.importing.key_results import KeyResults

__all__ = ["CheckIns", "KeyResults", "register"]


def register() -> None:
    imports.register(KeyResults())
    imports.register(CheckIns())
