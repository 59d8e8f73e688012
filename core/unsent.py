"""What was typed into a form that could not be taken, because its session or a right had ended or it was too old.

The page that says so shows every text again, and offers to send the form once more (docs/definitions.md, “Nothing typed is
lost”). Nothing is stored here: the texts stand in the answer to whoever sent them. Secrets are left out, and typed anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

# Names of fields that hold a secret; tests/core/test_unsent.py finds every form's.
SECRET = re.compile(r"pass|secret|token|code|credential|(?:^|[-_])new$|^address$|^login$|^csrf", re.IGNORECASE)
# What a page puts into a form by itself.
_OF_THE_PAGE = re.compile(r"(?:^|-)(?:seen|now|keep)(?:_|$)|(?:^|-)(?:request_id|next|up_to)$")


@dataclass(frozen=True)
class Unsent:
    """`fields` as they were sent, but for secrets; `texts` are those of them that somebody may want to copy."""

    action: str
    fields: list[tuple[str, str]]
    texts: list[str]
    may_send: bool


def of(request: HttpRequest) -> Unsent | None:
    """What a form of a page sent in vain; None where nothing was typed."""
    if request.method != "POST" or request.path_info.startswith("/api/"):
        return None
    sent = [(name, value) for name, values in request.POST.lists() for value in values]
    fields = [(name, value) for name, value in sent if not SECRET.search(name)]
    typed = [value for name, value in fields if not _OF_THE_PAGE.search(name)]
    texts = [value for value in typed if any(each.isalpha() for each in value)]
    return Unsent(request.get_full_path(), fields, texts, _is_our_page(request)) if texts else None


def _is_our_page(request: HttpRequest) -> bool:
    """Whether a page of this portal sent it, as the browser itself says: what another site makes up is never offered again."""
    origin = urlsplit(request.headers.get("Origin", ""))
    own = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    return f"{origin.scheme}://{origin.netloc}" in own


def answer(request: HttpRequest, address: str, *, to_sign_in: bool) -> HttpResponse | None:
    """A page that shows what was typed, and leads to `address` first; None where nothing was typed."""
    if of(request) is None or "HX-Request" in request.headers:  # a fragment's form stays in the page
        return None
    said = (
        (_("You are signed out"), _("Your session has ended, so this was not saved."), _("Sign in"))
        if to_sign_in
        else (_("One step first"), _("Show that it is you, or set up a second factor; this was not saved."), _("Go on"))
    )
    context = {"title": said[0], "why": said[1], "step": said[2], "address": address}
    return render(request, "unsent.html", context, status=403)
