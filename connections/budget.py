"""The request limit of a token, shared: what one worker learns of it, all others with the same token at the same host obey.

docs/adr/0022. A host tells with each answer how many requests are left, so workers at the same token see each other's. They stop
before the last one, and leave some to people who are looking at a repository to connect it.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models.functions import Greatest
from django.utils.crypto import salted_hmac

from connections.models import Budget, Credential, Source
from core import clock
from core.http import Client, RateLimited, origin_of

LONGEST = 24 * 3600  # seconds: no window is longer
KEPT_BACK = 0.02  # this share of the limit is never used by a sync


def of(credential: Credential, base_url: str) -> Budget:
    """The budget of a decrypted credential."""
    secret = f"{origin_of(base_url)}\n{credential.token}"
    fingerprint = salted_hmac("connections.budget", secret, algorithm="sha256").hexdigest()
    found, _made = Budget.objects.get_or_create(fingerprint=fingerprint)
    if credential.budget_id != found.pk:
        Credential.objects.filter(pk=credential.pk).update(budget=found)
    return found


def known(source: Source) -> Budget | None:
    """What is known of the limit of the token that the source is read with."""
    return Budget.objects.filter(credentials__connection=source.connection_id).first()


def check(budget_id: int, host: str) -> None:
    """Raises RateLimited where another worker was told to wait, or left no more than is kept back."""
    now = clock.now()
    found = Budget.objects.get(pk=budget_id)
    until = found.waiting_until if found.waiting_until and found.waiting_until > now else _spent_until(found, now)
    if until is not None:
        raise RateLimited(until, host=host)


def _spent_until(budget: Budget, now: datetime) -> datetime | None:
    if budget.remaining is None or budget.reset_at is None or budget.reset_at <= now:
        return None
    return budget.reset_at if budget.remaining <= int((budget.limit or 0) * KEPT_BACK) else None


def note(budget_id: int, client: Client) -> None:
    """What the host told with its last answer."""
    rate = client.rate
    if rate is not None:
        now = clock.now()
        window = max(0, round((rate.reset - now).total_seconds())) if rate.reset else 0
        Budget.objects.filter(pk=budget_id).update(
            limit=rate.limit, remaining=rate.remaining, reset_at=rate.reset, noted_at=now,
            window=Greatest("window", min(window, LONGEST)),
        )  # fmt: skip


def wait(source: Source, until: datetime) -> None:
    """The host refused, or is about to: all repositories that are read with this token wait as well."""
    budget = Credential.objects.filter(connection=source.connection_id).values_list("budget", flat=True).first()
    if budget is None:
        others = Source.objects.filter(connection=source.connection_id)
    else:
        Budget.objects.filter(pk=budget).update(waiting_until=until)
        others = Source.objects.filter(connection__credential__budget=budget)
    waiting = others.filter(active=True, next_sync_at__lt=until).exclude(pk=source.pk)
    waiting.update(next_sync_at=until, waiting_until=until)
