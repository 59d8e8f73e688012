"""The sample organisation, whole: made twice alike, gone without a trace, marked, signed in by nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import IntegrityError, models, transaction
from django.test import Client
from django.urls import reverse

import assessments.summary
from comments import services as commenting
from comments.mentions import KEPT
from comments.models import Comment
from connections import schedule
from connections.models import Source
from core import clock, topics
from core.refusals import Refused
from delivery.models import Deployment, Incident
from okrs.facts import facts_of
from okrs.kinds import Status
from okrs.models import ChecklistEntry, KeyResult
from roadmaps.models import Roadmap, Tick
from roadmaps.services import start_roadmap
from sample import removal, services, work
from sample.models import Sample, State
from sample.steps import steps
from teams.models import AuditEvent, OrganisationRole, Person, Team, TeamGroup
from teams.services import people
from teams.services.teams import create_team
from tests.factories import PASSWORD, TeamFactory
from tests.sample.conftest import LOG, all_rows, counts, portal_models

pytestmark = pytest.mark.django_db
Act = Callable[[], Sample]


@pytest.mark.whole
def test_the_whole_story_is_told_twice_alike_and_leaves_nothing_behind(
    load: Act, remove: Act, today: Any, editor: Person, team: Team
) -> None:
    start_roadmap(team=team, start_date=clock.today(team.zone), by=editor)
    before = all_rows()
    row = load()
    assert (row.state, row.step, row.problem) == (State.LOADED, len(steps()), "")
    check_the_whole_story()
    check_nothing_lies_after(today)
    first = plain(all_rows())
    assert remove().state == State.ABSENT
    assert all_rows() == before
    load()
    assert plain(all_rows()) == first


def check_the_whole_story() -> None:
    assert {comment.kind for comment in Comment.objects.all()} == {kind.id for kind in topics.kinds()}
    assert Team.objects.sample().count() == 6
    assert {team.group_id for team in Team.objects.sample()} == {group.pk for group in TeamGroup.objects.sample()}
    assert TeamGroup.objects.sample().count() == 2
    names = list(Person.objects.sample().values_list("name", flat=True))
    assert any(name.isascii() for name in names)
    assert any(not name.isascii() for name in names)
    assert Roadmap.objects.filter(team__is_sample=True).count() == 5
    assert Deployment.objects.counted().count() > 300
    assert Incident.objects.unresolved().count() == 2
    stories = {team.name: team for team in Team.objects.sample()}
    maturity = assessments.summary.for_teams(list(stories.values()))
    levels = {name: [area.level for area in maturity[team.pk].areas] for name, team in stories.items()}
    assert levels == {
        "Recommendations": [2, 3, 2, 2],
        "Churn Prediction": [1, 2, 2, 2],
        "Search Ranking": [3, 3, 3, 3],  # says the team
        "Demand Forecasting": [2, 1, 1, 1],
        "Fraud Detection": [0, 0, 0, 0],  # what was said has expired
        "Visual Inspection": [None, None, None, None],
    }
    running = KeyResult.objects.in_open_cycles().select_related("objective__cycle", "objective__team")
    statuses = {facts.on(clock.today(zone)).status for facts in facts_of(running) for zone in [ZoneInfo("UTC")]}
    assert statuses >= {Status.ON_TRACK, Status.AT_RISK, Status.OFF_TRACK, Status.OUTDATED}


def check_nothing_lies_after(today: Any) -> None:
    for model in portal_models():
        for field in model._meta.get_fields() if model._meta.model_name not in LOG else ():
            if isinstance(field, models.DateTimeField) and field.name not in ("lease_until", "expires_at"):
                newest = model._base_manager.aggregate(newest=models.Max(field.name))["newest"]
                assert newest is None or newest <= today, f"{model.__name__}.{field.name}"


def plain(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Without what a database or chance gives: each key as its place among the rows of its model, no unusable password."""
    models_of = {model._meta.label: model for model in portal_models()}
    places = {models_of[label]: {row["id"]: place for place, row in enumerate(found)} for label, found in rows.items()}
    told: dict[str, list[dict[str, Any]]] = {}
    for label, found in rows.items():
        model = models_of[label]
        keys = {"id": places[model]}
        keys |= {
            key.attname: places.get(key.related_model, {}) for key in model._meta.concrete_fields if key.is_relation
        }
        told[label] = [
            {
                name: keys[name].get(value, value) if name in keys else value
                for name, value in row.items()
                if name != "password"
            }
            for row in found
        ]
    for change in told["roadmaps.Change"]:
        if change["field"] == "owner":
            change["new"] = places[Person][int(change["new"])]
    for check_in in told["okrs.CheckIn"]:
        check_in["done"] = [places[ChecklistEntry][entry] for entry in check_in["done"]]
    for comment in told["comments.Comment"]:
        model = next(kind.model for kind in topics.kinds() if kind.id == comment["kind"])
        comment["topic"] = places[model][int(comment["topic"])] if model else comment["topic"]
    for words in told["comments.Words"]:
        words["text"] = KEPT.sub(lambda found: f"@{places[Person][int(found[1])]}", words["text"])
    return told


