"""What a worker does with the outbox: take a row, send it, mark it. Safe to run twice and to kill at any line."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from core import clock
from core.http import OutgoingError, RateLimited
from notices import faults, kinds, mails, outbox, posting
from notices.choosing import Wishes, address_digest
from notices.models import Channel, ChannelState, Notice, Outgoing, OutgoingState, Preference
from notices.own import tell_of_stopped
from notices.timing import after_quiet
from teams.models import Person

log = logging.getLogger(__name__)

AT_A_TIME = timedelta(seconds=30)  # that one message to a worker is worked for; what is left asks for another
PAUSE_AFTER = 3  # refusals in a row


def send() -> int:
    """Send what is due; how many rows were taken."""
    began, taken = clock.now(), 0
    with Postman() as postman:
        while clock.now() - began < AT_A_TIME:
            row = outbox.take()
            if row is None:
                return taken
            taken += 1
            _deliver(row, postman)
    outbox.enqueue()
    return taken


def _deliver(row: Outgoing, postman: Postman) -> None:
    try:
        if row.channel_id:
            _post(row, row.channel_id)
        else:
            _mail(row, postman)
    except outbox.LeaseLost:
        log.info("outgoing %s: another worker took over", row.uid)
    except Exception:  # one row that cannot be told must not hold up all the others
        log.exception("outgoing %s failed", row.uid)
        with suppress(outbox.LeaseLost), outbox.held(row) as mine:
            outbox.retry(mine, "failed", {})


# -- Mails ----------------------------------------------------------------------------------------------------------


class Postman:
    """One connection to the mail server for all mails of a run, made with the first one."""

    def __init__(self) -> None:
        self._connection: Any = None

    def __enter__(self) -> Postman:
        return self

    def __exit__(self, *_: object) -> None:
        self._hang_up()

    def hand_over(self, mail: EmailMessage) -> None:
        """MailFault where the server does not take it."""
        used_before = self._connection is not None
        try:
            self._send(mail)
        except Exception as error:  # whatever smtplib, the network or an odd address makes of it
            self._hang_up()
            if used_before and isinstance(
                error, SMTPServerDisconnected
            ):  # it takes so many mails at a time and no more
                return self.hand_over(mail)
            raise faults.of_mail(error) from error

    def _send(self, mail: EmailMessage) -> None:
        if self._connection is None:
            self._connection = get_connection()
        self._connection.open()
        self._connection.send_messages([mail])

    def _hang_up(self) -> None:
        if self._connection is not None:
            with suppress(Exception):  # a server that is gone cannot be said goodbye to
                self._connection.close()
            self._connection = None


def _mail(row: Outgoing, postman: Postman) -> None:
    with outbox.held(row) as mine:
        letter = _begun(mine)
    if letter is None:
        return
    person, notices = letter
    try:
        postman.hand_over(mails.of_notices(row.uid, person, notices))
    except faults.MailFault as fault:
        with outbox.held(row) as mine:
            _not_taken(mine, person, fault)
    else:
        with outbox.held(row) as mine:
            outbox.end(mine, OutgoingState.SENT)


def _begun(row: Outgoing) -> tuple[Person, list[Notice]] | None:
    """Whom it is for and what is in it; None if it is not to leave now, or never. From here on it takes up no more notices."""
    assert row.person_id is not None
    person = Person.objects.get(pk=row.person_id)
    wishes = Wishes([person])
    at = after_quiet(clock.now(), wishes.preference(person).quiet, person.zone)
    if at > clock.now():
        outbox.postpone(row, at)
        return None
    if row.begun_at is None:
        _seal(row, person, wishes)
    notices = list(row.notices.select_related("team").order_by("created_at", "pk"))
    if not notices or not person.is_active or not settings.MAIL_WORKS:
        outbox.end(row, OutgoingState.DROPPED)
        return None
    return person, notices


def _seal(row: Outgoing, person: Person, wishes: Wishes) -> None:
    """Take in what waits for the same hour, and leave out what was read meanwhile or is no longer wanted."""
    others = Outgoing.objects.select_for_update().open_mails_of(person).free(clock.now())
    others = others.filter(next_at=row.next_at, created_at__lt=row.next_at).exclude(pk=row.pk)
    for other in others:
        other.notices.update(mail=row)
        outbox.end(other, OutgoingState.DROPPED)
    for notice in row.notices.all():
        kind = kinds.get(notice.kind)
        if notice.read_at is not None or kind is None or not wishes.mail(person, kind):
            notice.mail = None
            notice.save(update_fields=["mail"])
    row.begun_at = clock.now()
    row.save(update_fields=["begun_at"])


def _not_taken(row: Outgoing, person: Person, fault: faults.MailFault) -> None:
    log.info("mail %s: %s", row.uid, fault.code)
    if not fault.permanent:
        outbox.retry(row, fault.code, fault.params)
        return
    refused(person, fault)
    outbox.end(row, OutgoingState.FAILED, fault.code, fault.params)


def refused(person: Person, fault: faults.MailFault) -> None:
    """The mail server will not take mails to this address: no more are made until a test message arrives, or it is another."""
    facts = {"refused_digest": address_digest(person), "refused_at": clock.now(), "refused_said": fault.params["said"]}
    Preference.objects.update_or_create(person=person, defaults=facts)


# -- Posts ----------------------------------------------------------------------------------------------------------


def _post(row: Outgoing, channel_id: int) -> None:
    with outbox.held(row) as mine:
        if mine.begun_at is None:
            mine.begun_at = clock.now()
            mine.save(update_fields=["begun_at"])
    try:
        posting.post(row)
    except OutgoingError as error:
        with outbox.held(row) as mine:
            _not_posted(mine, channel_id, error)
    else:
        with outbox.held(row) as mine:
            outbox.end(mine, OutgoingState.SENT)
            works(channel_id)


def works(channel_id: int) -> None:
    """The channel took a message."""
    now = clock.now()
    Channel.objects.filter(pk=channel_id).update(refusals=0, error_code="", error_params={}, posted_at=now)


def _not_posted(row: Outgoing, channel_id: int, error: OutgoingError) -> None:
    log.info("post %s: %s", row.uid, error.code)
    channel = Channel.objects.select_for_update().get(pk=channel_id)
    channel.error_code, channel.error_params = error.code, error.params
    if error.permanent:
        channel.refusals += 1
    if error.code in faults.GONE:
        channel.state = ChannelState.ENDED
    elif channel.refusals >= PAUSE_AFTER:
        channel.state = ChannelState.PAUSED
    channel.save(update_fields=["error_code", "error_params", "refusals", "state"])
    if channel.state != ChannelState.WORKS:
        tell_of_stopped(channel, str(row.uid))
    outbox.retry(row, error.code, error.params, error.retry_at if isinstance(error, RateLimited) else None)
