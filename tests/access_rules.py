"""What an answer can be, for each of the cast: tests/access_table.py says which rule each route has."""

from __future__ import annotations

from dataclasses import dataclass

from tests.access_world import PEOPLE, TOKENS

MAY, SIGN_IN, FORBIDDEN, MISSING = "may", "sign in", "403", "404"


@dataclass(frozen=True)
class Rule:
    """The answer for each of the cast. Pages take no tokens: there a token is nobody."""

    name: str
    people: dict[str, str]
    tokens: dict[str, str]
    nobody: str = SIGN_IN

    def answer(self, who: str, kind: str) -> str:
        if who in PEOPLE:
            return self.people[who]
        if who in TOKENS and kind == "api":
            return self.tokens[who]
        return self.nobody


def _people(*allowed: str, others: str = FORBIDDEN) -> dict[str, str]:
    return {who: MAY if who in allowed else others for who in PEOPLE}


def _tokens(read: str, write: str, foreign: str, key_result: str = FORBIDDEN) -> dict[str, str]:
    return {"read_token": read, "write_token": write, "foreign_token": foreign, "key_result_token": key_result}


# Nobody needs to be signed in.
OPEN = Rule("open", _people(*PEOPLE), _tokens(MAY, MAY, MAY), nobody=MAY)
# Everyone signed in, about the whole organisation or about oneself; a token sees its own team's part.
READ = Rule("read", _people(*PEOPLE), _tokens(MAY, MAY, MAY))
# Everyone signed in, on one's own account. Tokens have none.
OWN = Rule("own", _people(*PEOPLE), _tokens(FORBIDDEN, FORBIDDEN, FORBIDDEN))
# One team's pages: everyone signed in reads every team, a token only its own.
READ_TEAM = Rule("read the team", _people(*PEOPLE), _tokens(MAY, MAY, MISSING))
EDIT_TEAM = Rule("edit the team", _people("editor", "team_admin", "administrator"), _tokens(FORBIDDEN, MAY, MISSING))
# The routes that a token for one key result may use; what is the organisation's it does not find.
READ_KEY_RESULT = Rule("read a key result", READ_TEAM.people, _tokens(MAY, MAY, MISSING, MAY))
CHECK_IN = Rule("check in on a key result", EDIT_TEAM.people, _tokens(FORBIDDEN, MAY, MISSING, MAY))
REVIEW_TEAM = Rule("review the team", _people("manager", "administrator"), _tokens(FORBIDDEN, FORBIDDEN, MISSING))
ADMINISTER_TEAM = Rule(
    "administer the team", _people("team_admin", "administrator"), _tokens(FORBIDDEN, FORBIDDEN, MISSING)
)
ADMINISTER_ORGANISATION = Rule(
    "administer the organisation", _people("administrator"), _tokens(FORBIDDEN, FORBIDDEN, FORBIDDEN)
)
EDIT_ORGANISATION_OKRS = Rule(
    "edit the organisation's OKRs", _people("manager", "administrator"), _tokens(FORBIDDEN, FORBIDDEN, FORBIDDEN)
)
READ_ORGANISATION_OKR = Rule("read one of the organisation's OKRs", READ.people, _tokens(MAY, MAY, MAY, MISSING))
EDIT_ORGANISATION_OKR = Rule(
    "edit one of the organisation's OKRs",
    EDIT_ORGANISATION_OKRS.people,
    _tokens(FORBIDDEN, FORBIDDEN, FORBIDDEN, MISSING),
)
# Somebody else's, which is told to nobody.
NOT_ONES_OWN = Rule("somebody else's", _people(others=MISSING), _tokens(MISSING, MISSING, MISSING))
# One's own notices: a token marks those that are about its team.
MARK_OWN = Rule("mark one's own notices", _people(*PEOPLE), _tokens(FORBIDDEN, MAY, MAY))
# A notice of the administrator's: everybody else is told that it is not there.
ADMINISTRATORS_OWN = Rule(
    "the administrator's own", _people("administrator", others=MISSING), _tokens(FORBIDDEN, MISSING, MISSING)
)
# Not there for anybody (any more).
GONE = Rule("gone", _people(others=MISSING), _tokens(MISSING, MISSING, MISSING), nobody=MISSING)
# Whoever signs it rightly, signed in or not; the walks do not.
SIGNED = Rule("signed", _people(), _tokens(FORBIDDEN, FORBIDDEN, FORBIDDEN), nobody=FORBIDDEN)