def test_removal_leaves_exactly_what_was_there(load: Act, remove: Act, editor: Person, team: Team) -> None:
    """Of the brief story: that it fails first tells more than the whole one's."""
    start_roadmap(team=team, start_date=clock.today(team.zone), by=editor)
    before = all_rows()
    load()
    assert counts() != {label: len(rows) for label, rows in before.items()}
    assert remove().state == State.ABSENT
    assert all_rows() == before


def test_loading_and_removing_are_one_audit_entry_each_and_both_stay(
    load: Act, remove: Act, administrator: Person
) -> None:
    before = AuditEvent.objects.count()
    load()
    remove()
    entries = list(AuditEvent.objects.order_by("pk")[before:])
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("sample.loaded", administrator),
        ("sample.removed", administrator),
    ]
    assert [entry.data for entry in entries] == [{"teams": 2, "people": 18}] * 2


def test_what_real_people_do_in_sample_teams_goes_with_them_and_the_log_stays(
    load: Act, remove: Act, administrator: Person, signed_in: Callable[[Person], Client]
) -> None:
    load()
    team = Team.objects.sample().first()
    client = signed_in(administrator)
    client.post(reverse("team-join", args=[team.pk]))
    client.post(reverse("team-tokens", args=[team.pk]), {"name": "CI", "scope": "write", "lasts": "90"})
    client.post(reverse("team-archive", args=[team.pk]))
    said = AuditEvent.objects.in_team(team.pk).count()
    assert said == 3
    assert remove().state == State.ABSENT
    assert AuditEvent.objects.in_team(team.pk).count() == said
    page = client.get(reverse("audit-log"))
    assert page.status_code == 200
    assert Person.objects.filter(pk=administrator.pk).exists()


def test_what_real_people_say_about_the_sample_goes_with_it(load: Act, remove: Act, administrator: Person) -> None:
    load()
    of_all = KeyResult.objects.filter(objective__team=None).earliest("pk")
    real = topics.find("criterion", TeamFactory(), "data.versioning")
    sample = topics.find("key_result", None, str(of_all.pk))
    assert sample is not None
    assert real is not None
    assert sample.is_sample
    for topic in (sample, real):
        commenting.write(topic=topic, text="hello", by=administrator)
    assert remove().state == State.ABSENT
    assert Comment.objects.get().team == real.team


def test_asking_twice_loads_once_and_removes_once(load: Act, administrator: Person) -> None:
    first = services.load(by=administrator)
    again = services.load(by=administrator)
    assert (first.at, first.step, again.state) == (again.at, again.step, State.LOADING)
    work.work()
    work.work()  # the second message finds nothing to do
    loaded = counts()
    services.load(by=administrator)
    work.work()
    assert (counts(), Sample.current().state) == (loaded, State.LOADED)
    assert AuditEvent.objects.filter(action="sample.loaded").count() == 1
    services.remove(by=administrator)
    services.remove(by=administrator)
    work.work()
    services.remove(by=administrator)  # nothing is there
    assert Sample.current().state == State.ABSENT
    assert AuditEvent.objects.filter(action="sample.removed").count() == 1


# -- Refused, in one sentence --------------------------------------------------------------------------------------


def test_it_is_not_removed_while_it_is_being_loaded(administrator: Person) -> None:
    services.load(by=administrator)
    with pytest.raises(Refused, match="being loaded"):
        services.remove(by=administrator)


def test_it_is_not_loaded_while_it_is_being_removed(load: Act, administrator: Person) -> None:
    load()
    services.remove(by=administrator)
    with pytest.raises(Refused, match="being removed"):
        services.load(by=administrator)


@pytest.mark.parametrize(
    "make", [lambda: TeamFactory(name="visual inspection"), lambda: TeamGroup.objects.create(name="OPERATIONS")]
)
def test_a_real_team_or_group_of_the_same_name_is_told_before_anything_is_made(
    make: Callable[[], Any], administrator: Person
) -> None:
    make()
    with pytest.raises(Refused, match="Rename yours first"):
        services.load(by=administrator)
    assert Sample.current().state == State.ABSENT


def test_an_archived_team_of_the_same_name_is_no_hindrance(load: Act) -> None:
    TeamFactory(name="Visual Inspection", archived_at=clock.now())
    assert load().state == State.LOADED


def test_what_a_real_team_uses_is_not_taken_away(load: Act, remove: Act, administrator: Person, team: Team) -> None:
    load()
    roadmap = start_roadmap(team=team, start_date=clock.today(team.zone), by=administrator)
    item = roadmap.items.first()
    item.owner = Person.objects.sample().first()  # no page offers this; a row may still hold it
    item.save()
    before = counts()
    with pytest.raises(Refused, match="Forecasting"):
        services.remove(by=administrator)
    assert counts() == before
    # Between the question and the worker's answer too.
    Sample.objects.update(state=State.REMOVING)
    work.work()
    row = Sample.current()
    assert (row.state, counts()) == (State.LOADED, before)
    assert "Forecasting" in row.problem
    item.owner = None
    item.save()
    assert remove().state == State.ABSENT


