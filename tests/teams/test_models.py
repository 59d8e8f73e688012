import pytest

from core.append_only import AppendOnlyError
from teams.models import AuditEvent, Person, Team


def test_initials_of_one_and_of_several_names() -> None:
    assert Person(name="Aiko Tanaka").initials == "AT"
    assert Person(name="田中").initials == "田"
    assert Person(name="", email="zoe@example.com").initials == "Z"


def test_audit_events_are_never_changed(team: Team) -> None:
    event = AuditEvent.objects.create(action="team.created", team=team)
    event.action = "team.archived"
    with pytest.raises(AppendOnlyError):
        event.save()
    with pytest.raises(AppendOnlyError):
        AuditEvent.objects.all().delete()
