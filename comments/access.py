"""Who may say something, and take words away: docs/definitions.md, "Who may do what"."""

from __future__ import annotations

import rules

from comments.models import Comment
from core.topics import Topic
from teams.access import without_token
from teams.models import Person


@rules.predicate
def may_write(person: Person, topic: Topic) -> bool:
    """Whoever may edit the team; of the organisation's also the people who answer for it."""
    if topic.team is not None:
        return person.has_perm("team.edit", topic.team)
    return person.has_perm("organisation.objectives") or (without_token(person) and person in topic.owners)


@rules.predicate
def may_blank(person: Person, comment: Comment) -> bool:
    """One's own words, or anybody's for whoever looks after the team or the organisation's objectives."""
    if comment.team is None:
        return bool(without_token(person)) and (
            comment.person_id == person.pk or person.has_perm("organisation.objectives")
        )
    own = comment.person_id == person.pk and person.has_perm("team.edit", comment.team)
    return own or person.has_perm("team.administer", comment.team)


rules.add_perm("comments.write", may_write)
rules.add_perm("comments.blank", may_blank)
