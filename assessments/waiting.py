"""What waits for somebody who reviews: rounds handed in, exemptions asked for. Two queries, however many teams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from assessments import library
from assessments.models import Assessment, Exemption
from core.content import text
from teams.models import Person, Team


@dataclass(frozen=True)
class Waiting:
    title: str
    team: Team
    url: str


def for_reviewer(person: Person) -> list[Waiting]:
    """Of live teams that `person` sees; one's own request is for somebody else to decide."""
    return [*_rounds(person), *_exemptions(person)]


def _rounds(person: Person) -> Iterator[Waiting]:
    rows = Assessment.objects.visible_to(person).submitted().of_live_teams().listed().order_by("started_on", "pk")
    for found in rows:
        yield Waiting(
            _("Review assessment %(number)s") % {"number": found.number}, found.team, found.get_absolute_url()
        )


def _exemptions(person: Person) -> Iterator[Waiting]:
    rows = Exemption.objects.visible_to(person).open().of_live_teams().not_asked_by(person).listed()
    for found in rows.order_by("asked_at", "pk"):
        criterion = library.load(found.model_id).criterion(found.criterion)
        words = {"criterion": text(criterion.title) if criterion else found.criterion}
        url = reverse("assessment-criterion", args=[found.team_id, found.criterion])
        yield Waiting(_("Decide on an exemption: %(criterion)s") % words, found.team, url)
