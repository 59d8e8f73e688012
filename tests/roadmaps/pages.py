"""What the tests of the roadmap's pages send, and how they find an item on a page."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from roadmaps.models import Item, Roadmap
from teams.models import Person

HTMX = {"HX-Request": "true"}
SignIn = Callable[[Person], Client]


def url(name: str, roadmap: Roadmap, *more: object) -> str:
    return reverse(name, args=[roadmap.team_id, *more])


def tick(client: Client, item: Item, wanted: str = "done", seen: int | None = None, **options: object) -> object:
    sent = {"wanted": wanted, "seen_version": item.version if seen is None else seen, "request_id": ""}
    return client.post(url("roadmap-tick", item.roadmap, item.pk), sent, **options)


def row_of(page: str, item: Item) -> str:
    """The item's row as the page has it, without line breaks."""
    start = page.index(f'id="row-{item.pk}"')
    end = page.find('id="row-', start + 1)
    return " ".join(page[start : end if end > 0 else len(page)].split())
