from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    name = "connections"

    def ready(self) -> None:
        from connections import (
            audit_sentences,  # noqa: F401  how its audit entries read
            schedule,
        )
        from connections import retention as own
        from core import readiness, retention

        readiness.register("syncs", schedule.overdue)
        retention.register("syncs", own.prune)
