"""What is shown once, on the page that follows the form: the link of an invitation, the secret of a token.

It rests encrypted in the session for the length of a redirect, so that the page can be reloaded without making another.
"""

import json
from typing import Any

from django.http import HttpRequest

from core import crypto, live


def keep(request: HttpRequest, what: str, **values: str) -> None:
    """Keep `values` for the next page that takes `what`."""
    request.session[f"shown_once_{what}"] = crypto.encrypt(json.dumps(values))


def take(request: HttpRequest, what: str) -> dict[str, Any] | None:
    """What was kept, for the last time; None if there is nothing (any more), and for a mere look at the page."""
    if live.is_look(request):
        return None
    kept = request.session.pop(f"shown_once_{what}", None)
    try:
        return json.loads(crypto.decrypt(kept)) if kept else None
    except crypto.Undecryptable:
        return None
