"""The append-only audit log that a person can read. Services write it; nothing else does.

Each room says in its `AppConfig.ready` how its own entries read: `audit.describe("team.created", _("Created …"))`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import DO_NOTHING, Q
from django.utils.functional import Promise

from core import clock
from core.append_only import AppendOnly, AppendOnlyQuerySet
from core.edits import Touch
from core.spans import list_text

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from teams.models import Person, Team

Labels = Mapping[str, Any]  # a value of `data` -> how it reads
_sentences: dict[str, tuple[str | Promise, Labels]] = {}
_kinds: dict[str, str | Promise] = {}
_fields: dict[str, str | Promise] = {}
_told_as_one: ContextVar[bool] = ContextVar("told_as_one", default=False)


def describe(action: str, sentence: str | Promise, labels: Labels | None = None) -> None:
    """Say how entries of `action` read. `sentence` may hold %(subject)s (a person's name) and the names in `data`."""
    _sentences[action] = (sentence, labels or {})


def described() -> set[str]:
    """The actions that have a sentence."""
    return set(_sentences)


def sentences() -> Mapping[str, tuple[str | Promise, Labels]]:
    """(sentence, labels) by action."""
    return _sentences


def name_fields(names: Mapping[str, str | Promise]) -> None:
    """Say how names in `data` read, where before and after are shown."""
    _fields.update(names)


def field_name(name: str, otherwise: str = "") -> str:
    return str(_fields.get(name, otherwise or name.replace("_", " ")))


def kinds() -> list[tuple[str, str | Promise]]:
    """What entries can be about, (first part of the action, name), for the log's filter."""
    known = {action.partition(".")[0] for action in _sentences}
    return [(kind, _kinds.get(kind, kind)) for kind in sorted(known)]


def name_kind(kind: str, name: str | Promise) -> None:
    """Say how a kind of entries, the first part of their actions, is called in the log's filter."""
    _kinds[kind] = name


def kinds_with_actions() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """(kind, name, [(action, sentence with … for its values)]), for the log's filter, by name."""
    found = []
    for kind, name in kinds():
        own = [
            (action, sentence) for action, (sentence, _labels) in _sentences.items() if action.startswith(f"{kind}.")
        ]
        found.append((kind, str(name), [(action, re.sub(r"%\(\w+\)s", "…", str(text))) for action, text in own]))
    return sorted(found, key=lambda each: each[1].casefold())


@contextmanager
def told_as_one() -> Iterator[None]:
    """Record nothing inside the block: whoever opens it records the whole as one. Only sample data may (a test holds that)."""
    token = _told_as_one.set(True)
    try:
        yield
    finally:
        _told_as_one.reset(token)


class _Values(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "–"


class AuditQuerySet(AppendOnlyQuerySet):
    def visible_to(self, user: Person | AnonymousUser) -> AuditQuerySet:
        """Only administrators read the audit log."""
        return self if user.has_perm("organisation.administer") else self.none()

    def listed(self) -> AuditQuerySet:
        """Newest first."""
        return self.select_related("actor", "token", "team").order_by("-recorded_at", "-pk")

    def about(self, what: str) -> AuditQuerySet:
        """Entries of an action ("team.created"), or of all actions of a kind ("team")."""
        return self.filter(action=what) if "." in what else self.filter(action__startswith=f"{what}.")

    def in_team(self, team_id: int) -> AuditQuerySet:
        return self.filter(team=team_id)

    def concerning(self, person_id: int) -> AuditQuerySet:
        """What the person did and what was done to the person."""
        return self.filter(Q(actor=person_id) | Q(subject=f"person:{person_id}"))


class AuditEvent(AppendOnly):
    """Who did what to what, and when. `data` holds plain values; about a person's own fields it holds field names only."""

    guarded_in_database: ClassVar[bool] = True

    recorded_at = models.DateTimeField(default=clock.now, db_index=True)
    actor = models.ForeignKey("teams.Person", null=True, on_delete=models.PROTECT, related_name="+")
    # An entry outlives what it is about: a sample team goes, the log of what was done to it stays and names its id.
    token = models.ForeignKey("teams.ApiToken", null=True, on_delete=DO_NOTHING, db_constraint=False, related_name="+")
    team = models.ForeignKey("teams.Team", null=True, on_delete=DO_NOTHING, db_constraint=False, related_name="+")
    action = models.CharField(max_length=64)  # "team.created", "member.role_changed", …
    subject = models.CharField(max_length=64, blank=True)  # "person:12", "connection:3"
    data = models.JSONField(default=dict)

    objects = AuditQuerySet.as_manager()  # type: ignore[misc]

    class Meta(AppendOnly.Meta):
        app_label = "teams"
        ordering = ["-recorded_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.recorded_at:%Y-%m-%d %H:%M} {self.action} {self.subject}"

    @property
    def subject_person(self) -> int | None:
        """The pk of the person whom the entry is about, if it is about one."""
        kind, _, pk = self.subject.partition(":")
        return int(pk) if kind == "person" else None

    def reads(self, value: Any) -> str:
        """A value of `data` as people read it."""
        return _readable(value, _sentences.get(self.action, ("", {}))[1])

    def sentence(self, people: Mapping[int, str]) -> str:
        """What was done, in the reader's language. `people` gives the present names by pk: the log itself holds none."""
        sentence, labels = _sentences.get(self.action, (f"{self.action} %(subject)s", {}))
        values = _Values({name: _readable(value, labels) for name, value in self.data.items()})
        person = self.subject_person
        values["subject"] = self.subject if person is None else people.get(person, self.subject)
        return str(sentence) % values


def _readable(value: Any, labels: Labels) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_readable(each, labels)}" for name, each in value.items()) or "–"
    if isinstance(value, list):
        return list_text(_readable(each, labels) for each in value) or "–"
    if isinstance(value, str) and value in labels:
        return str(labels[value])
    return "–" if value in (None, "") else str(value)


def last_touch(action: str, subject: models.Model, team: Team | None = None) -> Touch | None:
    """Who did `action` to `subject` last, in `team` if one is given, and when; None if nobody did."""
    found = AuditEvent.objects.filter(action=action, subject=_subject(subject), actor__isnull=False).listed()
    done = (found.in_team(team.pk) if team else found).first()
    return Touch.by(done.actor, done.recorded_at) if done else None


def _subject(row: models.Model) -> str:
    return f"{row._meta.model_name}:{row.pk}"


def record(
    action: str, *, actor: Person | None, subject: models.Model | None = None, team: Team | None = None, **data: Any
) -> None:
    """Append an audit entry, inside the caller's transaction. `actor` None: the portal itself."""
    if _told_as_one.get():
        return
    AuditEvent.objects.create(
        action=action,
        actor=actor,
        token=actor.token if actor else None,
        team=team,
        subject=_subject(subject) if subject else "",
        data=data,
    )
