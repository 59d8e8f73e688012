"""Everything that changes what a team says of its maturity. Callers check who may do it; the rules of a change live here."""

from assessments.services.answering import answer, blank_comment, inherit, mark_not_applicable
from assessments.services.common import AlreadyStarted, MaturityError
from assessments.services.exemptions import approve_exemption, ask_exemption, refuse_exemption
from assessments.services.rounds import Incomplete, reopen, review, start_round, submit
from assessments.services.targets import set_target

__all__ = [
    "AlreadyStarted",
    "Incomplete",
    "MaturityError",
    "answer",
    "approve_exemption",
    "ask_exemption",
    "blank_comment",
    "inherit",
    "mark_not_applicable",
    "refuse_exemption",
    "reopen",
    "review",
    "set_target",
    "start_round",
    "submit",
]
