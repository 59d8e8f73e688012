"""Edits by the API: what was seen is told by value (`seen`) or by the ETag that the row was read with (`If-Match`).

The ETag names the state of each editable field by itself, so that an edit of another field than the one that somebody changed
meanwhile is still merged, as on the pages; docs/adr/0014. To clients it is opaque.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response

from core.api import BodyView
from core.edits import UNSEEN

_ONE = re.compile(r'(?:W/)?"([0-9a-f.]+)"')


class SeenNotSent(APIException):
    """An edit that does not say what it was made from."""

    status_code = 428
    default_detail = gettext_lazy(
        "Say what you saw: send the ETag that you read in If-Match, or the values of the fields in “seen”."
    )


class EditView(BodyView):
    """A route of one row that can be edited. `GET` and `PATCH` answer with its ETag."""

    def told(self, body: Any, fields: Mapping[str, Any]) -> Response:
        """The answer `body`, with the ETag of a row whose editable fields are `fields`."""
        return Response(body, headers={"ETag": f'"{".".join([*_digests(fields).values(), _digest(body)])}"'})

    def edit(
        self, kind: type[serializers.Serializer[Any]], fields: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """(wanted, seen) of the fields to be changed, of a row whose editable fields are `fields` now. 400; 428."""
        wanted = self.sent(kind)
        seen = wanted.pop("seen", None)
        if seen is None:
            seen = self._matched(fields)
        elif not isinstance(seen, Mapping):  # of a row with one field it is told as it is
            seen = dict.fromkeys(wanted, seen)
        missing = [name for name in wanted if name not in seen]
        if missing:
            raise ValidationError({"seen": {name: ["Send the value that was seen."] for name in missing}}, code="rule")
        return wanted, {name: seen[name] for name in wanted}

    def _matched(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The present values of the fields that are still as they were when the ETag was given, UNSEEN for the others."""
        sent = self.request.headers.get("If-Match", "").strip()
        if not sent:
            raise SeenNotSent
        found = _ONE.fullmatch(sent)
        if found is None:
            raise ValidationError(
                {"detail": _("If-Match must hold the one ETag that was given when this was read.")}, code="rule"
            )
        digests = _digests(fields)
        told = found[1].split(".")
        if len(told) != len(digests) + 1:
            return dict.fromkeys(fields, UNSEEN)
        known = zip(digests.items(), told, strict=False)
        return {name: fields[name] if now == then else UNSEEN for (name, now), then in known}


def _digests(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: _digest(getattr(value, "pk", value)) for name, value in fields.items()}


def _digest(value: Any) -> str:
    written = json.dumps(value, default=str, sort_keys=True)
    return hashlib.blake2s(written.encode(), digest_size=5).hexdigest()
