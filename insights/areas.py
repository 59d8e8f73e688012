"""What the maturity areas are called where there is little room."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# The areas of the default model; another one is called by its whole title.
_SHORT: dict[str, Promise | str] = {
    "data": _("Data"),
    "model": _("Model"),
    "deploy": _("Deploy"),
    "monitor": _("Monitor"),
}


def short(key: str, title: str) -> str:
    return str(_SHORT.get(key, title))
