from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    name = "calendars"

    def ready(self) -> None:
        from calendars import audit_sentences, services  # noqa: F401  how its audit entries read
        from teams import personal

        personal.register_ending(services.turn_off)
