from typing import Any

from django.apps import AppConfig
from django.core import checks


class RoadmapsConfig(AppConfig):
    name = "roadmaps"
    verbose_name = "Roadmap"  # the heading of its API routes, translated there

    def ready(self) -> None:
        from core import imports
        from roadmaps import audit_sentences, figures, importing, links, personal  # noqa: F401  how its audit entries read

        figures.register_all()
        links.register_all()
        personal.register()
        imports.register(importing.ItemImporter())
        checks.register(check_template)


def check_template(**_: Any) -> list[checks.CheckMessage]:
    """A template that is wrong is told when the portal starts, with file, line and key, not when a page is opened."""
    from core.content import ContentError
    from roadmaps import template

    try:
        template.load()
    except ContentError as error:
        return [checks.Error(str(error), id="roadmaps.E001")]
    return []
