"""What a person chooses: which notices, where, and when mails may leave."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from core import edits
from core.refusals import Refused
from notices import choosing, kinds, mails, outbox, sending
from notices.faults import MailFault, sentence_of_test
from notices.models import Choice, Preference
from notices.unsubscribing import EVERYTHING, Unsubscribing
from teams.models import Person

TIMES = ("no_mail", "digest", "digest_hour", "digest_weekday", "quiet_from", "quiet_until")


def chosen(person: Person) -> dict[str, Any]:
    """All that can be chosen, by name: TIMES, and `inbox_KIND` and `mail_KIND` for each kind of notices."""
    wishes = choosing.Wishes([person])
    preference = wishes.preference(person)
    found: dict[str, Any] = {name: getattr(preference, name) for name in TIMES}
    for kind in kinds.all_kinds():
        found[f"inbox_{kind.id}"] = wishes.inbox(person, kind)
        found[f"mail_{kind.id}"] = wishes.chose_mail(person, kind)
    return found


@transaction.atomic
def choose(*, person: Person, wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> None:
    """`wanted` and `seen` hold the same names, of those of `chosen`. Refused; StaleEdit."""
    Person.objects.select_for_update().get(pk=person.pk)  # one page of the person's after the other
    current = chosen(person)
    changes = edits.merge(
        current={name: current[name] for name in wanted},
        seen=seen,
        wanted=wanted,
        changed_by=lambda _name: edits.Touch.by(person),
    )
    new = current | changes
    if (new["quiet_from"] is None) != (new["quiet_until"] is None):
        missing = "quiet_until" if new["quiet_until"] is None else "quiet_from"
        raise Refused(_("Say from when until when, or leave both empty."), missing)
    if changes.keys() & {"quiet_from", "quiet_until"} and new["quiet_from"] is not None:
        _check_quiet(new["quiet_from"], new["quiet_until"])
    if changes.keys() & set(TIMES):
        times = {name: new[name] for name in TIMES}
        preference, _made = Preference.objects.update_or_create(person=person, defaults=times)
        outbox.reschedule(person, preference)
    for kind in kinds.all_kinds():
        if {f"inbox_{kind.id}", f"mail_{kind.id}"} & changes.keys():
            where = {"inbox": new[f"inbox_{kind.id}"], "mail": new[f"mail_{kind.id}"]}
            Choice.objects.update_or_create(person=person, kind=kind.id, defaults=where)


def _check_quiet(begin: time, end: time) -> None:
    if begin == end:
        said = _("From %(time)s until %(time)s is no time at all. Say when mails may leave again, or leave both empty.")
        raise Refused(said % {"time": f"{begin:%H:%M}"}, "quiet_until")


def is_off(wanted: Unsubscribing) -> bool:
    """Whether no mails of this kind, or none at all, come to the person as it is. Whoever is gone gets none."""
    person = Person.objects.filter(pk=wanted.person_id, removed_at=None).first()
    if person is None:
        return True
    wishes, known = choosing.Wishes([person]), kinds.get(wanted.kind)
    return wishes.preference(person).no_mail or (known is not None and not wishes.chose_mail(person, known))


@transaction.atomic
def unsubscribe(wanted: Unsubscribing) -> None:
    """No more mails of this kind, or of any. Whoever has the link may: it was mailed to the person. Twice is once."""
    person = Person.objects.select_for_update().filter(pk=wanted.person_id).first()
    if person is None or person.removed_at is not None:
        return
    if wanted.kind == EVERYTHING:
        Preference.objects.update_or_create(person=person, defaults={"no_mail": True})
        return
    known = kinds.get(wanted.kind)
    if known is not None:
        inbox = choosing.Wishes([person]).inbox(person, known)
        Choice.objects.update_or_create(person=person, kind=known.id, defaults={"inbox": inbox, "mail": False})


def send_test_mail(*, person: Person) -> None:
    """At once and past the outbox: the answer is wanted now. Refused with what the mail server said.

    One that arrives proves that an address that was refused before works again. Not inside a transaction: it waits.
    """
    if not settings.MAIL_WORKS:
        raise Refused(_("This portal has no mail server, so no mail leaves it."))
    with sending.Postman() as postman:
        try:
            postman.hand_over(mails.test_mail(uuid4(), person))
        except MailFault as fault:
            if fault.permanent:
                sending.refused(person, fault)
            raise Refused(sentence_of_test(fault.code, fault.params)) from fault
    Preference.objects.filter(person=person).update(refused_digest="", refused_at=None, refused_said="")
