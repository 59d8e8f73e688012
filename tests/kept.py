"""A world that is made once for the tests of a module, and that each of them has for itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy

from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from core import clock
from tests.access_world import World
from tests.connections.stub import host_of
from tests.machines.world import TODAY, cast, fill


@contextmanager
def kept(blocker: DjangoDbBlocker, make: Callable[[], World]) -> Iterator[World]:
    """For a fixture of a module in which every test that uses the database wants this world.

    Its rows stand in a transaction around those of the tests: each begins with them, and what it does to them is gone after it.
    """
    with blocker.unblock():
        around = transaction.atomic()
        around.__enter__()
        made = make()
    try:
        yield made
    finally:
        with blocker.unblock():
            transaction.set_rollback(True)
            around.__exit__(None, None, None)


def filled() -> World:
    """The cast on a day of the tests' quarter, with rows of every kind."""
    with clock.at(TODAY):
        made = cast()
        fill(made)
    return made


@contextmanager
def on_that_day(made: World) -> Iterator[World]:
    """A filled world for one test, which may change what it holds; with a host that can be asked for the repository."""
    with clock.at(TODAY):
        world = deepcopy(made)
        with host_of(world.service.source):
            yield world
