"""Who may do what with OKRs: docs/definitions.md, "Who may do what". `team` None is the organisation."""

from __future__ import annotations

import rules

from okrs.models import KeyResult
from teams.access import without_token
from teams.models import Person, Team, TokenScope


@rules.predicate
def may_edit(person: Person, team: Team | None = None) -> bool:
    return person.has_perm("team.edit", team) if team else person.has_perm("organisation.objectives")


@rules.predicate
def may_check_in(person: Person, key_result: KeyResult) -> bool:
    """Whoever may edit it; of the organisation's also its owner and its objective's. A token for one key result: that one."""
    objective, token = key_result.objective, person.token
    if token is not None and token.scope == TokenScope.KEY_RESULT:
        return key_result.pk == token.key_result_id and person.has_perm("team.check_in", objective.team)
    if may_edit(person, objective.team):
        return True
    return objective.team is None and without_token(person) and person.pk in (key_result.owner_id, objective.owner_id)


rules.add_perm("okrs.edit", may_edit)
rules.add_perm("okrs.check_in", may_check_in)
