"""Choosing among the repositories that a token sees, in pages and by a search, however many there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.http import QueryDict

from connections import messages
from connections.models import Connection, Credential
from connectors.records import Repository
from connectors.registry import CONNECTORS
from core.crypto import Undecryptable
from core.http import OutgoingError
from teams.models import Team

PER_PAGE = 50
KEPT = 10 * 60  # seconds for which a listing is taken from the cache: turning a page or searching asks the host nothing
MOST_PAGES = 50  # of the host


@dataclass(frozen=True)
class Listing:
    """What a token sees, by name. `whole` False: there is more than is asked for; the rest is connected by its address."""

    repositories: list[Repository]
    whole: bool = True

    def search(self, words: str) -> list[Repository]:
        wanted = words.casefold().split()
        return [each for each in self.repositories if all(word in each.full_name.casefold() for word in wanted)]

    def page(self, words: str, number: str | None) -> Page[Repository]:
        return Paginator(self.search(words), PER_PAGE).get_page(number)

    def chosen(self, ids: Iterable[str]) -> list[Repository]:
        """Those of these ids that it holds: nobody can choose what the list does not offer."""
        wanted = set(ids)
        return [each for each in self.repositories if each.external_id in wanted]

    def named(self, names: Iterable[str]) -> list[Repository]:
        """Those of these names or ids."""
        wanted = {name.casefold() for name in names}
        return [each for each in self.repositories if {each.external_id, each.full_name.casefold()} & wanted]


@dataclass(frozen=True)
class Look:
    """What of a list is looked at, and what is chosen: on this page, and on others, whose choice is carried along."""

    words: str
    rows: Page[Repository]
    ids: set[str]
    carried: list[Repository]

    @classmethod
    def of(cls, listing: Listing, sent: QueryDict) -> Look:
        """`look` is sent where somebody searches or turns a page, which does nothing but show it."""
        words, chosen = sent.get("q", "")[:200], listing.chosen(sent.getlist("repository"))
        rows = listing.page(words, sent.get("look") or sent.get("page"))
        shown = {each.external_id for each in rows}
        return cls(
            words,
            rows,
            {each.external_id for each in chosen},
            [each for each in chosen if each.external_id not in shown],
        )


def offered(connection: Connection, team: Team | None = None, *, anew: bool = False) -> Listing:
    """What there is to choose from: all that the token sees, or of the organisation's what `team` was given.

    Raises OutgoingError, Credential.DoesNotExist, core.crypto.Undecryptable. Not inside a transaction: it may wait for the host.
    """
    if team is not None and connection.is_organisations:
        given = connection.grants.filter(team=team).listed()
        return Listing([Repository(each.external_id, each.full_name, each.url) for each in given])
    credential = Credential.objects.get(connection=connection)
    key = f"repositories:{credential.pk}"
    kept = None if anew else cache.get(key)
    if kept is None:
        kept = _read(connection, credential.token)
        cache.set(key, kept, KEPT)
    return Listing([Repository(*each) for each in kept["rows"]], kept["whole"])


def offered_or_why(connection: Connection, team: Team | None = None, *, anew: bool = False) -> tuple[Listing, str]:
    """The same for a page: an empty list and a sentence where it cannot be told."""
    try:
        return offered(connection, team, anew=anew), ""
    except OutgoingError as error:
        return Listing([]), messages.refusal(error.code, error.params)
    except Credential.DoesNotExist:
        return Listing([]), messages.problem("no_token")
    except Undecryptable:
        return Listing([]), messages.problem("undecryptable")


def look(kind: str, base_url: str, token: str) -> Listing:
    """The same with a token that is not stored yet."""
    read = _read(Connection(kind=kind, base_url=base_url), token)
    return Listing([Repository(*each) for each in read["rows"]], read["whole"])


def _read(connection: Connection, token: str) -> dict[str, Any]:
    connector = CONNECTORS[connection.kind]
    rows: dict[str, tuple[str, str, str]] = {}
    with connector.client(connection.base_url, token) as client:
        page, more = 1, True
        while more and page <= MOST_PAGES:
            answer = connector.list_repositories(client, page)
            # Where repositories come and go while pages are turned, one may be met twice.
            rows |= {each.external_id: (each.external_id, each.full_name, each.url) for each in answer.repositories}
            page, more = page + 1, answer.more
    return {"rows": sorted(rows.values(), key=lambda each: each[1].casefold()), "whole": not more}
