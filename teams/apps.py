from django.apps import AppConfig


class TeamsConfig(AppConfig):
    name = "teams"

    def ready(self) -> None:
        from teams import access, audit_sentences  # noqa: F401  register the rules, and how audit entries read
