"""What a person does with the own inbox."""

from __future__ import annotations

from django.db import transaction

from core import clock
from notices.models import Notice
from teams.models import Person


def mark_read(notice: Notice) -> None:
    """A notice that was read before keeps its first time."""
    Notice.objects.unread().filter(pk=notice.pk).update(read_at=clock.now())


def mark_unread(notice: Notice) -> None:
    Notice.objects.filter(pk=notice.pk).update(read_at=None)


@transaction.atomic
def mark_all_read(*, person: Person, up_to: int) -> int:
    """All that had come when the page was made: `up_to` is the newest of them. How many were unread."""
    return Notice.objects.visible_to(person).unread().filter(pk__lte=up_to).update(read_at=clock.now())
