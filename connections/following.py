"""A repository that was renamed or moved on the host: its rows follow, and the audit log tells."""

from __future__ import annotations

from connections import schedule, stores
from connectors.records import Identity
from teams import audit


class AnotherRepository(Exception):
    """The name stands for another repository by now."""


def follow(lease: schedule.Lease, found: Identity) -> None:
    """Take over the present name. Raises AnotherRepository; LeaseLost, Stopped."""
    with schedule.held(lease) as source:
        if found.external_id != source.external_id:
            raise AnotherRepository
        before = source.full_name
        source.full_name, source.url, source.default_branch = found.full_name, found.url, found.default_branch
        source.save(update_fields=["full_name", "url", "default_branch", "lease_until", "heartbeat_at"])
        if before != found.full_name:
            stores.renamed(source, before)
            for share in source.shares.live().listed():
                audit.record(
                    "connection.repository_renamed", actor=None, subject=source, team=share.team,
                    before=before, after=found.full_name,
                )  # fmt: skip
