"""Alertmanager's webhook, version 4: alerts as incidents. https://prometheus.io/docs/alerting/latest/configuration/#webhook_config"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from connectors.records import IncidentRecord
from core import clock
from core.edits import merge
from core.refusals import Refused
from delivery.models import ALERT, AlertRule, Service
from delivery.pushing.incidents import checked, keep, place_of, stored_of
from delivery.pushing.refusals import PushRefused
from delivery.pushing.services import lock
from delivery.sanity import is_page
from delivery.services import service_named
from teams import audit
from teams.models import Person, Team

MOST = 1000  # alerts of one delivery
SERVICE = "service"  # the label that names one of the team's services
_FIELDS = {"began_at": "startsAt", "resolved_at": "endsAt"}


def rule_of(team: Team) -> AlertRule:
    return AlertRule.objects.filter(team=team).first() or AlertRule(team=team)


@transaction.atomic
def change_rule(*, team: Team, wanted: Mapping[str, Any], seen: Mapping[str, Any], by: Person) -> None:
    """Which alerts are incidents from now on; what was taken stays. StaleEdit."""
    lock(team)
    rule = rule_of(team)
    touch = audit.last_touch("delivery.alert_rule_changed", team)
    current = {"label": rule.label, "values": tuple(rule.values)}
    changes = merge(current=current, seen=seen, wanted=wanted, changed_by=lambda _name: touch)
    if not changes:
        return
    rule.label = changes.get("label", rule.label)
    rule.values = list(changes.get("values", rule.values))
    rule.save()
    before = {name: current[name] for name in changes}
    audit.record("delivery.alert_rule_changed", actor=by, subject=team, team=team, before=before, after=changes)


@dataclass(frozen=True)
class Taken:
    """`incidents`: what became of those that are incidents by the team's rule; `passed_over`: how many are none."""

    incidents: Sequence[Mapping[str, Any]]
    passed_over: int
    refused: Sequence[PushRefused]


@transaction.atomic
def take_alerts(*, team: Team, entries: Sequence[Mapping[str, Any]]) -> Taken:
    """Take what can be taken: Alertmanager does not send again what was refused, nor what came with it.

    PushRefused where not one incident could be taken.
    """
    lock(team)
    rule, now = rule_of(team), clock.now()
    told, refused = _understood(
        team, {n: each for n, each in enumerate(entries) if rule.is_incident(each["labels"])}, now
    )
    if refused and not told:
        raise refused[0]
    passed_over = len(entries) - len(told) - len(refused)
    return Taken(keep(team, told, now), passed_over, refused)


def _understood(
    team: Team, alerts: Mapping[int, Mapping[str, Any]], now: datetime
) -> tuple[list[tuple[Service | None, IncidentRecord]], list[PushRefused]]:
    """Those that can be kept, and why the others cannot."""
    services = list(Service.objects.of(team).listed())
    found: dict[int, IncidentRecord] = {}
    refused: list[PushRefused] = []
    for index, each in alerts.items():
        try:
            found[index] = _checked(each, now)
        except Refused as error:
            refused.append(PushRefused(error.message, error.field, index))
    places = {key: row.service for key, row in stored_of(team, found.values()).items()}
    told = []
    for index, record in found.items():
        service = _service(services, alerts[index]["labels"])
        try:
            places[record.key] = place_of(places.get(record.key), service, record)
            told.append((service, record))
        except Refused as error:
            refused.append(PushRefused(error.message, "labels", index))
    return told, sorted(refused, key=lambda each: each.index)


def _checked(alert: Mapping[str, Any], now: datetime) -> IncidentRecord:
    """Refused at the field as Alertmanager calls it."""
    try:
        return checked(_record(alert), ALERT, now)
    except Refused as error:
        raise Refused(error.message, _FIELDS.get(error.field or "", error.field)) from None


def _service(services: Sequence[Service], labels: Mapping[str, str]) -> Service | None:
    """None, and so the team's, also for a name that is none of its services: alerts know other names too."""
    name = labels.get(SERVICE, "")
    return service_named(services, name) if name else None


def _record(alert: Mapping[str, Any]) -> IncidentRecord:
    labels, began = alert["labels"], alert["startsAt"].astimezone(UTC)
    page = alert["generatorURL"]
    title = alert.get("annotations", {}).get("summary") or labels.get("alertname", "")
    return IncidentRecord(
        key=f"{alert['fingerprint']}:{began:%Y%m%dT%H%M%S.%f}Z",
        title=title.strip()[:500],
        began_at=began,
        resolved_at=_ended(alert) if alert["status"] == "resolved" else None,
        labels=tuple(f"{name}={value}"[:200] for name, value in sorted(labels.items()))[:50],
        url=page[:1000] if is_page(page) else "",
    )


def _ended(alert: Mapping[str, Any]) -> datetime:
    """`endsAt`, which means something only of what is resolved: else it is a guess, or the year 1."""
    try:
        found = parse_datetime(alert.get("endsAt", ""))
        ended = found.astimezone(UTC) if found and found.tzinfo else None
    except (ValueError, OverflowError):
        ended = None
    if ended is None:
        raise Refused(_("A resolved alert says in endsAt when it ended."), "endsAt")
    return ended
