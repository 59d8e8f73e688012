from typing import Any

from django.apps import AppConfig
from django.core import checks


class OkrsConfig(AppConfig):
    name = "okrs"
    verbose_name = "OKRs"  # the heading of its API routes, translated there

    def ready(self) -> None:
        from core import live
        from okrs import access, audit_sentences, figures, personal, token_choices, topics, undo  # noqa: F401  rules; sentences

        figures.register_all()
        personal.register()
        token_choices.register()
        topics.register_all()
        undo.register()
        live.leave_out("okrs.change", "each comes with the row that it changed")
        checks.register(check_template)


def check_template(**_: Any) -> list[checks.CheckMessage]:
    """A template that is wrong is told when the portal starts, with file, line and key, not when a page is opened."""
    from core.content import ContentError
    from okrs import template

    try:
        template.load()
    except ContentError as error:
        return [checks.Error(str(error), id="okrs.E001")]
    return []
