"""Deployments. They belong to a service of their own name, which is fed by files alone: two sources would count twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from connectors.records import DeploymentRecord, Outcome
from core.imports import Difference, Importer, Once, Planned, RowState, planned_each
from core.refusals import Refused
from core.tables.cells import Choices
from core.tables.reading import Column, Row
from delivery.importing.services import (
    Brought,
    Services,
    Show,
    by_service,
    differences,
    key_of,
    keys_of,
    made_of,
    stored_of,
    text_of,
    url_of,
)
from delivery.models import Deployment, EnvironmentClass, Feeder, OutcomeChoice, Service
from delivery.records import given_up
from delivery.rules import class_of
from delivery.sanity import check_deployment
from delivery.services import bring_deployments, fed_otherwise, lock_imports, with_proposals
from teams.models import Person, Team

COLUMNS = (
    Column(
        "service", _("Service"), _("A new name makes a service that is fed by files."), "churn-model", required=True
    ),
    Column(
        "key", _("Key"), _("What names the deployment where it comes from; the same key is the same one."), "build-512"
    ),
    Column("environment", _("Environment"), _("What counts as production is chosen in the rules."), "production"),
    Column("outcome", _("Outcome"), _("Succeeded, where it is left empty."), OutcomeChoice.SUCCEEDED.label),
    Column("began", _("Began"), _("Without a time zone: the team's."), "2026-11-02 09:30"),
    Column("finished", _("Finished"), "", "2026-11-02 09:42"),
    Column("branch", _("Branch"), "", "main"),
    Column("sha", _("Commit"), _("Or the version."), "4f2c9ab"),
    Column("title", _("Title"), "", _("Retrain on October's data")),
    Column("url", _("Address"), _("Where people read more of it.")),
)
_TEXTS = {"environment": 255, "branch": 255, "sha": 64, "title": 500}


class Deployments(Importer):
    kind = "deployments"
    title = _("Deployments")
    about = _(
        "Deployments of services that no repository feeds. A service that is connected to a repository takes its deployments"
        " from there alone."
    )
    tab = "delivery"
    columns = COLUMNS
    then = ("incidents",)

    def plan(self, rows: Sequence[Row], team: Team, by: Person) -> list[Planned]:
        return planned_each(rows, _Plan(rows, team).of)

    def apply(self, planned: Sequence[Planned], team: Team, by: Person) -> None:
        bring_deployments(team=team, records=by_service(planned), by=by)

    def lock(self, team: Team) -> None:
        lock_imports(team)

    def rows(self, team: Team) -> Iterable[Sequence[Any]]:
        shown = Deployment.objects.in_scope().filter(service__team=team).select_related("service")
        labels = {value: str(label) for value, label in OutcomeChoice.choices}
        return (cells_of(row, labels) for row in shown.order_by("created_at", "pk"))

    def address(self, team: Team) -> str:
        return reverse("deployments", args=[team.pk])


def cells_of(row: Deployment, outcomes: Mapping[str, str]) -> list[Any]:
    """In the order of COLUMNS; `outcomes` as they read."""
    return [
        row.service.name, row.key, row.environment, outcomes[row.outcome], row.created_at, row.finished_at,
        row.branch, row.sha, row.title, row.url,
    ]  # fmt: skip


class _Plan:
    """What there is, loaded once."""

    def __init__(self, rows: Sequence[Row], team: Team) -> None:
        self.services, self.once, self.outcomes = Services(team), Once(), Choices(OutcomeChoice.choices)
        keys = [key for row in rows for key in keys_of(row, self._made) if key]
        self.stored = stored_of(Deployment.objects.all(), self.services.known, keys)
        seen: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            seen[row["service"].strip()].add(row["environment"].strip())
        self.rules = {name: with_proposals(self.services.of(name), found) for name, found in seen.items()}
        # Asked for once: in a long file most of the time would go into translating the same words.
        self.kinds = {each: str(each.label) for each in EnvironmentClass}

    def _made(self, row: Row) -> str:
        """The key of a row that has none; "" where it cannot be read."""
        try:
            at = self.services.instant(row, "began", None) or self.services.instant(row, "finished", None)
        except Refused:
            return ""
        return made_of(at, row["environment"], row["sha"])

    def of(self, row: Row) -> Planned:
        name, service = self.services.named(row)
        stored = self._stored(row, service)
        record = self._record(row, stored)
        self.once.check((service.pk if service else name, record.key), row.number)
        told = _told(stored, record, self.services.shown)
        title = f"{name}, {self.services.shown(record.created_at)}"
        if stored is not None and not told:
            return Planned(row.number, RowState.SAME, title)
        if service is not None and service.fed_by != Feeder.PEOPLE:
            raise Refused(fed_otherwise(service))
        kind = self.kinds[EnvironmentClass(class_of(self.rules[name], record.environment, record.branch))]
        title = f"{title}, {record.environment or now('no environment')} ({kind})"
        state = RowState.NEW if stored is None else RowState.CHANGED
        return Planned(row.number, state, title, differences=told, todo=Brought(name, record))

    def _stored(self, row: Row, service: Service | None) -> Deployment | None:
        if service is None:
            return None
        keys = keys_of(row, self._made)
        return next((self.stored[service.pk, key] for key in keys if (service.pk, key) in self.stored), None)

    def _record(self, row: Row, stored: Deployment | None) -> DeploymentRecord:
        finished = self.services.instant(row, "finished", stored.finished_at if stored else None)
        began = self.services.instant(row, "began", stored.created_at if stored else finished)
        if began is None:
            raise Refused(now("Say when it began or finished."))
        outcome = Outcome(self.outcomes.of(row["outcome"]) or (stored.outcome if stored else Outcome.SUCCEEDED))
        check_deployment(outcome, began, finished)
        texts: dict[str, Any] = {}
        for key, most in _TEXTS.items():
            texts[key] = text_of(row, key, getattr(stored, key) if stored else "", most)
        texts["url"] = url_of(row, stored.url if stored else "")
        key = stored.key if stored else key_of(row["key"]) or self._made(row)
        record = DeploymentRecord(key=key, outcome=outcome, created_at=began, finished_at=finished, **texts)
        return given_up(record, self.services.now)


def _told(stored: Deployment | None, record: DeploymentRecord, shown: Show) -> list[Difference]:
    """What a row changes of what is stored."""
    if stored is None:
        return []
    pairs = {
        "environment": (stored.environment, record.environment),
        "outcome": (OutcomeChoice(stored.outcome).label, OutcomeChoice(record.outcome.value).label),
        "began": (stored.created_at, record.created_at),
        "finished": (stored.finished_at, record.finished_at),
        **{key: (getattr(stored, key), getattr(record, key)) for key in ("branch", "sha", "title", "url")},
    }
    return differences(COLUMNS, pairs, shown)
