"""The API's routes of comments, of a team's things and of the organisation's: the same services and access rules as the pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from comments import mentions, services
from comments.models import LENGTH, Comment
from comments.querysets import SaidQuerySet
from core import topics
from core.topics import Topic
from teams.access import require
from teams.api_team import TeamView
from teams.models import Team


class CommentSerializer(serializers.ModelSerializer[Comment]):
    text = serializers.SerializerMethodField(help_text="As people read it, with the present names; empty once removed.")
    mentions = serializers.SerializerMethodField(help_text="The ids of the people who are mentioned.")
    person_name = serializers.CharField(source="person", read_only=True)
    blanked_at = serializers.DateTimeField(source="words.blanked_at", read_only=True, allow_null=True)

    class Meta:
        model = Comment
        fields = ("id", "kind", "topic", "text", "mentions", "person", "person_name", "recorded_at", "blanked_at")
        read_only_fields = fields

    def get_text(self, comment: Comment) -> str:
        return mentions.readable(comment.words.text, self.context["names"])

    def get_mentions(self, comment: Comment) -> list[int]:
        return sorted(mentions.mentioned([comment.words.text]))


class WriteSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(
        max_length=LENGTH,
        help_text="@ and a name, or what stands before the @ of an address, mention a person; so does @<12>, by id.",
    )
    request_id = serializers.CharField(max_length=64, required=False, help_text="Sent again: nothing is said again.")


class CommentRoutes(TeamView):
    """Of the team in the address, or without one of the organisation."""

    def whose(self) -> Team | None:
        return self.team() if "team_id" in self.kwargs else None

    def topic(self) -> Topic:
        found = topics.find(self.kwargs["kind"], self.whose(), self.kwargs["key"])
        if found is None:
            raise Http404
        return found

    def found(self) -> SaidQuerySet:
        return Comment.objects.visible_to(self.person).of(self.whose()).with_words().newest_first()

    def told(self, comments: Sequence[Comment]) -> Any:
        names = mentions.names_in(comment.words.text for comment in comments)
        return CommentSerializer(comments, many=True, context={"names": names}).data


class CommentsView(CommentRoutes, generics.ListAPIView[Comment]):
    serializer_class = CommentSerializer
    queryset = Comment.objects.none()

    def get_queryset(self) -> SaidQuerySet:
        return self.found()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All comments, the newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.told(page or []))


class TopicView(CommentsView):
    def get_queryset(self) -> SaidQuerySet:
        return self.found().about(self.topic())

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The comments on a criterion, an item or a key result (`kind`), the newest first. `key` is its id."""
        return super().get(request, *args, **kwargs)

    @extend_schema(request=WriteSerializer, responses={201: CommentSerializer})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Comment on it. Whom the text mentions, who owns it and who commented before is told."""
        topic = self.topic()
        require(self.person, "comments.write", topic)
        made = services.write(topic=topic, by=self.person, **self.sent(WriteSerializer))
        return Response(self.told([made])[0], status=201)


class BlankView(CommentRoutes):
    @extend_schema(request=None, responses={200: CommentSerializer})
    def post(self, request: Request, comment_id: int, team_id: int | None = None) -> Response:
        """Take a comment's text away: one's own, or anybody's as a team admin."""
        found = get_object_or_404(self.found(), pk=comment_id)
        require(self.person, "comments.blank", found)
        self.sent_nothing()
        services.blank(comment=found, by=self.person)
        return Response(self.told([self.found().get(pk=found.pk)])[0])


def routes(prefix: str) -> list[Any]:
    """The same routes for a team and, named otherwise, for the organisation."""
    return [
        path("", CommentsView.as_view(), name=f"{prefix}s"),
        path("<int:comment_id>/blank/", BlankView.as_view(), name=f"{prefix}-blank"),
        path("<slug:kind>/<str:key>/", TopicView.as_view(), name=f"{prefix}s-of"),
    ]
