"""What all API routes share."""

from collections.abc import Container, Mapping
from typing import Any

from django.db.models import Model
from django.http import Http404
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.views import exception_handler as drf_exception_handler

from core.addresses import TOO_LARGE
from core.edits import StaleEdit
from core.refusals import Refused


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """A refusal is 400 at its field or 409, a stale edit 409 with both values; a 404 names no class of ours."""
    if isinstance(exc, StaleEdit):
        changed = {name: {"by": touch.name, "at": touch.at} for name, touch in exc.by.items()}
        theirs, yours = ({name: plain(value) for name, value in each.items()} for each in (exc.theirs, exc.yours))
        return Response({"detail": "stale", "theirs": theirs, "yours": yours, "changed": changed}, status=409)
    if isinstance(exc, Refused) and exc.conflicts:
        return Response({"detail": exc.message}, status=409)
    if isinstance(exc, Refused):
        return Response({exc.field: [exc.message]} if exc.field else {"detail": exc.message}, status=400)
    return drf_exception_handler(NotFound() if isinstance(exc, Http404) else exc, context)


def plain(value: Any) -> Any:
    """A row as its id, as the API takes and tells it."""
    return value.pk if isinstance(value, Model) else value


def understood(kind: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    serializer = kind(data=data)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data  # type: ignore[no-any-return]


# What JSON has to bring for each kind of field. REST framework also takes "1", "yes" or a number for a text, as forms send them;
# a program that sends them means something else.
_TYPES: list[tuple[type[serializers.Field[Any, Any, Any, Any]], tuple[type, ...], str]] = [
    (serializers.BooleanField, (bool,), "Send true or false."),
    (serializers.IntegerField, (int, float), "Send a number, without quotes."),
    (serializers.PrimaryKeyRelatedField, (int,), "Send the id, a number without quotes."),
    (serializers.FloatField, (int, float), "Send a number, without quotes."),
    (serializers.CharField, (str,), "Send a text, in quotes."),
]


def check_types(field: Any, value: Any) -> None:
    """400 where a value is of another type than the description says, or its name is none there, however deep.

    Structure is left to the fields.
    """
    if isinstance(field, serializers.Serializer) and isinstance(value, dict):
        taken = {name: inner for name, inner in field.fields.items() if not inner.read_only}
        if not getattr(field, "takes_more", False):  # it understands what another program sends to many
            refuse_unknown(value, taken)
        for name in taken.keys() & value.keys():
            try:
                check_types(taken[name], value[name])
            except ValidationError as error:
                raise ValidationError({name: error.detail}) from None
    elif isinstance(field, serializers.ListField) and isinstance(value, list):
        for number, each in enumerate(value):
            try:
                check_types(field.child, each)
            except ValidationError as error:
                raise ValidationError({str(number): error.detail}) from None
    for kind, wanted, sentence in _TYPES:
        if isinstance(field, kind):
            if value is not None and (
                not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted)
            ):
                raise ValidationError([sentence])
            break
    if isinstance(field, serializers.CharField) and isinstance(value, str):
        _check_length(field, value)


def _check_length(field: serializers.CharField, value: str) -> None:
    """As it is sent: the field itself measures what is left when blanks around it are taken away, which no description says."""
    if field.max_length is not None and len(value) > field.max_length:
        sentence = field.error_messages["max_length"].format(max_length=field.max_length)
        raise ValidationError([sentence], code="max_length")


def refuse_unknown(sent: Any, known: Container[str] = ()) -> None:
    """400 that names every field which nothing takes: one that is mistyped would otherwise be taken for done."""
    names = [str(name) for name in sent if name not in known] if isinstance(sent, Mapping) else []
    if names:
        raise ValidationError({name: ["There is no such field to send."] for name in names}, code="unknown")


def rule(field: str, *sentences: str) -> ValidationError:
    """A rule that no field can know by itself is broken: "this day lies before the first one"."""
    return ValidationError({field: list(sentences)}, code="rule")


class BodyView(APIView):
    """A view that looks at the body it was sent, and at what is asked for in its address."""

    def sent(self, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """What was sent, as `kind` understands it. 400 if it does not."""
        check_types(kind(), self.request.data)
        return understood(kind, self.request.data)

    def sent_nothing(self) -> None:
        """400 if something was sent to a route that takes no body."""
        refuse_unknown(self.request.data)

    def asked(self, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """What the address asks for after its question mark, likewise; `kind` also describes the route's parameters."""
        return understood(kind, self.request.query_params.dict())


class IdField(serializers.IntegerField):
    """The id of a row, which every database can hold."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=TOO_LARGE, **kwargs)


class _PageSerializer(serializers.Serializer[Any]):
    limit = serializers.IntegerField(min_value=1, max_value=1000, required=False)
    offset = serializers.IntegerField(min_value=0, max_value=TOO_LARGE, required=False)


class Pages(LimitOffsetPagination):
    """Lists in pages. A number that cannot be meant is a 400 and not the usual page, which would be taken for the wanted one."""

    max_limit = 1000

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any] | None:
        understood(_PageSerializer, request.query_params.dict())
        return super().paginate_queryset(queryset, request, view)

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        bounds = {"limit": {"minimum": 1, "maximum": 1000}, "offset": {"minimum": 0, "maximum": TOO_LARGE}}
        found = super().get_schema_operation_parameters(view)
        return [{**each, "schema": {**each["schema"], **bounds[each["name"]]}} for each in found]
