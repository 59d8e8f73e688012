"""What GitHub posts to a webhook: checked by its signature, and read only as far as it names a repository.

https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries: `X-Hub-Signature-256` is "sha256=" and the
HMAC-SHA256 of the raw body, in hex, with the webhook's secret as the key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

from connectors.records import Heard

SIGNATURE, EVENT = "X-Hub-Signature-256", "X-GitHub-Event"


class GitHubHook:
    """`connectors.records.Hook` of GitHub and GitHub Enterprise Server."""

    def is_signed(self, secret: str, headers: Mapping[str, str], body: bytes) -> bool:
        made = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(made.encode(), headers.get(SIGNATURE, "").encode())

    def understand(self, headers: Mapping[str, str], body: bytes) -> Heard:
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            raise ValueError("not_json") from None
        repository = told.get("repository") if isinstance(told, dict) else None
        ident = repository.get("id") if isinstance(repository, dict) else None
        return Heard(headers.get(EVENT, ""), str(ident) if isinstance(ident, int) else "")
