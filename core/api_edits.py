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

# RFC 9110: one entity tag or more, between commas. A proxy that packs answers makes a tag weak; it names the same state here.
_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_TAGS = re.compile(rf"[\s,]*{_TAG.pattern}(?:\s*,[\s,]*{_TAG.pattern})*[\s,]*")
ANY = "*"


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
        """(wanted, seen) of the fields to be changed, of a row whose editable fields are `fields` now. 400; 428.

        Where `If-Match` and `seen` both say what was seen, both must still be so.
        """
        wanted = self.sent(kind)
        told = wanted.pop("seen", None)
        if not wanted:
            raise ValidationError({"detail": _("Name at least one field to change.")}, code="rule")
        matched = self._matched(fields)
        if told is None and matched is None:
            raise SeenNotSent
        if told is None:
            return wanted, {name: matched[name] for name in wanted}  # type: ignore[index]
        seen = _told(told, wanted, {} if matched is None else matched)
        unmatched = [name for name in wanted if matched is not None and matched[name] is UNSEEN]
        return wanted, {name: UNSEEN if name in unmatched else seen[name] for name in wanted}

    def _matched(self, fields: Mapping[str, Any]) -> dict[str, Any] | None:
        """The present values of the fields that are still as one of the ETags says, UNSEEN for the others. None without any."""
        sent = self.request.headers.get("If-Match", "").strip()
        if not sent:
            return None
        if sent == ANY:  # whatever stands there: a program that means to overwrite says so
            return dict(fields)
        if not _TAGS.fullmatch(sent):
            raise ValidationError(
                {"detail": _("If-Match must hold the ETag that was given when this was read, in its quotes, or *.")},
                code="rule",
            )
        now = _digests(fields)
        told = [each.split(".") for each in _TAG.findall(sent)]
        # What is no tag of this row names no state of it.
        known = [dict(zip(now, each, strict=False)) for each in told if len(each) == len(now) + 1]
        still = {name for each in known for name in now if each[name] == now[name]}
        return {name: value if name in still else UNSEEN for name, value in fields.items()}


def _told(told: Any, wanted: Mapping[str, Any], otherwise: Mapping[str, Any]) -> dict[str, Any]:
    """What `seen` says of each of the wanted fields. 400 for one of which neither it nor `otherwise` says anything."""
    if not isinstance(told, Mapping):  # of a row with one field it is told as it is
        told = dict.fromkeys(wanted, told)
    found = {**otherwise, **told}
    missing = [name for name in wanted if name not in found]
    if missing:
        raise ValidationError({"seen": {name: ["Send the value that was seen."] for name in missing}}, code="rule")
    return found


def _digests(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: _digest(getattr(value, "pk", value)) for name, value in fields.items()}


def _digest(value: Any) -> str:
    written = json.dumps(value, default=str, sort_keys=True)
    return hashlib.blake2s(written.encode(), digest_size=5).hexdigest()
