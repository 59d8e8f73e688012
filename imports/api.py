"""The API's routes of imports: a file as Base64, what it would do, and doing it."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from core import imports as registry
from core.api import rule
from core.imports import RowState
from core.refusals import Refused
from core.tables.bounds import BOUNDS
from imports import services
from imports.access import permission
from imports.models import NAME_LENGTH, State, Upload, UploadQuerySet
from teams.access import require
from teams.api_team import TeamView
from teams.models import Team

LARGEST_BODY = BOUNDS.size * 4 // 3 + 10_000  # bytes: Base64 takes four for three
PER_PAGE = 1000


class UploadSerializer(serializers.ModelSerializer[Upload]):
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Rows by what they would do.")
    left_out = serializers.ListField(child=serializers.CharField(), help_text="Headings that nobody asked for.")
    state = serializers.ChoiceField(choices=State.choices)
    can_be_applied = serializers.BooleanField(
        help_text="Whether it waits, no row is refused and one would write something."
    )
    written = serializers.IntegerField(help_text="Rows that were written; 0 as long as it is not applied.")
    problem = serializers.CharField(source="why", allow_blank=True, help_text="Why the last attempt wrote nothing.")

    class Meta:
        model = Upload
        fields: tuple[str, ...] = (
            "id", "kind", "name", "digest", "size", "person", "uploaded_at", "state", "can_be_applied", "problem", "counts",
            "written", "left_out", "applied_at",
        )  # fmt: skip
        read_only_fields = fields


class DifferenceSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="The heading of the column.")
    before = serializers.CharField(allow_blank=True, help_text="What stands there now; empty for a new row.")
    after = serializers.CharField(allow_blank=True)


class RowSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(help_text="In the file, where the headings are row 1.")
    state = serializers.ChoiceField(choices=RowState.choices)
    title = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True, help_text="Why it is refused.")
    differences = DifferenceSerializer(many=True, source="changes", help_text="What it changes, as people read it.")


class PlanSerializer(UploadSerializer):
    """A file with what each row would do, a page of rows at a time."""

    rows = RowSerializer(many=True, help_text=f"At most {PER_PAGE} of them.")

    class Meta(UploadSerializer.Meta):
        fields: tuple[str, ...] = (*UploadSerializer.Meta.fields, "rows")
        read_only_fields = fields


class BroughtSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(max_length=40, help_text="What is imported, as in the address of its page.")
    name = serializers.CharField(max_length=NAME_LENGTH, help_text="The file's name, for people.")
    content = serializers.CharField(help_text="The file, CSV or XLSX, in Base64.", trim_whitespace=False)


class AskedSerializer(serializers.Serializer[Any]):
    show = serializers.ChoiceField(choices=RowState.choices, required=False, help_text="Only such rows.")
    page = serializers.IntegerField(min_value=1, max_value=1000, required=False)


class ImportRoutes(TeamView):
    """Of the team of the address, or under imports/ of the organisation."""

    def place(self) -> Team | None:
        """Whose files are meant, for whoever may bring some."""
        if "team_id" in self.kwargs:
            return self.team(permission(self.team()))
        require(self.person, permission(None))
        return None

    def uploads(self, team: Team | None) -> UploadQuerySet:
        return Upload.objects.visible_to(self.person).of_team(team.pk if team else None)

    def upload(self) -> Upload:
        team = self.team() if "team_id" in self.kwargs else self.place()
        found = get_object_or_404(self.uploads(team), pk=self.kwargs["upload_id"])
        found.team = self.place()
        return found


def _told(upload: Upload, show: str = "", page: int = 1) -> dict[str, Any]:
    rows = [each for each in upload.told if not show or each.state == show]
    shown = Paginator(rows, PER_PAGE).get_page(page)
    return {**UploadSerializer(upload).data, "rows": RowSerializer(shown.object_list, many=True).data}


class ImportsView(ImportRoutes):
    @extend_schema(responses=UploadSerializer(many=True))
    def get(self, request: Request, team_id: int | None = None) -> Response:
        """The files of late, the newest first, without their rows."""
        found = self.uploads(self.place()).listed()[:100]
        return Response(UploadSerializer(found, many=True).data)

    @extend_schema(request=BroughtSerializer, responses={201: PlanSerializer})
    def post(self, request: Request, team_id: int | None = None) -> Response:
        """Bring a file and be told what each row would do. Nothing else is written."""
        team = self.place()
        sent = self.sent(BroughtSerializer)
        importer = next((each for each in registry.importers_of(team) if each.kind == sent["kind"]), None)
        if importer is None:
            raise rule("kind", "Nothing of this kind is imported.")
        content = _decoded(sent["content"])
        facts = {"name": sent["name"], "size": len(content), "chunks": [content]}
        try:
            made = services.bring(team=team, importer=importer, by=self.person, **facts)
        except Refused as error:
            raise Refused(error.message, "content") from None  # as the field is called here
        return Response(_told(made), status=status.HTTP_201_CREATED)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise rule("content", "This is not Base64.") from None


class ImportView(ImportRoutes):
    @extend_schema(parameters=[AskedSerializer], responses=PlanSerializer)
    def get(self, request: Request, upload_id: int, team_id: int | None = None) -> Response:
        """A file, and what each row would do as long as it is not imported."""
        return Response(_told(self.upload(), **self.asked(AskedSerializer)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, upload_id: int, team_id: int | None = None) -> Response:
        """Throw a file away that is not imported."""
        found = self.upload()
        self.sent_nothing()
        services.throw_away(upload=found)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ApplyView(ImportRoutes):
    @extend_schema(request=None, responses={200: PlanSerializer})
    def post(self, request: Request, upload_id: int, team_id: int | None = None) -> Response:
        """Import all rows of a file or none. A long one is `applying` until a worker is done: ask for it again."""
        found = self.upload()
        self.sent_nothing()
        return Response(_told(services.apply(upload=found, by=self.person)))


_imports = ImportsView.as_view()
# Read by core.middleware.SizeMiddleware.
_imports.largest_body, _imports.largest_told = LARGEST_BODY, BOUNDS.size  # type: ignore[attr-defined]


def routes(prefix: str) -> list[Any]:
    """The same routes for a team and, named otherwise, for the organisation."""
    return [
        path("", _imports, name=f"{prefix}-imports"),
        path("<int:upload_id>/", ImportView.as_view(), name=f"{prefix}-import"),
        path("<int:upload_id>/apply/", ApplyView.as_view(), name=f"{prefix}-import-apply"),
    ]
