from django.apps import AppConfig


class SampleConfig(AppConfig):
    name = "sample"

    def ready(self) -> None:
        from sample import audit_sentences  # noqa: F401  how its audit entries read
