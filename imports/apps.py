from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "imports"
    verbose_name = "Imports"  # the heading of its API routes, translated there

    def ready(self) -> None:
        from core import retention
        from imports import audit_sentences, services  # noqa: F401  how its audit entries read

        retention.register("imports", services.prune)
