from django.apps import AppConfig


class CommentsConfig(AppConfig):
    name = "comments"
    verbose_name = "Comments"  # the heading of its API routes, translated there

    def ready(self) -> None:
        from comments import access, audit_sentences, personal, telling  # noqa: F401  rules; how audit entries read

        personal.register()
        telling.register()
