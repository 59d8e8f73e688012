"""How the API describes its routes: under the name of their room, with every way in which they refuse."""

from __future__ import annotations

from typing import Any, ClassVar

from django.apps import apps
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from core.api_edits import EditView


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


_TEXT = {"type": "string"}
_NESTED = {"$ref": "#/components/schemas/FieldErrors"}
# Every body that says no, by the name of its component.
_REFUSALS: dict[str, dict[str, Any]] = {
    "Refusal": {**_object(detail=_TEXT), "required": ["detail"], "additionalProperties": False},
    "FieldErrors": {
        **_object(detail={**_TEXT, "description": "What is wrong with the request as a whole."}),
        "description": "What is wrong with each field, in sentences; a field that holds others has its own object.",
        "additionalProperties": {"anyOf": [{"type": "array", "items": {"anyOf": [_TEXT, _NESTED]}}, _NESTED]},
    },
    "Conflict": {
        **_object(
            detail=_TEXT,
            theirs={"type": "object", "description": "What stands there now, by field."},
            yours={"type": "object", "description": "What was sent, by field."},
            changed={
                "type": "object",
                "description": "Who changed a field last, and when, where that is known.",
                "additionalProperties": _object(by=_TEXT, at={"type": "string", "format": "date-time"}),
            },
        ),
        "required": ["detail"],
        "additionalProperties": False,
    },
}
# What any route may answer instead of what it is for: status -> what it means, and the body.
REFUSED: dict[str, tuple[str, str]] = {
    "400": ("The request cannot be understood, or breaks a rule.", "FieldErrors"),
    "401": ("No session and no valid token.", "Refusal"),
    "403": ("Not allowed.", "Refusal"),
    "404": ("Not there, or another team's.", "Refusal"),
    "409": ("Somebody changed the same thing meanwhile: `theirs` stands there now, `yours` was sent.", "Conflict"),
    "411": ("The body does not say how long it is, and nothing of it was read.", "Refusal"),
    "413": ("The body is too large, and nothing of it was read.", "Refusal"),
    "428": ("An edit must say what it was made from: the ETag in `If-Match`, or values in `seen`.", "Refusal"),
    "415": ("The body is not JSON.", "Refusal"),
}

# Blanks around a text are taken away, and something must be left. Said by sign, since JSON Schema's blanks are not Python's.
_SOMETHING = r"[^\s\u001c-\u001f\u0085]|\ufeff"
BLANKS = r"([^\S\ufeff]|[\u001c-\u001f\u0085])*"


def _may_be_blank(field: serializers.Field[Any, Any, Any, Any]) -> bool:
    """Whether the row behind it may hold ""; a serializer that only reads forgets that."""
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    return bool(model and model._meta.get_field(field.source).blank)


class RoomSchema(AutoSchema):
    """Routes stand under the name of their room, its AppConfig's `verbose_name`, and say in one way how they refuse."""

    WRITES: ClassVar[set[str]] = {"POST", "PUT", "PATCH", "DELETE"}

    def get_tags(self) -> list[str]:
        room = apps.get_containing_app_config(type(self.view).__module__)
        return [str(room.verbose_name)] if room else super().get_tags()

    def get_operation_id(self) -> str:
        """A list of something's own is named after it too: beside a list of all it would have the same name."""
        name: str = super().get_operation_id()
        of = self.path.rstrip("/").rpartition("{")[2].rstrip("}")
        return f"{name}_of_{of}" if self._is_list_view() and self.path.endswith("}/") else name

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        """A body holds the fields that are named here and no other, unless it says so (core/api.py refuses them)."""
        more = getattr(serializer, "takes_more", False)
        return {**super()._map_basic_serializer(serializer, direction), "additionalProperties": more}

    def _map_serializer_field(self, field: Any, direction: str, bypass_extensions: bool = False) -> dict[str, Any]:
        """What Django's fields and DRF's know and drf-spectacular leaves out."""
        if isinstance(field, serializers.ChoiceField) and field.read_only and _may_be_blank(field):
            field.allow_blank = True
        schema: dict[str, Any] = super()._map_serializer_field(field, direction, bypass_extensions)
        if isinstance(field, serializers.CharField) and not (field.read_only or field.allow_blank):
            schema.setdefault("pattern", _SOMETHING)
        return schema

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        """What the route is for, and beside it every refusal that its kind of route has."""
        found: dict[str, Any] = super()._get_response_bodies(direction)
        return found | {status: self._refusal(status) for status in self._refusals()}

    def _edits(self) -> bool:
        return self.method == "PATCH" and isinstance(self.view, EditView)

    def get_override_parameters(self) -> list[Any]:
        """An edit takes an ETag, and what can be edited answers with one."""
        found = list(super().get_override_parameters())
        if isinstance(self.view, EditView) and self.method in ("GET", "PATCH"):
            text = "Of this row, to be sent in If-Match with an edit."
            found.append(OpenApiParameter("ETag", str, OpenApiParameter.HEADER, description=text, response=[200]))
        if self._edits():
            text = "The ETag that the row was read with; instead of `seen`, which goes before it."
            found.append(OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description=text))
        return found

    def _refusals(self) -> list[str]:
        statuses = ["400", "401", "403"]  # a token for one key result reads nothing else
        if self.method in self.WRITES:
            statuses.append("409")
        if "{" in self.path:
            statuses.append("404")
        if self._get_request_body():
            statuses += ["411", "413", "415"]
        if self._edits():
            statuses.append("428")
        return sorted(statuses)

    def _refusal(self, status: str) -> dict[str, str]:
        """The shared answer of this status, registered when it is first named."""
        text, body = REFUSED[status]
        schemas = [ResolvedComponent(name, "schemas", schema, object=name) for name, schema in _REFUSALS.items()]
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{body}"}}}
        answer = ResolvedComponent(
            f"Status{status}", "responses", {"description": text, "content": content}, object=status
        )
        for component in (*schemas, answer):
            self.registry.register_on_missing(component)
        return answer.ref  # type: ignore[no-any-return]
