from typing import Any

from django.apps import AppConfig
from django.core import checks


class AssessmentsConfig(AppConfig):
    name = "assessments"
    verbose_name = "Maturity"  # the heading of its API routes, translated there

    def ready(self) -> None:
        from assessments import audit_sentences, figures, importing  # noqa: F401  how its audit entries read
        from core import imports

        figures.register_all()
        imports.register(importing.AnswerImporter())
        checks.register(check_models)


def check_models(**_: Any) -> list[checks.CheckMessage]:
    """A model file that is wrong is told when the portal starts, with file, line and key, not when a page is opened."""
    from assessments import library
    from core.content import ContentError

    found: list[checks.CheckMessage] = []
    for model_id in library.SHIPPED:
        try:
            library.load(model_id)
        except ContentError as error:
            found.append(checks.Error(str(error), id="assessments.E001"))
    return found
