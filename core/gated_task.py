"""Celery's tasks pass the gate as requests do: none works on while everything is replaced."""

from __future__ import annotations

from typing import Any

from celery import Task

from core import gate


class GatedTask(Task):  # type: ignore[misc]
    """A task that finds the gate closed does nothing: what is due stands in the database, and beat asks for it again.

    `passes_gate=False` is for a task that waits on others for long. It must stop by itself when the row says that its lease is
    another's: archives hold no leases, so after a restore all of them are.
    """

    abstract = True
    passes_gate = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.passes_gate:
            return super().__call__(*args, **kwargs)
        try:
            with gate.passing():
                return super().__call__(*args, **kwargs)
        except gate.Closed:
            return None
