"""The repositories that a token sees."""

from __future__ import annotations

from typing import Any

from connectors.github import parse
from connectors.github.address import web_url
from connectors.github.reader import PER_PAGE
from connectors.records import Repository, RepositoryPage
from core.http import Client, OutgoingError, Response


def list_repositories(client: Client, page: int) -> RepositoryPage:
    """Those of a person's token; of an app's installation, which is no person, those that it was installed on."""
    answer = _answer(client, page)
    data = answer.json()
    rows = data.get("repositories") if isinstance(data, dict) else data
    if not isinstance(rows, list):
        raise OutgoingError("bad_answer", host=client.host)
    found = [_repository(row, web_url(client.base_url)) for row in rows if isinstance(row, dict)]
    return RepositoryPage([each for each in found if each], more=answer.next_url is not None)


def _answer(client: Client, page: int) -> Response:
    params = {"per_page": PER_PAGE, "page": page}
    try:
        # Pages stay in place while people push: by name, not by the newest.
        return client.get("user/repos", {**params, "sort": "full_name"})
    except OutgoingError as error:
        if error.code not in ("missing_scope", "forbidden"):
            raise
        return client.get("installation/repositories", params)


def _repository(row: dict[str, Any], web: str) -> Repository | None:
    """None for what has no id or name: it could not be connected."""
    full_name = parse.text(row.get("full_name"))
    if not isinstance(row.get("id"), int) or not full_name:
        return None
    return Repository(str(row["id"]), full_name, parse.web_address(row.get("html_url")) or f"{web}/{full_name}")