# -- Killed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [0, 2, 4])
def test_a_worker_that_is_killed_in_a_step_loses_only_that_step(
    load: Act, administrator: Person, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """KeyboardInterrupt stands for the kill: nothing catches it, nothing is tidied up, the lease stays taken."""
    whole = steps()

    def dies(cast: Any) -> None:
        whole[at].run(cast)
        raise KeyboardInterrupt

    broken = [*whole[:at], replace(whole[at], run=dies), *whole[at + 1 :]]
    services.load(by=administrator)
    with monkeypatch.context() as while_it_runs:
        while_it_runs.setattr(work, "steps", lambda: broken)
        with pytest.raises(KeyboardInterrupt):
            work.work()
    row = Sample.current()
    assert (row.state, row.step) == (State.LOADING, at)
    work.work()
    assert Sample.current().step == at, "somebody else holds the lease"

    Sample.objects.update(lease_until=clock.now() - schedule.LEASE)
    work.work()
    assert Sample.current().state == State.LOADED
    resumed = plain(all_rows())
    services.remove(by=administrator)
    work.work()
    load()
    assert plain(all_rows()) == resumed


def test_a_step_that_fails_is_told_and_can_be_gone_on_with_or_removed(
    administrator: Person, today: Any, monkeypatch: pytest.MonkeyPatch, remove: Act
) -> None:
    before = all_rows()
    whole = steps()

    def fails(cast: Any) -> None:
        raise RuntimeError("disk full")

    services.load(by=administrator)
    with monkeypatch.context() as while_it_runs:
        while_it_runs.setattr(work, "steps", lambda: [*whole[:3], replace(whole[3], run=fails), *whole[4:]])
        work.work()
    row = Sample.current()
    assert (row.state, row.step) == (State.FAILED, 3)
    assert "log" in row.problem
    services.load(by=administrator)
    work.work()
    assert Sample.current().state == State.LOADED
    Sample.objects.update(state=State.FAILED, step=3)
    assert remove().state == State.ABSENT
    assert all_rows() == before


# -- Marked, and nobody ----------------------------------------------------------------------------------------------


def test_nobody_signs_in_as_a_sample_person(load: Act) -> None:
    load()
    person = Person.objects.sample().first()
    assert not person.check_password("")
    person.set_password(PASSWORD)
    with pytest.raises(IntegrityError), transaction.atomic():
        person.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.sample().update(organisation_role=OrganisationRole.ADMINISTRATOR)


def test_administrators_make_no_link_no_role_and_no_end_for_a_sample_person(load: Act, administrator: Person) -> None:
    load()
    person = Person.objects.sample().first()
    for act in (
        lambda: people.reset_sign_in(person=person, by=administrator),
        lambda: people.deactivate(person=person, by=administrator),
        lambda: people.change_role(person=person, by=administrator, seen=person.organisation_role, role="manager"),
    ):
        with pytest.raises(Refused, match="sample organisation"):
            act()


def test_a_sample_person_gets_no_mail(load: Act, client: Client, settings: Any, administrator: Person) -> None:
    load()
    settings.MAIL_WORKS = True
    for person in (Person.objects.sample().first(), administrator):
        client.post(reverse("account_reset_password"), {"email": person.email})
    assert [message.to for message in mail.outbox] == [[administrator.email]]


def test_its_connections_are_never_read(
    load: Act, administrator: Person, signed_in: Callable[[Person], Client]
) -> None:
    load()
    source = Source.objects.first()
    assert schedule.ring() == []
    with pytest.raises(schedule.NotNow, match="sample"):
        schedule.sync_now(source_id=source.pk, by=administrator)
    client, team = signed_in(administrator), source.connection.team_id
    for page in ("connection-pause", "connection-resume", "connection-access", "connection-disconnect"):
        assert client.post(reverse(page, args=[team, source.pk])).status_code == 404
    assert client.get(reverse("connection", args=[team, source.pk])).status_code == 200
    source.refresh_from_db()
    assert source.next_sync_at is None


def test_the_log_is_silent_only_for_the_sample(administrator: Person) -> None:
    from pathlib import Path

    from django.conf import settings

    users = [
        path.relative_to(settings.BASE_DIR).as_posix()
        for package in Path(settings.BASE_DIR).iterdir()
        if package.name != "tests" and (package / "__init__.py").exists()
        for path in package.rglob("*.py")
        if "told_as_one" in path.read_text("utf-8")
    ]
    assert sorted(users) == ["sample/work.py", "teams/audit.py"]
    create_team(name="Real", group=None, time_zone="", by=administrator, join=False)
    assert AuditEvent.objects.filter(action="team.created").count() == 1


def test_what_is_removed_is_found_by_foreign_keys_of_all_rooms(load: Act) -> None:
    load()
    going = removal.found()
    assert {Tick, Roadmap, Deployment, Incident, Source, Team} <= going.of_teams.keys()
    assert {Person, TeamGroup} <= going.others.keys()
    assert AuditEvent not in {model for model, keys in going if keys}
