"""The guide as data: YAML files under `content/`, every text in `en` and `ja`, read once."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.utils.translation import get_language

FOLDER = Path(settings.BASE_DIR) / "content"


@cache
def load(name: str) -> dict[str, Any]:
    """The content file `name` (as "roadmaps/guide-roadmap") as plain data. Treat it as read-only: it is shared."""
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))  # type: ignore[no-any-return]


def text(entry: dict[str, str]) -> str:
    """The text of {"en": …, "ja": …} in the reader's language."""
    return entry.get((get_language() or "en")[:2]) or entry["en"]
