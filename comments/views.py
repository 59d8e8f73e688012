"""A topic's comments stand on its own page; here they are written, and shown by themselves where one was refused."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from comments import services
from comments.directory import Directory, near
from comments.forms import CommentForm
from comments.mentions import CommentError
from comments.models import Comment
from comments.thread import Thread, thread_of
from core import live, topics
from core.refusals import show_refusal
from core.topics import Topic
from teams.access import require
from teams.models import Team
from teams.requests import PortalRequest

PAGE = "comments/comments.html"


@require_http_methods(["GET", "HEAD", "POST"])
@live.page("comments")
def comments(request: PortalRequest, kind: str, key: str, team_id: int | None = None) -> HttpResponse:
    topic = _topic(request, kind, key, team_id)
    if request.method != "POST":
        return _show(request, thread_of(topic, request.user))
    require(request.user, "comments.write", topic)
    form = CommentForm(request.POST)
    if form.is_valid():
        try:
            made = services.write(topic=topic, by=request.user, **form.cleaned_data)
        except CommentError as error:
            show_refusal(form, error)
        else:
            if request.htmx:
                return _show(request, thread_of(topic, request.user, fresh=made.pk))
            return redirect(f"{topic.url}#{made.anchor}")
    form.begin_here()
    return _show(request, thread_of(topic, request.user, form=form), 422)


@require_POST
def blank(request: PortalRequest, comment_id: int) -> HttpResponse:
    found = get_object_or_404(Comment.objects.visible_to(request.user).select_related("team"), pk=comment_id)
    require(request.user, "comments.blank", found)
    topic = _topic(request, found.kind, found.topic, found.team_id)
    services.blank(comment=found, by=request.user)
    return redirect(f"{topic.url}#{found.anchor}")


@require_safe
def people(request: PortalRequest, kind: str, key: str, team_id: int | None = None) -> HttpResponse:
    """Whom one may mean who has typed so much after an @; the team's own people and the topic's owners first."""
    topic = _topic(request, kind, key, team_id)
    directory = Directory(request.user, is_sample=topic.is_sample)
    offered = directory.offer(request.GET.get("q", "")[:80], first=near(topic))
    return render(request, "comments/_people.html", {"offered": [(each, directory.handle(each)) for each in offered]})


def _team(request: PortalRequest, team_id: int | None) -> Team | None:
    if team_id is None:
        return None
    return get_object_or_404(Team.objects.visible_to(request.user).select_related("group"), pk=team_id)


def _topic(request: PortalRequest, kind: str, key: str, team_id: int | None) -> Topic:
    found = topics.find(kind, _team(request, team_id), key)
    if found is None:
        raise Http404
    return found


def _show(request: PortalRequest, thread: Thread, status: int = 200) -> HttpResponse:
    """The section alone for htmx, else a page of its own."""
    name = f"{PAGE}#thread" if request.htmx else PAGE
    frame = {"room": "teams" if thread.topic.team else "okrs", "page": "comments", "team": thread.topic.team}
    return render(request, name, frame | {"thread": thread}, status=status)
