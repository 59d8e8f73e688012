from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    name = "connections"

    def ready(self) -> None:
        from connections import (
            audit_sentences,  # noqa: F401  how its audit entries read
            failing,
            schedule,
        )
        from connections import retention as own
        from core import live, readiness, retention

        failing.register_kind()
        readiness.register("syncs", schedule.overdue)
        retention.register("syncs", own.prune)
        live.leave_out("connections.webhook", "its last delivery is noted every minute")
