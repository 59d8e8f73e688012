"""Keeps what follows from deployments, changes, incidents, policy and corrections: the rows that pages read (docs/adr/0021).

    lock(team_id)                    # before any of its rows are written: whoever makes them anew does the same
    touched = Touched()
    touched.deployments(rows)        # as they were before, and as they are now
    refresh.run(team_id, touched)    # in the transaction that stored them

`run` looks at the touched span only, and leaves the same rows as `everything`, which begins with nothing. There is no second
implementation: a policy, a correction, a rule and a time zone that change call the same.

The steps stand in the order in which they need each other: `order` (which counted deployment came before which), `links` (which
deployment brought a change), `marks` (hotfixes), `failures` (what failed), `days` (counts by day).
"""

from delivery.refresh.running import due, everything, lock, lock_all, prepare, run
from delivery.refresh.touched import Touched

__all__ = ["Touched", "due", "everything", "lock", "lock_all", "prepare", "run"]
