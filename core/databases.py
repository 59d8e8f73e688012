"""Connections of one's own beside Django's: for a snapshot that is read while others write, and for a restore."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any
from uuid import uuid4

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend


@contextmanager
def another(alias: str = DEFAULT_DB_ALIAS, **changed: Any) -> Iterator[BaseDatabaseWrapper]:
    """A second connection to the database of `alias`, with some of its settings changed, under an alias of its own.

    QuerySets and migrations use it as any other: `.using(connection.alias)`. It is known in this thread only.
    """
    settings = deepcopy(connections[alias].settings_dict) | changed
    wrapper = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, alias=f"own-{uuid4().hex}")
    connections[wrapper.alias] = wrapper
    try:
        yield wrapper
    finally:
        try:
            wrapper.close()
        finally:
            del connections[wrapper.alias]
