"""Connecting repositories by what the portal proposes, so that several are chosen from a list at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from connections import inspections
from connections import messages as sentences
from connections import services as connecting
from connections.models import Connection, Credential, Draft
from connectors.records import Inspection, Repository
from core import clock
from core.crypto import Undecryptable
from core.http import OutgoingError
from core.refusals import Refused
from delivery import claims, services
from delivery.claims import Taken
from delivery.forms import RulesForm
from delivery.models import Service
from delivery.rules import Rules, problems
from teams.models import Person, Team

AT_ONCE = 10  # repositories; each is looked at with a few requests while the person waits


@dataclass(frozen=True)
class Outcome:
    """What came of one chosen repository: a service, or a draft whose rules a person has to choose, or a sentence why not."""

    repository: Repository
    service: Service | None = None
    draft: Draft | None = None
    problem: str = ""


def taken_of(draft: Draft) -> Taken:
    """What other services have of the draft's repository."""
    return claims.of_repository(draft.base_url, draft.seen["external_id"])


def proposed(seen: Inspection, taken: Taken, today: date) -> Rules:
    return RulesForm(None, looked=seen, rules=None, today=today, taken=taken).proposed


def prepare(*, team: Team, connection: Connection, repository: Repository, by: Person) -> Outcome:
    """Look at one that was chosen; its rules are shown to the person next."""
    try:
        draft = connecting.prepare_another(team=team, by=by, connection=connection, repository=repository)
    except OutgoingError as error:
        problem = sentences.refusal(error.code, error.params)
    except connecting.Claimed:
        problem = _("This team reads it already. Another part of it is counted on its page.")
    except connecting.OtherRepository:
        problem = _("The repository of this name is another one by now. Load the list again.")
    except Refused as refusal:
        problem = refusal.message
    except Credential.DoesNotExist:
        problem = sentences.problem("no_token")
    except Undecryptable:
        problem = sentences.problem("undecryptable")
    else:
        return Outcome(repository, draft=draft)
    return Outcome(repository, problem=problem)


def connect_all(*, team: Team, connection: Connection, repositories: Sequence[Repository], by: Person) -> list[Outcome]:
    """Connect each by the proposed rules; one that nothing can be proposed for keeps its draft. One does not stop the others."""
    return [
        _connect(prepare(team=team, connection=connection, repository=each, by=by), team, by) for each in repositories
    ]


def _connect(prepared: Outcome, team: Team, by: Person) -> Outcome:
    draft, repository = prepared.draft, prepared.repository
    if draft is None:
        return prepared
    rules = proposed(inspections.from_json(draft.seen), taken_of(draft), clock.today(team.zone))
    if problems(rules):
        problem = _("Nothing could be proposed: choose what of it counts.")
        return Outcome(repository, draft=draft, problem=problem)
    try:
        return Outcome(repository, service=services.connect(draft_id=draft.pk, rules=rules, by=by))
    except services.Claimed:
        return Outcome(repository, problem=_("This team reads it already. Another part of it is counted on its page."))
    except Refused as refusal:
        return Outcome(repository, draft=draft, problem=refusal.message)
