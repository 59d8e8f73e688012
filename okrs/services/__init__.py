"""Everything that changes OKRs. Callers check that the person may do it; the rules of a change live here."""

from okrs.services.carrying import carry_over, take_example
from okrs.services.checking_in import add_past, blank_remark, check_in
from okrs.services.common import Frozen, OkrError, SameStartAndTarget
from okrs.services.cycles import close_cycle, create_cycle, edit_cycle, reopen_cycle
from okrs.services.key_results import create_key_result, edit_key_result, set_entries, set_grade
from okrs.services.objectives import archive, create_objective, edit_objective, reorder, restore

__all__ = [
    "Frozen",
    "OkrError",
    "SameStartAndTarget",
    "add_past",
    "archive",
    "blank_remark",
    "carry_over",
    "check_in",
    "close_cycle",
    "create_cycle",
    "create_key_result",
    "create_objective",
    "edit_cycle",
    "edit_key_result",
    "edit_objective",
    "reopen_cycle",
    "reorder",
    "restore",
    "set_entries",
    "set_grade",
    "take_example",
]
