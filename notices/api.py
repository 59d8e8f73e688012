"""The API's routes of one's own inbox. A team's token reads of its maker's notices those that are about the team."""

from __future__ import annotations

from typing import Any, cast

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import BodyView, IdField
from notices import wording
from notices.models import Notice
from notices.querysets import NoticeQuerySet
from notices.services import reading
from teams.models import Person


class NoticeSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="notice.pk")
    kind = serializers.CharField(source="notice.kind", help_text="What it is about: a name that does not change.")
    text = serializers.CharField(source="sentence", help_text="In your language.")
    team = serializers.IntegerField(source="notice.team_id", allow_null=True)
    url = serializers.CharField(source="notice.url", help_text="A path of the portal.")
    created_at = serializers.DateTimeField(source="notice.created_at")
    read_at = serializers.DateTimeField(source="notice.read_at", allow_null=True)


class InboxAskedSerializer(serializers.Serializer[Any]):
    unread = serializers.BooleanField(required=False, help_text="Only those that were not read.")


class MarkSerializer(serializers.Serializer[Any]):
    read = serializers.BooleanField()


class MarkAllSerializer(serializers.Serializer[Any]):
    up_to = IdField(help_text="The id of the newest notice that was seen: what came since stays unread.")


class MarkedSerializer(serializers.Serializer[Any]):
    marked = serializers.IntegerField(help_text="How many were unread.")


class InboxRoutes(BodyView):
    @property
    def own(self) -> NoticeQuerySet:
        return Notice.objects.visible_to(cast(Person, self.request.user)).listed()


class InboxView(InboxRoutes, generics.ListAPIView[Notice]):
    queryset = Notice.objects.none()
    serializer_class = NoticeSerializer

    @extend_schema(parameters=[InboxAskedSerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your notices, the newest first. With a token those that are about its team."""
        found = self.own.unread() if self.asked(InboxAskedSerializer).get("unread") else self.own
        page = self.paginate_queryset(found)
        return self.get_paginated_response(NoticeSerializer(wording.told(page or []), many=True).data)


class NoticeView(InboxRoutes):
    @extend_schema(request=MarkSerializer, responses={200: NoticeSerializer})
    def patch(self, request: Request, notice_id: int) -> Response:
        """Mark a notice as read, or as unread."""
        found = get_object_or_404(self.own, pk=notice_id)
        (reading.mark_read if self.sent(MarkSerializer)["read"] else reading.mark_unread)(found)
        (told,) = wording.told([self.own.get(pk=found.pk)])
        return Response(NoticeSerializer(told).data)


class InboxReadView(InboxRoutes):
    @extend_schema(request=MarkAllSerializer, responses={200: MarkedSerializer})
    def post(self, request: Request) -> Response:
        """Mark all notices as read, up to the newest that you have seen."""
        up_to = self.sent(MarkAllSerializer)["up_to"]
        marked = reading.mark_all_read(person=cast(Person, request.user), up_to=up_to)
        return Response(MarkedSerializer({"marked": marked}).data)


urlpatterns = [
    path("inbox/", InboxView.as_view(), name="api-inbox"),
    path("inbox/read/", InboxReadView.as_view(), name="api-inbox-read"),
    path("inbox/<int:notice_id>/", NoticeView.as_view(), name="api-notice"),
]
