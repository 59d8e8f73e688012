"""Every list and table is had as a file. A page that shows rows without offering them fails here, or says why in WITHOUT."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from urllib.parse import unquote

import openpyxl
import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from connections.models import SyncRun
from core import clock, imports
from notices.models import Channel, ChannelState, Outgoing
from okrs.models import KeyResult
from teams.models import Person, Team
from teams.services.invitations import invite
from tests.access_table import ROUTES
from tests.delivery.factories import DeploymentFactory
from tests.factories import MembershipFactory, PersonFactory
from tests.machines.world import cast

TEMPLATES = Path(settings.BASE_DIR) / "templates"
EXPORT = "_export.html"
# Tables that are no list of rows, or whose rows are had elsewhere, with the reason.
WITHOUT = {
    "backups/backup.html": "the archives kept here are files already",
    "core/_api_fields.html": "what a field of the API is; the schema has it",
    "insights/_portfolio_empty.html": "a picture of a table",
    "teams/_memberships.html": "a person's own teams: the list of people has them, and /account/data/ has all that is personal",
    "notices/preferences.html": "what one chose: /account/data/ has it",
    "notices/mail.html": "the frame of a mail",
    "connections/organisation.html": "a few names; what each gives to whom is a file of its page",
    "delivery/_moves.html": "what one change did, told once; the figures and the audit log are files of their own",
    "imports/new.html": "the columns of a template, which is had as a file with them",
}
# Tables beside those that the page gives.
MORE = {
    "imports/imports.html": 1,  # what can be imported: links
    "connections/connection.html": 1,  # how far the running sync is: it stands in the list of syncs when it ends
}


# The pages that show lists or tables, by the names of their addresses.
LISTS = {
    "portfolio", "trends", "roadmap", "assessment", "assessment-round", "okrs", "organisation-okrs", "key-result", "delivery",
    "deployments", "deployment", "incidents", "changes", "delivery-point", "delivery-teams",
    "connections", "connection", "members", "people", "teams", "team-groups", "audit-log", "team-tokens", "organisation-tokens",
    "check-ins", "inbox", "imports", "import", "organisation-imports", "organisation-notices", "channels",
}  # fmt: skip


def text_of(name: str) -> str:
    return (TEMPLATES / name).read_text()


def names() -> list[str]:
    return [str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")]


def reached(name: str) -> set[str]:
    """The template and what it includes, however deep; a chart brings its own table and export."""
    found, left = set(), [name]
    while left:
        each = left.pop()
        if each in found or not (TEMPLATES / each).exists():
            continue
        found.add(each)
        left += re.findall(r'{% include "([^"]+)"', text_of(each))
    return found


def offers(name: str) -> int:
    return text_of(name).count(f'{{% include "{EXPORT}"')


def test_every_table_is_offered_as_a_file_or_says_why_not() -> None:
    wrong = []
    for name in names():
        tables = text_of(name).count("<table") - MORE.get(name, 0)
        if tables <= offers(name) or name in WITHOUT:
            continue
        includers = [each for each in names() if f'{{% include "{name}"' in text_of(each)]
        if not includers or any(EXPORT not in reached(each) for each in includers):
            wrong.append(name)
    assert wrong == [], "include _export.html, or say in WITHOUT why the table is not had as a file"


def test_the_reasons_are_about_tables_that_are_there() -> None:
    assert [name for name in WITHOUT if (TEMPLATES / name).exists() and "<table" not in text_of(name)] == []
    assert [name for name in WITHOUT if (TEMPLATES / name).exists() and offers(name) and "import" not in name] == []


def links_of(page: str) -> set[str]:
    links = re.findall(r'href="([^"]+)" download', page)
    return {link.replace("&amp;", "&") for link in links if "format=" in link}


def first_row(content: bytes, kind: str) -> list[str]:
    if kind == "csv":
        return next(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return [str(cell.value) for cell in sheet[1]]


@pytest.mark.django_db
def test_every_file_that_a_page_offers_is_there(client: Client) -> None:
    world = cast()
    boss = world.people["administrator"]
    client.force_login(boss)
    DeploymentFactory(service=world.service)
    SyncRun.objects.create(source=world.service.source, owner="x", started_at=clock.now())
    invite(team=world.team, role="editor", job_role="", email="", by=boss)
    world.group, world.roadmap, world.round, world.key_result_of(world.team), world.channel
    world.notice_of(boss)
    KeyResult.objects.filter(pk=world.key_result_of(None).pk).update(owner=boss)
    Outgoing.objects.create(person=boss, error_code="timeout", next_at=clock.now())
    Channel.objects.update(state=ChannelState.ENDED)
    offered: set[str] = set()
    for route in ROUTES:
        if route.kind == "page" and route.name in LISTS:
            page = client.get(reverse(route.name, args=route.args(world))).content.decode()
            assert links_of(page), f"{route.name} offers nothing"
            offered |= links_of(page)
    for link in sorted(offered):
        kind = "xlsx" if "format=xlsx" in link else "csv"
        response = client.get(unquote(link))
        content = b"".join(response) if response.streaming else response.content
        assert response.status_code == 200, link
        assert response["Content-Disposition"].endswith(f'.{kind}"'), link
        header = first_row(content, kind)
        assert all(header), link
        assert len(set(header)) == len(header) or "portfolio" in link, f"{link}: two columns of one name"
    assert len(offered) >= 2 * 35, sorted(offered)


@pytest.mark.django_db
def test_a_list_within_a_list_asks_who_may_read_it(
    team: Team, editor: Person, team_admin: Person, client: Client
) -> None:
    address = reverse("members", args=[team.pk])
    client.force_login(editor)
    assert client.get(address, {"format": "csv"}).status_code == 200
    assert client.get(address, {"format": "csv", "table": "invitations"}).status_code == 403
    client.force_login(team_admin)
    assert client.get(address, {"format": "csv", "table": "invitations"}).status_code == 200


@pytest.mark.django_db
def test_the_filter_of_a_page_holds_and_all_its_pages_come(manager: Person, client: Client) -> None:
    for number in range(60):
        PersonFactory(name=f"Kim {number:02}")
    client.force_login(manager)
    rows = list(csv.reader(io.StringIO(client.get("/people/?q=kim&format=csv&page=2").content.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == [f"Kim {number:02}" for number in range(60)]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["people", "teams"])
def test_a_file_costs_the_same_for_few_and_many_rows(name: str, manager: Person, client: Client) -> None:
    client.force_login(manager)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(name), {"format": "csv"}).status_code == 200
        return len(queries)

    MembershipFactory()
    cost()  # the first request of a session writes it
    few = cost()
    for _number in range(5):
        MembershipFactory()
    assert cost() == few


@pytest.mark.django_db
def test_japanese_reads_as_japanese(team: Team, editor: Person, client: Client) -> None:
    MembershipFactory(team=team, person__name="山田 花子")
    client.force_login(editor)
    response = client.get(reverse("members", args=[team.pk]), {"format": "csv"}, headers={"Accept-Language": "ja"})
    assert response.content.startswith(b"\xef\xbb\xbf")
    assert "山田 花子" in response.content.decode("utf-8-sig")


def test_the_link_keeps_what_is_asked_and_drops_the_page() -> None:
    request = RequestFactory().get("/people/", {"q": "a b", "page": "3", "table": "x"})
    request.user = AnonymousUser()
    made = render_to_string(EXPORT, {"request": request}, request=request)
    assert links_of(made) == {"/people/?q=a+b&format=csv", "/people/?q=a+b&format=xlsx"}
    named = render_to_string(EXPORT, {"of": "/x/y.csv?by=week", "what": "Days", "table": "z"}, request=request)
    assert links_of(named) == {f"/x/y.csv?by=week&format={kind}&table=z" for kind in ("csv", "xlsx")}
    assert '<span class="visually-hidden">Days: </span>CSV' in named


@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_two_columns_of_an_importer_have_one_heading(language: str) -> None:
    with translation.override(language):
        for importer in imports.all_importers():
            headings = [str(column.header) for column in importer.columns]
            assert len(set(headings)) == len(headings), f"{importer.kind}: {headings}"
