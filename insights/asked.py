"""What the portfolio's address asks for. Whatever cannot be understood is the usual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from insights.attention import Need

Option = tuple[str, Promise | str]

SHOWS: list[Option] = [("", _("All")), *((need.value, need.label) for need in Need)]
SORTS: list[Option] = [
    ("", _("Needs you first")),
    ("group", _("Group")),
    ("name", _("Name")),
    ("level", _("Lowest level")),
    ("roadmap", _("Latest roadmap")),
    ("okrs", _("Worst key results")),
    ("frequency", _("Fewest deployments")),
    ("lead_time", _("Longest lead time")),
    ("failures", _("Most failures")),
    ("recovery", _("Slowest to recover")),
    ("mttr", _("Slowest to restore")),
]
LEVELS: list[Option] = [("", _("Any")), *((str(n), f"L{n}") for n in range(4)), ("none", _("Not assessed"))]


@dataclass(frozen=True)
class Asked:
    """`group` is a pk, "none" or ""; the others are one of their options."""

    q: str = ""
    group: str = ""
    level: str = ""  # the lowest of a team's areas
    show: str = ""
    sort: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Asked:
        def among(name: str, options: list[Option]) -> str:
            wanted = query.get(name, "")
            return wanted if wanted in dict(options) else ""

        return cls(
            q=query.get("q", "").strip(),
            group=query.get("group", "").strip(),
            level=among("level", LEVELS),
            show=among("show", SHOWS),
            sort=among("sort", SORTS),
        )

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.group or self.level or self.show)
