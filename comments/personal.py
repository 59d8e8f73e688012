"""What comments hold about a person without a key of theirs that says so (teams/personal.py)."""

from django.db.models import Q

from teams.personal import register_written


def register() -> None:
    register_written("comments.Words", lambda person: Q(comment__person=person))
