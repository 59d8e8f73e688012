"""The API's routes of the figures and what is behind them: the same numbers, rows and rules as the pages."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api import BodyView, Pages, rule
from core.api_edits import EditView
from delivery import attributing, correcting, moves, point, policies, side_by_side, told
from delivery.api_shapes import (
    BehindSerializer,
    BoardAskedSerializer,
    BoardSerializer,
    CorrectedSerializer,
    CorrectionSerializer,
    CorrectSerializer,
    DaysAskedSerializer,
    PolicyChangedSerializer,
    PolicyEditSerializer,
    PolicySerializer,
    TeamNumbersSerializer,
    TeamsAskedSerializer,
)
from delivery.board import Board, Choice, board
from delivery.models import Correction, CorrectionKind, Deployment, Incident
from delivery.periods import Period, weeks_before
from delivery.point import MOST_DAYS, Asked
from delivery.told import Told
from teams.api_team import TeamView
from teams.models import Team


def _numbers(of: Board) -> list[Told]:
    return list(told.numbers(of.five, of.edition).values())


class BoardView(TeamView):
    """The figures of a team with numerator and denominator, of a period and by week or month, as its page shows them."""

    @extend_schema(responses=BoardSerializer, parameters=[BoardAskedSerializer])
    def get(self, request: Request, team_id: int) -> Response:
        asked = self.asked(BoardAskedSerializer)
        found = board(self.team(), Choice.of(asked.get("period"), asked.get("by"), asked.get("edition")))
        points = [
            {
                "first": each.bucket.first,
                "last": each.bucket.last,
                "figures": list(told.numbers(each.five, found.edition).values()),
            }
            for each in found.by_bucket
        ]
        figures, before = told.numbers(found.five, found.edition), found.five_before
        told_of = {
            "period": found.period,
            "zone": found.zone,
            "edition": found.edition,
            "shown_policy": policies.values_of(found.policy),
            "figures": list(figures.values()),
            "before": list(told.numbers(before, found.edition).values()) if before else None,
            "overall": told.overall(figures, found.edition),
            "points": points,
        }
        return Response(BoardSerializer(told_of).data)


class BehindView(TeamView):
    """From a figure to its cause: the deployments, incidents and changes of some days, each with why it counts or does not."""

    @extend_schema(responses=BehindSerializer, parameters=[DaysAskedSerializer])
    def get(self, request: Request, team_id: int) -> Response:
        asked = self.asked(DaysAskedSerializer)
        team = self.team()
        usual = weeks_before(clock.today(team.zone), 1)
        first, last = asked.get("from", usual.first), asked.get("to", usual.last)
        if last < first:
            raise rule("to", "This day lies before the first one.")
        if (last - first).days >= MOST_DAYS:
            raise rule("from", f"Ask for {MOST_DAYS} days at most.")
        choice = Choice.of(None, None, asked.get("edition"))
        found = point.read(team, Asked(asked.get("figure", told.FIRST), Period(first, last), choice))
        told_of = {
            "first": first,
            "last": last,
            "figures": _numbers(found.board),
            "deployments": found.deployments,
            "incidents": found.incidents,
            "changes": found.changes,
            "count": dict(zip(("deployments", "incidents", "changes"), found.counts, strict=True)),
        }
        return Response(BehindSerializer(told_of).data)


class TeamsView(BodyView):
    """The figures of all active teams side by side, one entry each."""

    pagination_class = Pages

    @extend_schema(responses=TeamNumbersSerializer(many=True), parameters=[TeamsAskedSerializer])
    def get(self, request: Request) -> Response:
        asked = side_by_side.Asked.of(self.asked(TeamsAskedSerializer))
        found = side_by_side.read(request.user, asked)  # type: ignore[arg-type]
        pages = self.pagination_class()
        rows: Any = pages.paginate_queryset(found.rows, request, view=self)  # type: ignore[arg-type]
        entries = [
            {"team": row.team, "standing": row.standing, "figures": [cell.told for cell in row.cells]} for row in rows
        ]
        return pages.get_paginated_response(TeamNumbersSerializer(entries, many=True).data)


def _stored(team: Team) -> dict[str, Any]:
    found = policies.of_team(team)
    return {name: getattr(found, name) for name in policies.FIELDS}


class PolicyView(TeamView, EditView):
    @extend_schema(responses=PolicySerializer)
    def get(self, request: Request, team_id: int) -> Response:
        """The attribution policy of a team: what is a failure, whose it is, and which edition judges."""
        present = _stored(self.team())
        return self.told(PolicySerializer(present).data, present)

    @extend_schema(request=PolicyEditSerializer, responses={200: PolicyChangedSerializer})
    def patch(self, request: Request, team_id: int) -> Response:
        """Change the policy; the past is counted anew, and `moved` tells what that did."""
        team = self.team("team.administer")
        wanted, seen = self.edit(PolicyEditSerializer, _stored(team))
        found = attributing.set_policy(team=team, seen=seen, wanted=wanted, by=self.person)
        present = _stored(team)
        return self.told(PolicyChangedSerializer({**present, "moved": found.moves()}).data, present)


class CorrectionsView(TeamView):
    pagination_class = Pages

    @extend_schema(responses=CorrectionSerializer(many=True))
    def get(self, request: Request, team_id: int) -> Response:
        """What people said by hand, the newest first, withdrawn or not."""
        pages = self.pagination_class()
        rows: Any = pages.paginate_queryset(Correction.objects.of(self.team()).said(), request, view=self)
        return pages.get_paginated_response(CorrectionSerializer(rows, many=True).data)

    @extend_schema(request=CorrectSerializer, responses={201: CorrectedSerializer})
    def post(self, request: Request, team_id: int) -> Response:
        """Say something by hand of a deployment or an incident. It always wins, also over the next sync."""
        team = self.team("team.edit")
        sent = self.sent(CorrectSerializer)
        about = _named(team, sent)
        with moves.watched(team) as found:
            made = correcting.correct(
                team=team,
                by=self.person,
                kind=sent["kind"],
                reason=sent["reason"],
                request_id=sent.get("request_id", ""),
                **about,
            )
        told_of = {"correction": made, "moved": found.moves()}
        return Response(CorrectedSerializer(told_of).data, status=status.HTTP_201_CREATED)


def _named(team: Team, sent: dict[str, Any]) -> dict[str, Any]:
    """The rows that are named, of this team. 400 for what is not there, and for neither or both."""
    if ("deployment" in sent) == ("incident" in sent):
        raise rule("deployment", "Name a deployment or an incident.")
    if sent["kind"] == CorrectionKind.ATTRIBUTE and "target" not in sent:
        raise rule("target", _("Name the deployment that caused it, or null for none."))
    kinds: dict[str, Any] = {"deployment": Deployment, "incident": Incident, "target": Deployment}
    found = {}
    for name in kinds.keys() & sent.keys():
        if sent[name] is None:
            continue
        row = kinds[name].objects.of_teams([team]).filter(pk=sent[name]).first()
        if row is None:
            raise rule(name, "There is none of this id in the team.")
        found[name] = row
    return found


class WithdrawView(TeamView):
    """Take back what was said by hand. Twice is as once."""

    @extend_schema(request=None, responses={200: CorrectedSerializer})
    def post(self, request: Request, team_id: int, correction_id: int) -> Response:
        team = self.team("team.edit")
        said = get_object_or_404(Correction.objects.of(team).said(), pk=correction_id)
        self.sent_nothing()
        with moves.watched(team) as found:
            correcting.withdraw(correction=said, by=self.person)
        fresh = Correction.objects.of(team).said().get(pk=said.pk)
        return Response(CorrectedSerializer({"correction": fresh, "moved": found.moves()}).data)


urlpatterns = [
    path("", BoardView.as_view(), name="api-delivery"),
    path("behind/", BehindView.as_view(), name="api-delivery-behind"),
    path("policy/", PolicyView.as_view(), name="api-delivery-policy"),
    path("corrections/", CorrectionsView.as_view(), name="api-delivery-corrections"),
    path("corrections/<int:correction_id>/withdraw/", WithdrawView.as_view(), name="api-delivery-withdraw"),
]
organisation_urlpatterns = [path("delivery/", TeamsView.as_view(), name="api-delivery-teams")]
