"""Asking for one object that was set aside once more, at once and by itself; a sync does the same for all of them."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from connections import budget, messages, schedule
from connections import options as read_options
from connections.keeping import keep
from connections.models import Credential, SetAsideObject, Source
from connectors.records import Page
from connectors.registry import CONNECTORS
from core import clock
from core.crypto import Undecryptable
from core.http import OutgoingError
from core.refusals import Refused


class CannotAsk(Refused):
    """The host cannot be asked for it now; the message says why."""

    conflicts = True


def retry(*, source: Source, object_id: int) -> SetAsideObject:
    """Ask for it and keep the answer; it is cleared if it could be understood. Raises CannotAsk, SetAsideObject.DoesNotExist.

    Not within a transaction: it waits for the host.
    """
    found = source.set_aside.open().get(pk=object_id)
    if not found.can_be_asked:
        raise CannotAsk(_("The host sent it without a number, so it cannot be asked for by itself."))
    try:
        schedule.refuse(source, busy=False)
        pages = _asked(source, found.key)
    except schedule.NotNow as refusal:
        raise CannotAsk(messages.not_now(refusal)) from refusal
    except OutgoingError as error:
        raise CannotAsk(messages.refusal(error.code, error.params)) from error
    except Credential.DoesNotExist:
        raise CannotAsk(messages.problem("no_token")) from None
    except Undecryptable:
        raise CannotAsk(messages.problem("undecryptable")) from None
    _keep(source, found, pages)
    found.refresh_from_db()
    return found


def _asked(source: Source, key: str) -> list[Page]:
    connection = source.connection
    credential = Credential.objects.get(connection=connection)
    shared = budget.of(credential, connection.base_url)
    connector, options = CONNECTORS[connection.kind], read_options.from_json(source.options)
    with connector.client(connection.base_url, credential.token) as client:
        try:
            return list(connector.read_again(client, source.full_name, options, [key], clock.now()))
        finally:
            budget.note(shared.pk, client)


@transaction.atomic
def _keep(source: Source, found: SetAsideObject, pages: list[Page]) -> None:
    locked = Source.objects.select_for_update(of=("self",)).select_related("connection").get(pk=source.pk)
    now = clock.now()
    for page in pages:
        keep(locked, page, now)
    told = {each.key for page in pages for each in page.set_aside}
    if found.key not in told:  # read, or nothing that the portal keeps
        locked.set_aside.open().filter(pk=found.pk).update(cleared_at=now)
